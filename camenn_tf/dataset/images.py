"""Whether a picture can be read, by its header alone."""

from __future__ import annotations

import io
from typing import Any

from apache_beam.io.filesystems import FileSystems
from PIL import Image

from camenn_tf.dataset.faults import MISSING_IMAGE, UNREADABLE_IMAGE
from camenn_tf.dataset.tables import open_file

FORMATS = ("JPEG", "PNG", "GIF", "BMP", "WEBP")  # those that tf.io.decode_image reads


def image_fault(path: str | None, data: bytes | None) -> str | None:
    """The kind of fault of an image file or of image bytes, None if its header is sound."""
    try:
        if data is not None:
            return _header_fault(io.BytesIO(data))
        if path is None:
            return None
        if not FileSystems.exists(path):
            return MISSING_IMAGE
        with open_file(path) as file:
            return _header_fault(file)
    except OSError:
        return UNREADABLE_IMAGE


def _header_fault(file: Any) -> str | None:
    try:
        with Image.open(file, formats=FORMATS) as image:
            return None if min(image.size) > 0 else UNREADABLE_IMAGE
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError):
        return UNREADABLE_IMAGE
