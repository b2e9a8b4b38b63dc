"""Pairwise interactions that attention weighs."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from camenn_tf.layers.attention_scores import attention_scores
from camenn_tf.layers.half_precision import logit_type


@keras.saving.register_keras_serializable(package="camenn_tf")
class AttentionalInteraction(keras.layers.Layer):
    """Attention over the element-wise products of all pairs of field vectors (Xiao et al. 2017, eqs. 4 to 6).

        a'_ij = h . relu(W (v_i * v_j) + b),  a = softmax(a'),  f = p . sum_{i<j} a_ij (v_i * v_j)

    Args:
      attention_size: width of W's output.
      dropout: share of the pooled vector that is dropped in training, before p.

    Input shape: [B, F, E], F at least 2. Output shape: [B].
    """

    def __init__(self, attention_size: int, dropout: float = 0.0, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.attention_size = attention_size
        self.dropout = dropout
        self.pooled_dropout = keras.layers.Dropout(dropout, dtype=self.dtype_policy)

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        size = input_shape[-1]
        self.kernel = self.add_weight(shape=(size, self.attention_size), name="kernel")
        self.bias = self.add_weight(shape=(self.attention_size,), initializer="zeros", name="bias")
        self.score_kernel = self.add_weight(shape=(self.attention_size, 1), name="score_kernel")
        self.output_kernel = self.add_weight(shape=(size, 1), name="output_kernel")

    def call(self, vectors: tf.Tensor, training: bool = False) -> tf.Tensor:
        kernel, bias, score_kernel, output_kernel = (
            tf.cast(tf.convert_to_tensor(weight), self.compute_dtype)
            for weight in (self.kernel, self.bias, self.score_kernel, self.output_kernel)
        )
        scores = attention_scores(tf.transpose(vectors, [1, 0, 2]), kernel, bias, score_kernel)  # [pairs, B]
        # p . sum a_ij (v_i * v_j) = sum a_ij <p * v_i, v_j>: no product of a pair is needed beyond its score.
        output = self.pooled_dropout(tf.ones_like(vectors[:, 0]), training=training) * output_kernel[:, 0]  # [B, E]
        inner = tf.matmul(vectors * output[:, None], vectors, transpose_b=True)  # [B, F, F]
        fields = vectors.shape[1]
        first, second = np.triu_indices(fields, 1)
        inner = tf.gather(tf.transpose(tf.reshape(inner, [-1, fields * fields])), first * fields + second)
        return tf.reduce_sum(tf.cast(tf.nn.softmax(scores, 0) * inner, logit_type(self.compute_dtype)), 0)

    def compute_output_spec(self, vectors: keras.KerasTensor, training: bool = False) -> keras.KerasTensor:
        return keras.KerasTensor(vectors.shape[:1], dtype=logit_type(self.compute_dtype))

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "attention_size": self.attention_size, "dropout": self.dropout}
