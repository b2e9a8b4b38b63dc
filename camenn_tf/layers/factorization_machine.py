"""Second-order interactions of a factorization machine."""

from __future__ import annotations

import keras
from keras import ops

from camenn_tf.layers.half_precision import logit_type


@keras.saving.register_keras_serializable(package="camenn_tf")
class FactorizationMachine(keras.layers.Layer):
    """Sum of the inner products of all pairs of field vectors (Rendle 2010, eq. 1 and lemma 3.1).

        sum_{i<j} <v_i, v_j> = 1/2 sum_e [(sum_i v_ie)^2 - sum_i v_ie^2]

    Input shape: [B, F, E]. Output shape: [B], in `logit_type`.
    """

    def call(self, vectors: keras.KerasTensor) -> keras.KerasTensor:
        total = ops.sum(vectors, 1)  # [B, E]
        pairs = ops.square(total) - ops.sum(ops.square(vectors), 1)
        return 0.5 * ops.sum(ops.cast(pairs, logit_type(self.compute_dtype)), -1)

    def compute_output_spec(self, vectors: keras.KerasTensor) -> keras.KerasTensor:
        return keras.KerasTensor(vectors.shape[:1], dtype=logit_type(self.compute_dtype))
