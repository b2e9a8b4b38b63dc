"""EXIF orientation."""

from __future__ import annotations

import struct

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image, ImageOps

from camenn_tf.encoders.orientation import exif_orientation, orient
from tests.encoders.picture_files import file_of


def segment(orientation: int, big: bool = True, kind: int = 3) -> bytes:
    """An Exif segment with two tags, written by hand."""
    order = ">" if big else "<"
    value = struct.pack(order + ("HH" if kind == 3 else "I"), *((orientation, 0) if kind == 3 else (orientation,)))
    entries = struct.pack(order + "HHI4s", 0x0100, 3, 1, b"\0\0\0\0")
    entries += struct.pack(order + "HHI", 0x0112, kind, 1) + value
    tiff = (b"MM" if big else b"II") + struct.pack(order + "HI", 42, 8) + struct.pack(order + "H", 2) + entries
    body = b"Exif\0\0" + tiff + b"\0\0\0\0"
    return b"\xff\xe1" + struct.pack(">H", len(body) + 2) + body


def read(content: bytes) -> int:
    return int(exif_orientation(tf.constant(content)))


@pytest.mark.parametrize("orientation", range(1, 9))
def test_turns_as_pillow_does(orientation: int) -> None:
    picture = np.arange(2 * 3 * 3, dtype=np.uint8).reshape(2, 3, 3)
    image = Image.fromarray(picture)
    image.getexif()[0x0112] = orientation
    expected = np.asarray(ImageOps.exif_transpose(image))
    np.testing.assert_array_equal(orient(tf.constant(picture), tf.constant(orientation)), expected)


@pytest.mark.parametrize("orientation", range(1, 9))
def test_reads_what_pillow_writes(orientation: int) -> None:
    image = Image.new("RGB", (4, 4))
    exif = image.getexif()
    exif[0x0112] = orientation
    exif[0x010F] = "a maker with a long name"
    assert read(file_of(image, "JPEG", exif=exif)) == orientation


@pytest.mark.parametrize("big", [True, False])
@pytest.mark.parametrize("kind", [3, 4])
def test_reads_both_byte_orders_after_another_segment(big: bool, kind: int) -> None:
    jfif = b"\xff\xe0\x00\x10JFIF\0" + b"\0" * 9
    assert read(b"\xff\xd8" + jfif + segment(5, big, kind) + b"\xff\xda") == 5


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"\xff\xd8",
        b"\xff\xd8\xff\xe1\x00\x00",  # a length that would stand still
        b"\x89PNG\r\n",
        b"\xff\xd8" + segment(9)[:-1],
        b"\xff\xd8" + segment(0),
        b"\xff\xd8" + segment(6)[:20],  # cut off
        b"\xff\xd8\xff\xda\x00\x04ab" + segment(6),  # after the start of the scan: picture data
        b"\xff\xd8\xff\xe1\x00\x0eExif\0\0MM\x00*\xff\xff\xff\xff",  # a directory far outside
    ],
)
def test_nonsense_is_upright(content: bytes) -> None:
    assert read(content) == 1
