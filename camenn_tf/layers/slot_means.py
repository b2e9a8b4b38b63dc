"""Rows of tokens as vectors of one length, for networks that do not attend."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="camenn_tf")
class SlotMeans(keras.layers.Layer):
    """The mean of each item's tokens and each field's token, side by side; zeros where a row has none.

    Args:
      places: N + 1 slots and F fields.

    Input: the output of RowTokens with `place`. Output shape: [R, places * E].
    """

    def __init__(self, places: int, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.places = places

    def call(self, rows: dict[str, tf.Tensor]) -> tf.Tensor:
        tokens, place = rows["tokens"], rows["place"]
        if "mask" in rows:
            count, length = tf.shape(rows["mask"])[0], rows["mask"].shape[1]
            real = tf.reshape(rows["mask"], [-1])
            row = tf.repeat(tf.range(count), length)
            # padding goes to a place behind the last, which is cut off
            segment = tf.where(real, row * self.places + place, count * self.places)
        else:
            count = tf.size(rows["lengths"])
            segment = tf.repeat(tf.range(count), rows["lengths"]) * self.places + place
        means = tf.math.unsorted_segment_mean(tokens, segment, count * self.places + 1)[:-1]
        return tf.reshape(means, [count, self.places * tokens.shape[-1]])

    def compute_output_spec(self, rows: dict[str, keras.KerasTensor]) -> keras.KerasTensor:
        return keras.KerasTensor((None, self.places * rows["tokens"].shape[-1]), dtype=self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "places": self.places}
