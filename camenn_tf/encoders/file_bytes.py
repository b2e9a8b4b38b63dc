"""Numbers out of the bytes of a file, and bytes out of numbers, in TensorFlow's graph."""

from __future__ import annotations

from collections.abc import Callable

import tensorflow as tf

MOST_CHUNKS = 1000  # looked through for one of a name; honest files have a handful before their pixels
BYTES = [bytes([value]) for value in range(256)]


def byte_values(text: tf.Tensor) -> tf.Tensor:
    """The bytes of a tf.string scalar and a 0 behind them, uint8 [m + 1]."""
    return tf.io.decode_raw(text + b"\0", tf.uint8)


def number(data: tf.Tensor, start: tf.Tensor | int, size: int, little: tf.Tensor | bool = False) -> tf.Tensor:
    """Unsigned numbers of several bytes.

    Args:
      data: from `byte_values`; bytes past the end count as 0, so that no damaged offset can raise.
      start: int64, any shape: where a number starts.
      size: bytes of a number.
      little: whether the least significant byte comes first.

    Returns:
      int64, shape of `start`.
    """
    places = tf.range(size, dtype=tf.int64)
    positions = tf.convert_to_tensor(start, tf.int64)[..., tf.newaxis] + places
    end = tf.size(data, out_type=tf.int64) - 1  # of the 0
    digits = tf.cast(tf.gather(data, tf.where(positions < 0, end, tf.minimum(positions, end))), tf.int64)
    shifts = 8 * places if little is True else 8 * (size - 1 - places)
    if tf.is_tensor(little):
        shifts = tf.where(little, 8 * places, shifts)
    return tf.reduce_sum(tf.bitwise.left_shift(digits, shifts), -1)


def has_text(data: tf.Tensor, text: bytes, at: tf.Tensor | int = 0) -> tf.Tensor:
    """Whether just these bytes stand at a place, bool scalar."""
    places = tf.convert_to_tensor(at, tf.int64) + tf.range(len(text), dtype=tf.int64)
    return tf.reduce_all(tf.equal(number(data, places, 1), tuple(text)))


def piece(text: tf.Tensor, start: tf.Tensor | int, size: tf.Tensor | int) -> tf.Tensor:
    """Bytes of a tf.string scalar from a place inside it on, fewer where it ends before."""
    return tf.strings.substr(text, tf.cast(start, tf.int64), tf.cast(size, tf.int64))


def little_endian(value: tf.Tensor, size: int) -> tf.Tensor:
    """A number as tf.string scalar of `size` bytes, the least significant first."""
    digits = [tf.bitwise.bitwise_and(tf.bitwise.right_shift(value, 8 * place), 255) for place in range(size)]
    return tf.strings.reduce_join(tf.gather(tf.constant(BYTES), tf.stack(digits)))


def find_png_chunk(data: tf.Tensor, name: bytes) -> tf.Tensor:
    """Where the content of a PNG file's first chunk of this name before its pixels starts, int64; 0 = there is none."""

    def following(position: tf.Tensor) -> tf.Tensor:
        return position + 12 + number(data, position, 4)  # size, name, content, checksum

    return _find(data, tf.constant(8, tf.int64), 4, name, b"IDAT", following)


def find_webp_chunk(data: tf.Tensor, name: bytes) -> tf.Tensor:
    """Where the content of a WebP file's first chunk of this name starts, int64; 0 = there is none."""

    def following(position: tf.Tensor) -> tf.Tensor:
        size = number(data, position + 4, 4, True)
        return position + 8 + size + size % 2  # name, size, content, even

    return _find(data, tf.constant(12, tf.int64), 0, name, b"", following)


def _find(
    data: tf.Tensor,
    first: tf.Tensor,
    name_at: int,
    name: bytes,
    last: bytes,
    following: Callable[[tf.Tensor], tf.Tensor],
) -> tf.Tensor:
    """Goes from chunk to chunk; `last` is the name of the chunk at which to give up."""
    end = tf.size(data, out_type=tf.int64) - 1

    def searching(position: tf.Tensor) -> tf.Tensor:
        more = (position < end) & ~has_text(data, name, position + name_at)
        return more & ~has_text(data, last, position + name_at) if last else more

    (found,) = tf.while_loop(searching, lambda at: (following(at),), (first,), maximum_iterations=MOST_CHUNKS)
    return tf.where(has_text(data, name, found + name_at), found + 8, 0)
