"""What TensorFlow's decoder leaves out of a file's colours: PNG colour keys and BMP palettes, in its graph.

Sources: PNG (ISO/IEC 15948, 11.3.2.1: tRNS), BMP (BITMAPINFOHEADER and its colour table).
"""

from __future__ import annotations

import tensorflow as tf

from camenn_tf.encoders.file_bytes import byte_values, find_png_chunk, has_text, number


def with_stored_colours(image_bytes: tf.Tensor, colours: tf.Tensor) -> tf.Tensor:
    """Makes the transparent colour of a PNG file white, and colours out of the entries of a BMP palette.

    Args:
      image_bytes: tf.string scalar, any format.
      colours: uint8 [H, W, 3], as TensorFlow decodes them.

    Returns:
      uint8 [H, W, 3].
    """
    head = byte_values(tf.strings.substr(image_bytes, 0, 32))
    kind = number(head, 25, 1)  # 0 grey, 2 RGB; the others' transparency is decoded
    may_have_key = has_text(head, b"\x89PNG") & ((kind == 0) | (kind == 2))
    has_palette = has_text(head, b"BM") & (number(head, 28, 2, True) == 8)
    return tf.case(
        [
            (may_have_key, lambda: _without_key(byte_values(image_bytes), colours)),
            (has_palette, lambda: _from_palette(byte_values(image_bytes), colours)),
        ],
        default=lambda: colours,
    )


def is_bmp(image_bytes: tf.Tensor) -> tf.Tensor:
    """Whether a file is BMP, bool scalar: its fourth channel is a filler, and mostly 0."""
    return has_text(byte_values(tf.strings.substr(image_bytes, 0, 2)), b"BM")


def _without_key(data: tf.Tensor, colours: tf.Tensor) -> tf.Tensor:
    at = find_png_chunk(data, b"tRNS")

    def whitened() -> tf.Tensor:
        depth = number(data, 24, 1)
        step = tf.where(number(data, 25, 1) == 2, [0, 2, 4], [0, 0, 0])
        key = number(data, at + tf.cast(step, tf.int64), 2)  # [3], of `depth` bits
        largest = tf.bitwise.left_shift(tf.constant(1, tf.int64), tf.minimum(depth, 16)) - 1
        key = tf.where(depth == 16, key // 256, key * 255 // tf.maximum(largest, 1))
        is_key = tf.reduce_all(tf.equal(colours, tf.cast(key % 256, tf.uint8)), -1, keepdims=True)
        return tf.where(is_key, tf.constant(255, tf.uint8), colours)

    return tf.cond(at > 0, whitened, lambda: colours)


def _from_palette(data: tf.Tensor, colours: tf.Tensor) -> tf.Tensor:
    start = 14 + number(data, 14, 4, True)
    places = tf.range(256, dtype=tf.int64)[:, tf.newaxis] * 4 + [2, 1, 0]  # blue, green, red, filler
    palette = tf.cast(number(data, start + places, 1), tf.uint8)  # [256, 3]
    return tf.gather(palette, tf.cast(colours[..., 0], tf.int32))
