"""Animations cut down to a still of their first frame before anything is decoded, in TensorFlow's graph.

TensorFlow 2.21 writes past its memory when `tf.io.decode_image` meets an animated WebP file, and decodes all frames of
a GIF file whatever their size, also where only the first is asked for. Neither may happen to a file from outside.

Sources: GIF89a (18-23: blocks), WebP container (RFC 9649, 2.7).
"""

from __future__ import annotations

import tensorflow as tf

from camenn_tf.encoders.file_bytes import byte_values, find_webp_chunk, has_text, little_endian, number, piece

MOST_EXTENSIONS = 100  # blocks of a GIF file before its first frame
MOST_BLOCKS = 400_000  # of up to 255 bytes of pixels in a frame; a file of more is broken
WHITE = b"\xff\xff\xff"


def still_picture(image_bytes: tf.Tensor) -> tf.Tensor:
    """The file, or that of its first frame.

    Args:
      image_bytes: tf.string scalar, any format.

    Returns:
      tf.string scalar: GIF with its first frame only and with the transparent colour white; animated WebP as a still
      of its first frame (that frame alone, should it be smaller than the canvas); other files as they are; empty where
      an animation has no frame.
    """
    data = byte_values(piece(image_bytes, 0, 32))
    is_animated = has_text(data, b"RIFF") & has_text(data, b"WEBPVP8X", 8) & (number(data, 20, 1) // 2 % 2 == 1)
    return tf.case(
        [
            (has_text(data, b"GIF8"), lambda: _first_of_gif(image_bytes)),
            (is_animated, lambda: _first_of_webp(image_bytes)),
        ],
        default=lambda: image_bytes,
    )


def gif_frame(data: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
    """Where the first frame's descriptor of a GIF file stands, and its transparent colour; int64.

    Args:
      data: from `byte_values`.

    Returns:
      position, 0 = there is no frame; number of the transparent colour, -1 = there is none.
    """

    def is_extension(position: tf.Tensor, _: tf.Tensor) -> tf.Tensor:
        return tf.equal(number(data, position, 1), 0x21)

    def step(position: tf.Tensor, transparent: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        is_control = tf.equal(number(data, position + 1, 1), 0xF9)
        has_colour = tf.equal(number(data, position + 3, 1) % 2, 1)
        colour = tf.where(has_colour, number(data, position + 6, 1), -1)
        return _behind_blocks(data, position + 2), tf.where(is_control, colour, transparent)

    start = (13 + _table_bytes(data, 10), tf.constant(-1, tf.int64))
    position, transparent = tf.while_loop(is_extension, step, start, maximum_iterations=MOST_EXTENSIONS)
    return tf.where(tf.equal(number(data, position, 1), 0x2C), position, 0), transparent


def _first_of_gif(image_bytes: tf.Tensor) -> tf.Tensor:
    data = byte_values(image_bytes)
    frame, transparent = gif_frame(data)
    shared_table, own_table = _table_bytes(data, 10), _table_bytes(data, frame + 9)
    end = _behind_blocks(data, frame + 10 + own_table + 1)  # descriptor, table, code size

    def still() -> tf.Tensor:
        # Without what stands between header and frame: by it TensorFlow would make the transparent colour black.
        header = piece(image_bytes, 0, 13 + shared_table)
        return header + piece(image_bytes, frame, end - frame) + b";"

    def whitened() -> tf.Tensor:
        file = still()
        entry = tf.where(own_table > 0, 13 + shared_table + 10, 13) + 3 * transparent
        return piece(file, 0, entry) + WHITE + piece(file, entry + 3, end)

    length = tf.size(data, out_type=tf.int64) - 1
    is_whole = (frame > 0) & (frame + 10 + own_table < length) & (13 + shared_table < length)
    has_colour = (transparent >= 0) & (3 * transparent < tf.where(own_table > 0, own_table, shared_table))
    return tf.case([(~is_whole, lambda: tf.constant(b"")), (has_colour, whitened)], default=still)


def _first_of_webp(image_bytes: tf.Tensor) -> tf.Tensor:
    data = byte_values(image_bytes)
    at = find_webp_chunk(data, b"ANMF")

    def still() -> tf.Tensor:
        frame = piece(image_bytes, at + 16, number(data, at - 4, 4, True) - 16)
        # The canvas becomes the frame's: both are written as width - 1 and height - 1, of three bytes each.
        header = b"WEBPVP8X\x0a\0\0\0\x10\0\0\0" + piece(image_bytes, at + 6, 6)
        size = tf.strings.length(header) + tf.strings.length(frame)
        return b"RIFF" + little_endian(size, 4) + header + frame

    size = tf.strings.length(image_bytes, unit="BYTE")
    has_frame = (at > 0) & (at + 16 < tf.cast(size, tf.int64)) & (number(data, at - 4, 4, True) > 16)
    return tf.cond(has_frame, still, lambda: tf.constant(b""))


def _table_bytes(data: tf.Tensor, flags_at: tf.Tensor | int) -> tf.Tensor:
    """Length of the colour table that these flags announce, int64; 0 = there is none."""
    flags = number(data, flags_at, 1)
    return tf.where(flags >= 128, 3 * tf.bitwise.left_shift(tf.constant(2, tf.int64), flags % 8), 0)


def _behind_blocks(data: tf.Tensor, position: tf.Tensor) -> tf.Tensor:
    """The place behind a row of blocks, each with its length in front, that an empty one ends (or the file does)."""
    # reads by itself, not by `number`: this loop takes a step for each 255 bytes of a file
    end = tf.size(data, out_type=tf.int64) - 1

    def length(at: tf.Tensor) -> tf.Tensor:
        return tf.cast(data[tf.minimum(at, end)], tf.int64)

    def step(at: tf.Tensor, size: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        following = at + 1 + size
        return following, length(following)

    start = (position, length(position))
    behind, _ = tf.while_loop(lambda _, size: size > 0, step, start, maximum_iterations=MOST_BLOCKS)
    return behind + 1
