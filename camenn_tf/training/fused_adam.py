"""Adam in one operation a variable."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable("camenn_tf")
class FusedAdam(keras.optimizers.Adam):
    """Keras's Adam with its formulas, in TensorFlow's one operation for them in the place of a dozen a variable.

        m += (g - m) (1 - beta_1),  v += (g^2 - v) (1 - beta_2),
        w -= rate sqrt(1 - beta_2^t) / (1 - beta_1^t) m / (sqrt(v) + epsilon)

    Each value is read and written once, where Keras's operations pass ten times over a table. Variables, their names
    and their order are Keras's, so that either restores what the other saved. Gradients have to be dense.
    """

    def __init__(self, *args: Any, name: str = "adam", **kwargs: Any) -> None:
        super().__init__(*args, name=name, **kwargs)
        if self.amsgrad:
            raise ValueError("FusedAdam has no amsgrad")

    def _backend_update_step(
        self, grads: Sequence[Any], trainable_variables: Sequence[Any], learning_rate: Any
    ) -> None:
        # Once a step and not once a variable; Keras hands on to `update_step` whatever stands for the rate.
        step = tf.cast(self.iterations.value + 1, tf.float32)
        powers = tf.pow(tf.constant([self.beta_1, self.beta_2], tf.float32), step)
        numbers = (tf.cast(learning_rate, tf.float32), *tf.unstack(powers))
        super()._backend_update_step(grads, trainable_variables, numbers)

    def update_step(self, gradient: tf.Tensor, variable: tf.Variable, learning_rate: Sequence[tf.Tensor]) -> None:
        """Updates one variable and its moments; `learning_rate` is (rate, beta_1^t, beta_2^t)."""
        index = self._get_variable_index(variable)
        numbers = dict(zip(("lr", "beta1_power", "beta2_power"), learning_rate, strict=True))
        settings = {"beta1": self.beta_1, "beta2": self.beta_2, "epsilon": self.epsilon}
        tf.raw_ops.ResourceApplyAdam(
            var=variable.handle,
            m=self._momentums[index].value.handle,
            v=self._velocities[index].value.handle,
            grad=tf.cast(gradient, variable.dtype),
            **{name: tf.cast(value, variable.dtype) for name, value in {**numbers, **settings}.items()},
        )
