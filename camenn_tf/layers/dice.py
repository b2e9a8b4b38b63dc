"""The data adaptive activation function of DIN."""

from __future__ import annotations

from typing import Any

import keras
from keras import ops

from camenn_tf.layers.replicas import sum_over_replicas

EPSILON = 1e-8  # of the paper


@keras.saving.register_keras_serializable(package="camenn_tf")
class Dice(keras.layers.Layer):
    """f(s) = p(s) s + (1 - p(s)) a s,  p(s) = sigmoid((s - E[s]) / sqrt(Var[s] + eps)) (Zhou et al. 2018, eq. 5).

    Mean and variance of a unit are those of the batch in training, over all replicas, and moving averages otherwise;
    `a` is learnt, from 0. With `real`, only rows where it is True count for them. A batch without any leaves the
    averages as they are.

    Args:
      momentum: of the moving averages.

    Input shape: [..., D], `real` bool [...] or None. Output shape: [..., D].
    """

    def __init__(self, momentum: float = 0.99, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.momentum = momentum

    def build(self, inputs_shape: tuple[Any, ...], real_shape: Any = None) -> None:
        shape = (inputs_shape[-1],)
        self.slope_bias = self.add_weight(shape=shape, initializer="zeros", name="bias")
        self.moving_mean, self.moving_variance = (
            self.add_weight(shape=shape, initializer=start, trainable=False, autocast=False, name=f"moving_{name}")
            for name, start in (("mean", "zeros"), ("variance", "ones"))
        )

    def call(self, inputs: Any, real: Any = None, training: bool = False) -> Any:
        # Sums of a batch in bfloat16 would lose what tells its units apart.
        values = ops.cast(inputs, self.variable_dtype)
        mean, variance = self._batch_moments(values, real) if training else (self.moving_mean, self.moving_variance)
        share = ops.cast(ops.sigmoid((values - mean) * ops.rsqrt(variance + EPSILON)), self.compute_dtype)
        slope = ops.cast(self.slope_bias, self.compute_dtype)
        return inputs * (share + (1.0 - share) * slope)

    def _batch_moments(self, values: Any, real: Any) -> tuple[Any, Any]:
        """Mean and variance [D] of rows [..., D] that are real; moves the averages towards them."""
        axes = tuple(range(len(values.shape) - 1))
        counted = ops.ones_like(values[..., :1]) if real is None else ops.cast(real, values.dtype)[..., None]
        count = sum_over_replicas(ops.sum(counted))
        rows = ops.maximum(count, 1.0)
        mean = sum_over_replicas(ops.sum(values * counted, axes)) / rows
        variance = sum_over_replicas(ops.sum(ops.square(values - mean) * counted, axes)) / rows
        # Batches of the alignment tasks alone have no sample.
        step = ops.where(count > 0, 1.0 - self.momentum, 0.0)
        for average, moment in ((self.moving_mean, mean), (self.moving_variance, variance)):
            average.assign(average + ops.cast(step, values.dtype) * (moment - average))
        return mean, variance

    def compute_output_spec(self, inputs: Any, real: Any = None, training: bool = False) -> keras.KerasTensor:
        return keras.KerasTensor(inputs.shape, dtype=self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "momentum": self.momentum}
