"""How large a picture a file claims to hold, read from its header in TensorFlow's graph.

Sources: PNG (ISO/IEC 15948, 11.2.2), GIF89a (18, 20), WebP container and bitstreams (RFC 9649); JPEG by TensorFlow.
"""

from __future__ import annotations

import tensorflow as tf

from camenn_tf.encoders.file_bytes import byte_values, has_text, number
from camenn_tf.encoders.still_picture import gif_frame

HEAD_BYTES = 32  # enough of all formats but GIF, whose frames have sizes of their own


def claimed_pixels(image_bytes: tf.Tensor) -> tf.Tensor:
    """Height times width by the header, int64 scalar.

    0 for BMP: it is not compressed, a large picture is a large file. -1 for other formats: some TensorFlow could
    decode (JPEG XL), but from no header that is read here.

    Raises:
      tf.errors.InvalidArgumentError: a JPEG file without a readable header.
    """
    data = byte_values(tf.strings.substr(image_bytes, 0, HEAD_BYTES))

    def webp() -> tf.Tensor:
        extended = (number(data, 24, 3, True) + 1) * (number(data, 27, 3, True) + 1)
        packed = number(data, 21, 4, True)
        lossless = (packed % 2**14 + 1) * (packed // 2**14 % 2**14 + 1)
        lossy = (number(data, 26, 2, True) % 2**14) * (number(data, 28, 2, True) % 2**14)
        is_extended, is_lossless = has_text(data, b"VP8X", 12), has_text(data, b"VP8L", 12)
        return tf.where(is_extended, extended, tf.where(is_lossless, lossless, lossy))

    return tf.case(
        [
            (has_text(data, b"\xff\xd8\xff"), lambda: _jpeg(image_bytes)),
            (has_text(data, b"\x89PNG"), lambda: number(data, 16, 4) * number(data, 20, 4)),
            (has_text(data, b"GIF8"), lambda: _gif(image_bytes)),
            (has_text(data, b"RIFF") & has_text(data, b"WEBP", 8), webp),
            (has_text(data, b"BM"), lambda: tf.constant(0, tf.int64)),
        ],
        default=lambda: tf.constant(-1, tf.int64),
    )


def _jpeg(image_bytes: tf.Tensor) -> tf.Tensor:
    return tf.reduce_prod(tf.cast(tf.image.extract_jpeg_shape(image_bytes)[:2], tf.int64))


def _gif(image_bytes: tf.Tensor) -> tf.Tensor:
    """Pixels of the canvas or of the first frame, whichever has more."""
    data = byte_values(image_bytes)
    frame, _ = gif_frame(data)
    canvas = number(data, 6, 2, True) * number(data, 8, 2, True)
    return tf.maximum(canvas, number(data, frame + 5, 2, True) * number(data, frame + 7, 2, True))
