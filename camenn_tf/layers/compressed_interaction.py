"""The compressed interaction network of xDeepFM."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf

from camenn_tf.layers.feature_maps import feature_maps, square_maps


@keras.saving.register_keras_serializable(package="camenn_tf")
class CompressedInteraction(keras.layers.Layer):
    """Explicit interactions of bounded degree, vector-wise (Lian et al. 2018, eqs. 6 to 8).

        X^k_h = sum_i sum_j W^k_{h,i,j} (X^{k-1}_i * X^0_j),  p^k_h = sum_e X^k_{h,e},  output [p^1, ..., p^K]

    Feature maps are linear: the paper found the identity to be the best activation. Two savings follow from that, both
    exact. The first layer multiplies X^0 with itself, so half of its products occur twice. The last layer is only seen
    through its sums, p^K_h = sum_ij W^K_{h,i,j} <X^{K-1}_i, X^0_j>, which takes inner products in the place of maps.

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
        fields, size = vectors.shape[1:]
        kernels = [tf.cast(tf.convert_to_tensor(kernel), self.compute_dtype) for kernel in self.kernels]
        first = tf.reshape(tf.transpose(vectors, [0, 2, 1]), [-1, fields])  # X^0: [B E, F]
        maps, pooled = first, []
        for kernel in kernels[:-1]:
            kernel = tf.reshape(kernel, [-1, fields, kernel.shape[1]])
            maps = square_maps(first, kernel) if maps is first else feature_maps(maps, first, kernel)
            pooled.append(tf.reduce_sum(tf.reshape(maps, [-1, size, maps.shape[1]]), 1))
        maps = tf.reshape(maps, [-1, size, maps.shape[1]])
        inner = tf.matmul(maps, vectors, transpose_a=True, transpose_b=True)  # [B, H_{K-1}, F]
        pooled.append(tf.matmul(tf.reshape(inner, [-1, inner.shape[1] * fields]), kernels[-1]))
        return tf.concat(pooled, -1)

    def compute_output_spec(self, vectors: keras.KerasTensor) -> keras.KerasTensor:
        return keras.KerasTensor((vectors.shape[0], sum(self.units)), dtype=self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "units": list(self.units)}
