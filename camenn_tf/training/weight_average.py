"""The moving average of a model's weights over joint training steps."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

import keras
import tensorflow as tf


class WeightAverage:
    """a <- m a + (1 - m) w after each step (Polyak and Juditsky 1992, with exponential weights); a = w after the first.

    A run's weights move about from step to step, and with few samples a validation score moves with them; their average
    moves less and mostly judges better. Training goes on with the weights themselves.
    Moving averages that layers keep (Dice's) are those of training, over a like number of steps.

    Args:
      model: whose trainable variables are averaged.
      strategy: the averages live where the variables do.
      momentum: m, at least 0 and below 1; 0 = there is no average, and nothing is kept or changed.
    """

    def __init__(self, model: keras.Model, strategy: tf.distribute.Strategy, momentum: float) -> None:
        self._momentum = momentum
        self._weights = [variable.value for variable in model.trainable_variables] if momentum else []
        with strategy.scope():
            self.variables = [tf.Variable(tf.zeros(w.shape, w.dtype), trainable=False) for w in self._weights]

    def update(self, step: tf.Tensor) -> None:
        """Adds the weights as they are after step number `step`, counted from 1; outside the replicas."""
        moved = tf.where(tf.equal(step, 1), 1.0, 1.0 - self._momentum)
        for average, weight in zip(self.variables, self._weights, strict=True):
            average.assign_add(tf.cast(moved, weight.dtype) * (weight - average))

    @contextlib.contextmanager
    def in_place(self) -> Iterator[None]:
        """Within it the model has the averages, and is back at its weights afterwards."""
        self._exchange()
        try:
            yield
        finally:
            self._exchange()

    def _exchange(self) -> None:
        for average, weight in zip(self.variables, self._weights, strict=True):
            value = tf.identity(weight)
            weight.assign(average)
            average.assign(value)
