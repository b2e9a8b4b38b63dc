"""A single learnt number."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops


@keras.saving.register_keras_serializable(package="camenn_tf")
class Offset(keras.layers.Layer):
    """x + b: the global bias w_0. Input and output shape: [B]."""

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        self.bias = self.add_weight(shape=(), initializer="zeros", name="bias")

    def call(self, inputs: Any) -> Any:
        return inputs + ops.cast(self.bias, self.compute_dtype)

    def compute_output_spec(self, inputs: Any) -> keras.KerasTensor:
        return keras.KerasTensor(inputs.shape, dtype=self.compute_dtype)
