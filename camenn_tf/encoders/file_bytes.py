"""Numbers out of the bytes of a file, in TensorFlow's graph."""

from __future__ import annotations

import tensorflow as tf


def byte_values(text: tf.Tensor, most: int) -> tf.Tensor:
    """The first `most` bytes of a tf.string scalar, int64 [m]."""
    return tf.cast(tf.io.decode_raw(tf.strings.substr(text, 0, most), tf.uint8), tf.int64)


def number(data: tf.Tensor, start: tf.Tensor | int, size: int, little: tf.Tensor | bool = False) -> tf.Tensor:
    """Unsigned numbers of several bytes.

    Args:
      data: int64 [m], byte values; those past the end count as 0, so that no damaged offset can raise.
      start: int64, any shape: where a number starts.
      size: bytes of a number.
      little: whether the least significant byte comes first.

    Returns:
      int64, shape of `start`.
    """
    start = tf.convert_to_tensor(start, tf.int64)
    padded = tf.concat([data, [0]], 0)
    end = tf.size(data, out_type=tf.int64)
    value = tf.zeros_like(start)
    for place in range(size):
        position = tf.where(little, start + (size - 1 - place), start + place)
        value = value * 256 + tf.gather(padded, tf.clip_by_value(position, 0, end))
    return value
