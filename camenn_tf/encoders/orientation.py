"""EXIF orientation, read and applied in TensorFlow's graph, so that encoding and serving turn pictures alike.

Sources: JPEG (ITU-T T.81, B.1.1.4: marker segments), PNG (eXIf chunk), WebP container (RFC 9649, 2.7.1.5) and Exif 2.3
(4.6.2: TIFF header and IFD; tag 0x0112).
"""

from __future__ import annotations

import tensorflow as tf

from camenn_tf.encoders.file_bytes import byte_values, find_png_chunk, find_webp_chunk, has_text, number

ORIENTATION_TAG = 0x0112
LONG = 4  # TIFF type of a 32 bit number; the tag's own is SHORT, but some writers use this one
EXIF = b"Exif\0\0"


def exif_orientation(image_bytes: tf.Tensor) -> tf.Tensor:
    """Orientation of a picture file.

    Args:
      image_bytes: tf.string scalar, any format.

    Returns:
      int32 scalar, 1 to 8; 1 (upright) for a file that is not JPEG, PNG or WebP, says nothing or says
      nonsense.
    """
    data = byte_values(image_bytes)
    tiff = tf.case(
        [
            (has_text(data, b"\xff\xd8"), lambda: _find_in_jpeg(data)),
            (has_text(data, b"\x89PNG"), lambda: find_png_chunk(data, b"eXIf")),
            (has_text(data, b"RIFF") & has_text(data, b"WEBPVP8X", 8), lambda: _find_in_webp(data)),
        ],
        default=lambda: tf.constant(0, tf.int64),
    )
    return tf.cond(tiff > 0, lambda: _orientation_in(data, tiff), lambda: tf.constant(1))


def orient(picture: tf.Tensor, orientation: tf.Tensor) -> tf.Tensor:
    """Turns a stored picture upright.

    Args:
      picture: [H, W, C].
      orientation: int32 scalar, 1 to 8: which edges of the scene the first row and column are.

    Returns:
      The upright picture, [H, W, C] for 1 to 4, [W, H, C] for 5 to 8.
    """

    def turned(transpose: bool, *flips: int) -> tf.Tensor:
        out = tf.transpose(picture, [1, 0, 2]) if transpose else picture
        return tf.reverse(out, flips) if flips else out

    return tf.switch_case(
        orientation - 1,
        [
            lambda: turned(False),
            lambda: turned(False, 1),
            lambda: turned(False, 0, 1),
            lambda: turned(False, 0),
            lambda: turned(True),
            lambda: turned(True, 1),
            lambda: turned(True, 0, 1),
            lambda: turned(True, 0),
        ],
    )


def _find_in_jpeg(data: tf.Tensor) -> tf.Tensor:
    """Where the TIFF header of a JPEG file's Exif segment starts; 0 = there is none."""

    def searching(position: tf.Tensor, found: tf.Tensor) -> tf.Tensor:
        marker = number(data, position, 2)
        # a segment: any marker but start of scan and end of image
        is_segment = (marker >= 0xFFC0) & (marker <= 0xFFFE) & (marker != 0xFFDA) & (marker != 0xFFD9)
        return (found == 0) & is_segment

    def step(position: tf.Tensor, found: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        is_exif = tf.equal(number(data, position, 2), 0xFFE1) & has_text(data, EXIF, position + 4)
        # a damaged length below 2 would stand still: at least the marker is passed
        length = tf.maximum(number(data, position + 2, 2), 2)
        return position + 2 + length, tf.where(is_exif, position + 4 + len(EXIF), found)

    start = (tf.constant(2, tf.int64), tf.constant(0, tf.int64))
    return tf.while_loop(searching, step, start)[1]


def _find_in_webp(data: tf.Tensor) -> tf.Tensor:
    """The same of a WebP file's EXIF chunk, to which some writers give the name that it has in JPEG."""
    content = find_webp_chunk(data, b"EXIF")
    return tf.where(has_text(data, EXIF, content), content + len(EXIF), content)


def _orientation_in(data: tf.Tensor, tiff: tf.Tensor) -> tf.Tensor:
    little = tf.equal(number(data, tiff, 2), 0x4949)  # "II"; "MM" = most significant byte first
    directory = tiff + number(data, tiff + 4, 4, little)
    entries = directory + 2 + 12 * tf.range(number(data, directory, 2, little))  # [entries of 12 bytes]
    entry = tf.boolean_mask(entries, tf.equal(number(data, entries, 2, little), ORIENTATION_TAG))[:1]
    short, long = number(data, entry + 8, 2, little), number(data, entry + 8, 4, little)
    value = tf.where(tf.equal(number(data, entry + 2, 2, little), LONG), long, short)
    value = tf.cast(tf.reduce_sum(value), tf.int32)  # of one entry or none
    return tf.where((value >= 1) & (value <= 8), value, 1)
