"""The task towers of sections 3.7 and 3.8."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from camenn_tf.layers.half_precision import logit_type
from camenn_tf.layers.layer_norm import LayerNorm
from camenn_tf.layers.transformer_encoder import Rows, TransformerEncoder


@keras.saving.register_keras_serializable(package="camenn_tf")
class TaskTower(keras.layers.Layer):
    """One task's tower: a transformer encoder and a binary classifier on the output of the target's [CLS] token.

        y^k = sigmoid(w . f_TSR^k(X^k)_[CLS] + b)    (eq. 4)

    Only what the [CLS] row needs is computed: its query, its feed-forward part, its norms.

    Args:
      encoder: keyword arguments of the tower's TransformerEncoder.

    Input: packed or padded rows whose first token is the target's [CLS]; `further` [n], what is added to their logits,
    or None. Output: float32 probabilities [n].
    """

    def __init__(self, encoder: dict[str, Any] | None = None, **kwargs: Any) -> None:
        super().__init__(autocast=False, **kwargs)  # `further` comes in wider than the encoder computes
        self.encoder_config = dict(encoder or {})
        # One query a row costs little attention, so few groups do.
        arguments = {"groups": 3, **self.encoder_config, "dtype": self.dtype_policy}
        self.encoder = TransformerEncoder(**arguments, name="encoder")
        # A pre-norm block leaves its output unnormalised.
        self.norm = None
        if self.encoder.norm == "pre":
            self.norm = LayerNorm(dtype=self.dtype_policy, name="norm")
        self.classifier = keras.layers.Dense(1, dtype=logit_type(self.compute_dtype), name="classifier")

    def build(self, rows_shape: dict[str, Any], further_shape: Any = None) -> None:
        self.encoder.build(rows_shape)
        size = rows_shape["tokens"][-1]
        if self.norm is not None:
            self.norm.build((None, size))
        self.classifier.build((None, size))

    def call(self, rows: Rows, further: tf.Tensor | None = None, training: bool = False) -> tf.Tensor:
        output = self.encoder(rows, training=training, first_only=True)  # [n, E]
        if self.norm is not None:
            output = self.norm(output)
        logits = self.classifier(output)[:, 0]
        if further is not None:
            logits += tf.cast(further, logits.dtype)
        return tf.sigmoid(logits)

    def compute_output_spec(
        self, rows: Rows, further: keras.KerasTensor | None = None, training: bool = False
    ) -> keras.KerasTensor:
        return keras.KerasTensor((None,), dtype=logit_type(self.compute_dtype))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "encoder": self.encoder_config}
