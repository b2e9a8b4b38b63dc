"""Whether the text and the picture of a row belong together."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from camenn_tf.layers.half_precision import logit_type
from camenn_tf.layers.packing import row_starts


@keras.saving.register_keras_serializable(package="camenn_tf")
class PairScore(keras.layers.Layer):
    """p = sigmoid(w . tanh(W x_[CLS] + b) + c), x_[CLS] the row's first token; zeros for a row without tokens.

    Input: tokens [S, E] of packed rows, lengths int32 [A]. Output: float32 probabilities [A].

    Source: Gao et al. 2020, section 3 (text and image matching); BERT's pooler, as their code has it.
    """

    def __init__(self, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.classifier = keras.layers.Dense(1, dtype=logit_type(self.compute_dtype), name="classifier")

    def build(self, tokens_shape: tuple[int | None, ...], lengths_shape: Any = None) -> None:
        size = tokens_shape[-1]
        self.pooler = keras.layers.Dense(size, "tanh", dtype=self.dtype_policy, name="pooler")
        self.pooler.build((None, size))
        self.classifier.build((None, size))

    def call(self, tokens: tf.Tensor, lengths: tf.Tensor) -> tf.Tensor:
        # The token of zeros at the end is the first one of rows that have none.
        padded = tf.pad(tokens, [[0, 1], [0, 0]])
        first = tf.gather(padded, tf.where(lengths > 0, row_starts(lengths), tf.shape(tokens)[0]))
        return tf.sigmoid(self.classifier(self.pooler(first))[:, 0])

    def compute_output_spec(self, tokens: keras.KerasTensor, lengths: keras.KerasTensor) -> keras.KerasTensor:
        return keras.KerasTensor(lengths.shape, dtype=logit_type(self.compute_dtype))

    def get_config(self) -> dict[str, Any]:
        return super().get_config()
