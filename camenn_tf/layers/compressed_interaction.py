"""The compressed interaction network of xDeepFM."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="camenn_tf")
class CompressedInteraction(keras.layers.Layer):
    """Explicit interactions of bounded degree, vector-wise (Lian et al. 2018, eqs. 6 to 8).

        X^k_h = sum_i sum_j W^k_{h,i,j} (X^{k-1}_i * X^0_j),  p^k_h = sum_e X^k_{h,e},  output [p^1, ..., p^K]

    Feature maps are linear: the paper found the identity to be the best activation.

    Args:
      units: H_1 to H_K, feature maps of each layer.

    Input shape: [B, F, E]. Output shape: [B, H_1 + ... + H_K].
    """

    def __init__(self, units: Sequence[int], **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units = tuple(units)

    def build(self, input_shape: tuple[Any, ...]) -> None:
        fields: int = input_shape[1]
        self.kernels = []
        for layer, (before, maps) in enumerate(zip((fields, *self.units[:-1]), self.units, strict=True)):
            self.kernels.append(self.add_weight(shape=(before * fields, maps), name=f"kernel_{layer + 1}"))

    def call(self, vectors: tf.Tensor) -> tf.Tensor:
        first = tf.transpose(vectors, [0, 2, 1])  # X^0: [B, E, F], so that a layer is one matrix product
        maps, pooled = first, []
        shape = tf.shape(first)
        for kernel in self.kernels:
            products = maps[:, :, :, None] * first[:, :, None, :]  # [B, E, H_{k-1}, F]
            products = tf.reshape(products, [-1, kernel.shape[0]])
            maps = tf.matmul(products, tf.cast(tf.convert_to_tensor(kernel), self.compute_dtype))
            maps = tf.reshape(maps, [shape[0], shape[1], kernel.shape[1]])
            pooled.append(tf.reduce_sum(maps, 1))
        return tf.concat(pooled, -1)

    def compute_output_spec(self, vectors: keras.KerasTensor) -> keras.KerasTensor:
        return keras.KerasTensor((vectors.shape[0], sum(self.units)), dtype=self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "units": list(self.units)}
