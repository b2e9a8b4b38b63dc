"""The gating network of section 3.5."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from camenn_tf.errors import UserError


@keras.saving.register_keras_serializable(package="camenn_tf")
class SoftmaxGate(keras.layers.Layer):
    """One task's gate: g = softmax(W m), m the mean of the row's unmasked tokens; the k largest, renormalised to sum 1.

    Args:
      num_experts: M.
      experts_per_task: k; k = M keeps every expert (eq. 4).

    Input: `means` [n, E].

    Output: a dict with `experts` int32 [n, k], `weights` [n, k] (sum 1) and `probabilities` [n, M] (before the choice).
    """

    def __init__(self, num_experts: int, experts_per_task: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        if not 1 <= experts_per_task <= num_experts:
            raise UserError(
                f"model.experts_per_task is {experts_per_task}, expected 1 to model.num_experts ({num_experts})"
            )
        self.num_experts = num_experts
        self.experts_per_task = experts_per_task

    def build(self, input_shape: tuple[int | None, ...]) -> None:
        self.kernel = self.add_weight(shape=(input_shape[-1], self.num_experts), name="kernel")

    def call(self, means: tf.Tensor) -> dict[str, tf.Tensor]:
        probabilities = tf.nn.softmax(tf.matmul(means, tf.cast(tf.convert_to_tensor(self.kernel), self.compute_dtype)))
        if self.experts_per_task == self.num_experts:
            experts = tf.ones_like(probabilities, tf.int32) * tf.range(self.num_experts)
            return {"experts": experts, "weights": probabilities, "probabilities": probabilities}
        weights, experts = tf.math.top_k(probabilities, self.experts_per_task)
        weights /= tf.reduce_sum(weights, 1, keepdims=True)
        return {"experts": experts, "weights": weights, "probabilities": probabilities}

    def compute_output_spec(self, means: keras.KerasTensor) -> dict[str, keras.KerasTensor]:
        rows = means.shape[0]
        return {
            "experts": keras.KerasTensor((rows, self.experts_per_task), dtype="int32"),
            "weights": keras.KerasTensor((rows, self.experts_per_task), dtype=self.compute_dtype),
            "probabilities": keras.KerasTensor((rows, self.num_experts), dtype=self.compute_dtype),
        }

    def get_config(self) -> dict[str, Any]:
        return {
            **super().get_config(),
            "num_experts": self.num_experts,
            "experts_per_task": self.experts_per_task,
        }
