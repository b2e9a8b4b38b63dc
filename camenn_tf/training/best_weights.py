"""The weights of a run's best evaluation."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf

from camenn_tf.training.run_directory import RunDirectory


class BestWeights:
    """Keeps them in variables, which go into checkpoints, and in the run's file, which evaluation and export read.

    Every worker of a multi-worker run calls the methods alike; only the chief writes.

    Args:
      model: whose weights are kept.
      run: the open run directory.
      chief: whether this process is the chief.

    Attributes:
      variables: one a weight, in the model's order.
    """

    def __init__(self, model: keras.Model, run: RunDirectory, chief: bool) -> None:
        self._model = model
        self._run = run
        self._chief = chief
        self._inference = keras.Model(model.input, model.output)  # saves weights without the optimizer's
        with tf.device("/cpu:0"):
            self.variables = [tf.Variable(tf.zeros(v.shape, v.dtype), trainable=False) for v in model.weights]

    def keep(self, values: Sequence[np.ndarray]) -> None:
        """Keeps the weights that the model has now, and writes them."""
        for variable, value in zip(self.variables, values, strict=True):
            variable.assign(value)
        self._write()

    def values(self) -> list[np.ndarray]:
        """The kept weights."""
        return [variable.numpy() for variable in self.variables]

    def write_again(self) -> None:
        """Writes the kept weights, whatever the file holds: it may be ahead of the checkpoint they came from.

        A process may end between file and checkpoint, or its last checkpoint be damaged; trained again from an earlier
        one, the evaluation that wrote the file need not be the best any more.
        """
        present = self._model.get_weights()
        self._model.set_weights(self.values())
        self._write()
        self._model.set_weights(present)

    def _write(self) -> None:
        if self._chief:
            self._run.save_best_weights(self._inference)
