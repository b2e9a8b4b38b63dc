"""An LSTM over rows of tokens."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="camenn_tf")
class RowLstm(keras.layers.Layer):
    """Keras's LSTM (Hochreiter and Schmidhuber 1997) on padded rows; it takes batches without rows, too.

    Args:
      units: width W.
      last_only: give the state at each row's last real token instead of all states.

    Input: tokens [R, L, D], real bool [R, L]. Output shape: [R, L, W], with `last_only` [R, W].
    """

    def __init__(self, units: int, last_only: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units = units
        self.last_only = last_only
        self.lstm = keras.layers.LSTM(units, return_sequences=not last_only, dtype=self.dtype_policy, name="lstm")

    def build(self, tokens_shape: Any, real_shape: Any) -> None:
        self.lstm.build(tokens_shape)

    def call(self, tokens: tf.Tensor, real: tf.Tensor) -> tf.Tensor:
        # One row and one step more, which nothing counts: Keras's layer fails where there are none.
        padded = tf.pad(tokens, [[0, 1], [0, 1], [0, 0]])
        states = self.lstm(padded, mask=tf.pad(real, [[0, 1], [0, 1]]))
        return states[:-1] if self.last_only else states[:-1, :-1]

    def compute_output_spec(self, tokens: keras.KerasTensor, real: keras.KerasTensor) -> keras.KerasTensor:
        shape = (tokens.shape[0], self.units) if self.last_only else (*tokens.shape[:2], self.units)
        return keras.KerasTensor(shape, dtype=self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "units": self.units, "last_only": self.last_only}
