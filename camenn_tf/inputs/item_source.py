"""What batches need of an item store."""

from __future__ import annotations

from typing import Protocol

import numpy as np


class ItemSource(Protocol):
    """Features of items by catalogue row; `ItemStore` is the one on disk."""

    @property
    def has_image(self) -> np.ndarray:
        """Which catalogue rows have a readable image: bool [n]."""
        ...

    @property
    def text_max_length(self) -> int:
        """T+2: the longest text, [CLS] and [SEP] included."""
        ...

    def gather(
        self, rows: np.ndarray, texts: bool = True, images: bool = True
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        """Text, text length, image and has-image of catalogue rows [U]; row -1 is zeros.

        Args:
          rows: int [U].
          texts: False leaves the texts away, [U, 0, ...], but not their lengths.
          images: likewise.

        Returns:
          text: float32 [U, L, Dt] states or int32 [U, L] piece ids, L = the longest of these.
          text_length: int32 [U].
          image: float32 [U, P, Di] features or uint8 [U, P, h, w, 3] pixels.
          has_image: bool [U].
        """
        ...
