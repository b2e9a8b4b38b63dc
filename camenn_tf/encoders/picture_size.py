"""How large a picture a file claims to hold, read from its header in TensorFlow's graph.

Sources: PNG (ISO/IEC 15948, 11.2.2), GIF89a (18), WebP container and bitstreams (RFC 9649); JPEG by TensorFlow.
"""

from __future__ import annotations

import tensorflow as tf

from camenn_tf.encoders.file_bytes import byte_values, number


def claimed_pixels(image_bytes: tf.Tensor) -> tf.Tensor:
    """Height times width by the header, int64 scalar; 0 for other formats (BMP is not compressed, its file is as long).

    Raises:
      tf.errors.InvalidArgumentError: a JPEG file without a readable header.
    """
    data = byte_values(image_bytes, 32)

    def starts(text: bytes, at: int = 0) -> tf.Tensor:
        return tf.reduce_all(tf.equal(number(data, tf.range(at, at + len(text), dtype=tf.int64), 1), tuple(text)))

    def webp() -> tf.Tensor:
        extended = (number(data, 24, 3, True) + 1) * (number(data, 27, 3, True) + 1)
        packed = number(data, 21, 4, True)
        lossless = (packed % 2**14 + 1) * (packed // 2**14 % 2**14 + 1)
        lossy = (number(data, 26, 2, True) % 2**14) * (number(data, 28, 2, True) % 2**14)
        return tf.where(starts(b"VP8X", 12), extended, tf.where(starts(b"VP8L", 12), lossless, lossy))

    return tf.case(
        [
            (starts(b"\xff\xd8\xff"), lambda: _jpeg(image_bytes)),
            (starts(b"\x89PNG"), lambda: number(data, 16, 4) * number(data, 20, 4)),
            (starts(b"GIF8"), lambda: number(data, 6, 2, True) * number(data, 8, 2, True)),
            (starts(b"RIFF") & starts(b"WEBP", 8), webp),
        ],
        default=lambda: tf.constant(0, tf.int64),
    )


def _jpeg(image_bytes: tf.Tensor) -> tf.Tensor:
    return tf.reduce_prod(tf.cast(tf.image.extract_jpeg_shape(image_bytes)[:2], tf.int64))
