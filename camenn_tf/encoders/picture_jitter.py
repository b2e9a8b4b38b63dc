"""Pictures as another shop might have taken them: the training-time jitter of the image encoder that learns along."""

from __future__ import annotations

from typing import Any

import keras
import tensorflow as tf


@keras.saving.register_keras_serializable(package="camenn_tf")
class PictureJitter(keras.layers.Layer):
    """Another framing and another light for each picture, in training only.

    A picture is put together from its patches, cropped at random (sides of `least_side` to 1.1 of its own, anywhere),
    mirrored half of the time, its channels multiplied by 1 +- `colour` and shifted by +- `colour`, and cut into patches
    again. A catalogue has few pictures of a kind: without jitter a small network learns them by heart.

    Args:
      least_side: shortest side of a crop, as a share of the picture's.
      colour: strength of the change of colour.

    Input and output shape: [n, P, h, w, 3], P = grid x grid patches row by row, values -1 to 1.
    """

    def __init__(self, least_side: float = 0.7, colour: float = 0.1, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.least_side = least_side
        self.colour = colour
        self.seed_generator = keras.random.SeedGenerator()

    def call(self, patches: tf.Tensor, training: bool = False) -> tf.Tensor:
        if not training:
            return patches
        _, count, height, width, _ = patches.shape
        grid = round(count**0.5)
        whole = tf.reshape(patches, [-1, grid, grid, height, width, 3])
        whole = tf.reshape(tf.transpose(whole, [0, 1, 3, 2, 4, 5]), [-1, grid * height, grid * width, 3])
        whole = self._cropped(tf.cast(whole, tf.float32))
        pictures = tf.shape(whole)[0]
        gain = 1.0 + self.colour * self._uniform((pictures, 1, 1, 3), -1.0)
        whole = tf.clip_by_value(whole * gain + self.colour * self._uniform((pictures, 1, 1, 3), -1.0), -1.0, 1.0)
        cut = tf.transpose(tf.reshape(whole, [-1, grid, height, grid, width, 3]), [0, 1, 3, 2, 4, 5])
        return tf.cast(tf.reshape(cut, [-1, count, height, width, 3]), patches.dtype)

    def _cropped(self, whole: tf.Tensor) -> tf.Tensor:
        pictures = tf.shape(whole)[0]
        side = self.least_side + (1.1 - self.least_side) * self._uniform((pictures, 1))
        # Centres such that a crop smaller than the picture lies inside it.
        room = tf.abs(1.0 - side)
        top_left = 0.5 - side / 2 + (self._uniform((pictures, 2)) - 0.5) * room
        boxes = tf.concat([top_left, top_left + side], 1)  # y1, x1, y2, x2
        mirrored = tf.gather(boxes, [0, 3, 2, 1], axis=1)  # right before left
        boxes = tf.where(self._uniform((pictures, 1)) < 0.5, mirrored, boxes)
        return tf.image.crop_and_resize(whole, boxes, tf.range(pictures), whole.shape[1:3], extrapolation_value=1.0)

    def _uniform(self, shape: tuple[Any, ...], low: float = 0.0) -> tf.Tensor:
        return keras.random.uniform(shape, low, 1.0, dtype="float32", seed=self.seed_generator)

    def compute_output_spec(self, patches: keras.KerasTensor, training: bool = False) -> keras.KerasTensor:
        return keras.KerasTensor(patches.shape, dtype=self.compute_dtype)

    def get_config(self) -> dict[str, Any]:
        return {**super().get_config(), "least_side": self.least_side, "colour": self.colour}
