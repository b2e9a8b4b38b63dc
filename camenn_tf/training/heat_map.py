"""Pictures of a similarity matrix, as Figures 4 and 5 of the paper show it."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from PIL import Image, ImageDraw, ImageFont

_CELL, _MARGIN = 56, 132
_LOW, _MIDDLE, _HIGH = (59, 76, 192), (247, 247, 247), (180, 4, 38)  # -1, 0, 1


def cosine_similarity(left: np.ndarray, right: np.ndarray) -> np.ndarray:
    """cos(left_i, right_j): float64 [n, m] from [n, E] and [m, E]; 0 where a vector is 0."""
    unit = [values / np.maximum(np.linalg.norm(values, axis=1, keepdims=True), 1e-12) for values in (left, right)]
    return np.asarray(unit[0] @ unit[1].T)


def draw_heat_map(values: np.ndarray, rows: Sequence[str], columns: Sequence[str]) -> np.ndarray:
    """Draws values from -1 (blue) over 0 (white) to 1 (red), each cell with its number.

    Args:
      values: [n, m].
      rows: n labels, at the left.
      columns: m labels, at the top, written upwards.

    Returns:
      uint8 [height, width, 3].
    """
    height, width = values.shape
    image = Image.new("RGB", (_MARGIN + width * _CELL + 8, _MARGIN + height * _CELL + 8), "white")
    draw = ImageDraw.Draw(image)
    font = ImageFont.load_default(18)
    for i in range(height):
        top = _MARGIN + i * _CELL
        draw.text((_MARGIN - 6, top + _CELL // 2), _fitting(rows[i], font), "black", font, anchor="rm")
        for j in range(width):
            left = _MARGIN + j * _CELL
            draw.rectangle((left, top, left + _CELL - 2, top + _CELL - 2), _colour(float(values[i, j])))
            ink = "white" if abs(values[i, j]) > 0.6 else "black"
            draw.text((left + _CELL // 2, top + _CELL // 2), f"{values[i, j]:.2f}", ink, font, anchor="mm")
    for j in range(width):
        label = Image.new("RGB", (_MARGIN - 6, 24), "white")
        ImageDraw.Draw(label).text((0, 12), _fitting(columns[j], font), "black", font, anchor="lm")
        image.paste(label.rotate(90, expand=True), (_MARGIN + j * _CELL + _CELL // 2 - 12, 0))
    return np.asarray(image)


def _fitting(text: str, font: ImageFont.FreeTypeFont | ImageFont.ImageFont) -> str:
    """The text, cut so that it fits into the margin."""
    room = _MARGIN - 10
    if font.getlength(text) <= room:
        return text
    while text and font.getlength(text + "~") > room:
        text = text[:-1]
    return text.rstrip() + "~"


def _colour(value: float) -> tuple[int, int, int]:
    share, end = min(1.0, abs(value)), _HIGH if value > 0 else _LOW
    red, green, blue = (round(a + (b - a) * share) for a, b in zip(_MIDDLE, end, strict=True))
    return red, green, blue
