"""An LSTM over rows of tokens."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf

from camenn_tf.layers.packing import layout_of

# Steps cost time of their own, so groups are fewer than attention has: rows of half to all of the longest length.
_GROUPS, _GROUP_SHARE = 4, 0.5


@keras.saving.register_keras_serializable(package="camenn_tf")
class RowLstm(keras.layers.Layer):
    """Keras's LSTM (Hochreiter and Schmidhuber 1997) on packed or padded rows.

    Packed rows of like length take their steps together, without a mask: what comes after a row's end is not read.

    Args:
      units: width W.
      last_only: give the state at each row's last token instead of all states.

    Input: packed rows {"tokens": [S, D], "lengths": int32 [R]} or padded ones {"tokens": [R L, D], "mask": [R, L]}.
    Output: states like the tokens, [S, W] or [R L, W], any at padding; with `last_only` [R, W], zeros without tokens.
    """

    def __init__(self, units: int, last_only: bool = False, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.units = units
        self.last_only = last_only
        self.lstm = keras.layers.LSTM(units, return_sequences=True, dtype=self.dtype_policy, name="lstm")

    def build(self, rows_shape: dict[str, Any]) -> None:
        self.lstm.build((None, None, rows_shape["tokens"][-1]))

    def call(self, rows: dict[str, tf.Tensor]) -> tf.Tensor:
        layout = layout_of(rows, _GROUPS, _GROUP_SHARE)
        padded = layout.pad(rows["tokens"])
        mask = rows.get("mask")
        states = [self._states(tokens, mask) for tokens in padded]
        if not self.last_only:
            return layout.pack(states)
        return layout.pack_rows([_last(part, valid) for part, valid in zip(states, layout.valid, strict=True)])

    def _states(self, tokens: tf.Tensor, mask: tf.Tensor | None) -> tf.Tensor:
        """[n, L, D] -> [n, L, W]."""
        # One row and one step more, which nothing counts: Keras's layer fails where there are none.
        padded = tf.pad(tokens, [[0, 1], [0, 1], [0, 0]])
        return self.lstm(padded, mask=None if mask is None else tf.pad(mask, [[0, 1], [0, 1]]))[:-1, :-1]

    def compute_output_spec(self, rows: dict[str, keras.KerasTensor]) -> keras.KerasTensor:
        count = rows["mask" if "mask" in rows else "lengths"].shape[0] if self.last_only else rows["tokens"].shape[0]
        return keras.KerasTensor((count, self.units), dtype=self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "units": self.units, "last_only": self.last_only}


def _last(states: tf.Tensor, real: tf.Tensor) -> tf.Tensor:
    """States [n, L, W] at the last place that is real, zeros for a row without one: [n, W]."""
    places = tf.where(real, tf.range(1, tf.shape(real)[1] + 1), 0)
    last = tf.maximum(tf.reduce_max(places, 1), 0)  # counted from 1; the maximum of no place is the least number
    return tf.gather(tf.pad(states, [[0, 0], [1, 0], [0, 0]]), last, batch_dims=1)
