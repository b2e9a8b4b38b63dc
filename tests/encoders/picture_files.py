"""Small pictures as bytes of files."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
from PIL import Image

COLOURS = np.array(
    [
        [255, 0, 0],
        [0, 255, 0],
        [0, 0, 255],
        [255, 255, 0],
        [255, 0, 255],
        [0, 255, 255],
        [0, 0, 0],
        [255, 255, 255],
        [128, 128, 128],
    ],
    np.uint8,
)


def file_of(picture: np.ndarray | Image.Image, kind: str = "PNG", **options: Any) -> bytes:
    """The picture in this format."""
    image = picture if isinstance(picture, Image.Image) else Image.fromarray(picture)
    out = io.BytesIO()
    image.save(out, kind, **options)
    return out.getvalue()


def nine_colours(height: int = 30, width: int = 45) -> np.ndarray:
    """3 x 3 plain fields of COLOURS in natural order, uint8 [height, width, 3]."""
    rows = np.repeat(np.arange(3), height // 3)
    columns = np.repeat(np.arange(3), width // 3)
    out: np.ndarray = COLOURS[rows[:, np.newaxis] * 3 + columns]
    return out
