"""The data adaptive activation function of DIN."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

EPSILON = 1e-8  # of the paper


@keras.saving.register_keras_serializable(package="camenn_tf")
class Dice(keras.layers.Layer):
    """f(s) = p(s) s + (1 - p(s)) a s,  p(s) = sigmoid((s - E[s]) / sqrt(Var[s] + eps)) (Zhou et al. 2018, eq. 5).

    Mean and variance of a unit are those of the batch in training and moving averages otherwise; `a` is learnt, from 0.
    With `real`, only rows where it is True count for them.

    Args:
      momentum: of the moving averages.

    Input shape: [..., D], `real` bool [...] or None. Output shape: [..., D].
    """

    def __init__(self, momentum: float = 0.99, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.momentum = momentum
        self.normalization = keras.layers.BatchNormalization(
            momentum=momentum, epsilon=EPSILON, center=False, scale=False, dtype=self.dtype_policy, name="normalization"
        )

    def build(self, inputs_shape: tuple[Any, ...], real_shape: Any = None) -> None:
        self.normalization.build(inputs_shape)
        self.slope_bias = self.add_weight(shape=(inputs_shape[-1],), initializer="zeros", name="bias")

    def call(self, inputs: Any, real: Any = None, training: bool = False) -> Any:
        share = ops.sigmoid(self.normalization(inputs, training=training, mask=real))
        slope = ops.cast(self.slope_bias, self.compute_dtype)
        return inputs * (share + (1.0 - share) * slope)

    def compute_output_spec(self, inputs: Any, real: Any = None, training: bool = False) -> keras.KerasTensor:
        return keras.KerasTensor(inputs.shape, dtype=self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "momentum": self.momentum}
