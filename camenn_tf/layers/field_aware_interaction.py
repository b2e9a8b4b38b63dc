"""Second-order interactions of a field-aware factorization machine."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from camenn_tf.layers.half_precision import logit_type


@keras.saving.register_keras_serializable(package="camenn_tf")
class FieldAwareInteraction(keras.layers.Layer):
    """Sum of the inner products of all pairs, each side by the vector it keeps for the other's field.

        sum_{i<j} <v_{i,f_j}, v_{j,f_i}>    (Juan et al. 2016, eq. 4; every field has one value, so x_i x_j = 1)

    Input shape: [B, F, F, k]: vector of field i for field j. Output shape: [B].
    """

    def call(self, vectors: tf.Tensor) -> tf.Tensor:
        return _half_of_all_pairs(vectors, logit_type(self.compute_dtype))

    def compute_output_spec(self, vectors: keras.KerasTensor) -> keras.KerasTensor:
        return keras.KerasTensor(vectors.shape[:1], dtype=logit_type(self.compute_dtype))


def _half_of_all_pairs(vectors: tf.Tensor, dtype: str) -> tf.Tensor:
    """Half of the sum over i != j, which has each pair twice; the gradient of v_{i,f_j} is v_{j,f_i}."""

    @tf.custom_gradient
    def halved(vectors: tf.Tensor) -> tuple[tf.Tensor, Any]:
        other = tf.constant(1.0 - np.eye(vectors.shape[1])[:, :, None], vectors.dtype)
        partners = tf.transpose(vectors, [0, 2, 1, 3]) * other

        def grad(upstream: tf.Tensor) -> tf.Tensor:
            return tf.cast(upstream, vectors.dtype)[:, None, None, None] * partners

        of_field = tf.reduce_sum(vectors * partners, [2, 3])  # [B, F]
        return 0.5 * tf.reduce_sum(tf.cast(of_field, dtype), 1), grad

    return halved(vectors)
