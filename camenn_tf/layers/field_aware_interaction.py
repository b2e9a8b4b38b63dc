"""Second-order interactions of a field-aware factorization machine."""

from __future__ import annotations

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="camenn_tf")
class FieldAwareInteraction(keras.layers.Layer):
    """Sum of the inner products of all pairs, each side by the vector it keeps for the other's field.

        sum_{i<j} <v_{i,f_j}, v_{j,f_i}>    (Juan et al. 2016, eq. 4; every field has one value, so x_i x_j = 1)

    Input shape: [B, F, F, k]: vector of field i for field j. Output shape: [B].
    """

    def call(self, vectors: keras.KerasTensor) -> keras.KerasTensor:
        every = ops.sum(vectors * ops.transpose(vectors, (0, 2, 1, 3)), (1, 2, 3))  # each pair twice, i = j once
        own = ops.diagonal(vectors, axis1=1, axis2=2)  # [B, k, F]
        return 0.5 * (every - ops.sum(ops.square(own), (1, 2)))

    def compute_output_spec(self, vectors: keras.KerasTensor) -> keras.KerasTensor:
        return keras.KerasTensor(vectors.shape[:1], dtype=self.compute_dtype)
