"""The local activation unit of DIN."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from camenn_tf.layers.dice import Dice


@keras.saving.register_keras_serializable(package="camenn_tf")
class ActivationUnit(keras.layers.Layer):
    """A user's vector with regard to a candidate: weighted sum of what was bought (Zhou et al. 2018, eq. 3).

        v_U(A) = sum_j a(e_j, v_A) e_j,    a(e, v) = MLP([v, e, v - e, v * e])

    Weights are not normalised, so that their sum tells how much of the history speaks to the candidate. The paper draws
    an 'outer product' between the two; difference and product are what its authors' code has. The first layer never
    sees the joined vector: W [v, e, v - e, v * e] = (W_1 + W_3) v + (W_2 - W_3) e + W_4 (v * e), the first once a row.

    Args:
      units: widths of the hidden layers; each is followed by Dice.

    Input: candidate [B, D], history [B, N, D], real bool [B, N]. Output shape: [B, D]; zeros for an empty history.
    """

    def __init__(self, units: Sequence[int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not units:
            raise ValueError("an activation unit needs at least one hidden layer")
        self.units = tuple(units)
        self.activations = [Dice(dtype=self.dtype_policy, name=f"dice_{k + 1}") for k in range(len(self.units))]
        self.layers = [
            keras.layers.Dense(width, dtype=self.dtype_policy, name=f"hidden_{k + 2}")
            for k, width in enumerate(self.units[1:])
        ]
        self.score = keras.layers.Dense(1, dtype=self.dtype_policy, name="score")

    def build(self, candidate_shape: Any, history_shape: Any, real_shape: Any) -> None:
        size = candidate_shape[-1]
        self.kernel = self.add_weight(shape=(4 * size, self.units[0]), name="kernel")
        self.bias = self.add_weight(shape=(self.units[0],), initializer="zeros", name="bias")
        shape = tuple(history_shape[:2])
        for activation, width in zip(self.activations, self.units, strict=True):
            activation.build((*shape, width))
        for layer, width in zip((*self.layers, self.score), self.units, strict=True):
            layer.build((*shape, width))

    def call(self, candidate: tf.Tensor, history: tf.Tensor, real: tf.Tensor, training: bool = False) -> tf.Tensor:
        own, item, difference, product = tf.split(tf.cast(tf.convert_to_tensor(self.kernel), self.compute_dtype), 4)
        hidden = tf.matmul(candidate, own + difference)[:, None]  # [B, 1, H]
        hidden += tf.einsum("bnd,dh->bnh", history, item - difference)
        hidden += tf.einsum("bnd,dh->bnh", candidate[:, None] * history, product)
        hidden += tf.cast(tf.convert_to_tensor(self.bias), self.compute_dtype)
        for layer, activation in zip((*self.layers, self.score), self.activations, strict=True):
            hidden = layer(activation(hidden, real=real, training=training))
        weights = hidden * tf.cast(real, self.compute_dtype)[:, :, None]  # [B, N, 1]
        return tf.reduce_sum(weights * history, 1)

    def compute_output_spec(
        self, candidate: keras.KerasTensor, history: keras.KerasTensor, real: Any, training: bool = False
    ) -> keras.KerasTensor:
        return keras.KerasTensor(candidate.shape, dtype=self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "units": list(self.units)}
