"""The catalogue of a prepared dataset, as arrays by catalogue row."""

from __future__ import annotations

import dataclasses

import numpy as np


@dataclasses.dataclass(frozen=True)
class Catalogue:
    """All items in the order of the items table; every array has one entry a row.

    Attributes:
      item_ids: object array of strings.
      texts: object array of strings, empty = none.
      fields: int32 [n, Fi], value ids in the order of `Schema.item_fields`.
      alignment_class: object array, "" = none.
      alignment_split: object array, "" (an item of the store), "validation" or "test" (only a pair to judge alignment).
      train_samples: int64, samples of the train split whose target it is.
      train_purchases: int64, purchases before the end of train.
      text_group: int64, equal where texts are equal, -1 = no text.
      image_group: int64, equal where images are equal, -1 = no image named.
      class_group: int64, equal where alignment classes are equal, -1 = none.
    """

    item_ids: np.ndarray
    texts: np.ndarray
    fields: np.ndarray
    alignment_class: np.ndarray
    alignment_split: np.ndarray
    train_samples: np.ndarray
    train_purchases: np.ndarray
    text_group: np.ndarray
    image_group: np.ndarray
    class_group: np.ndarray

    @classmethod
    def load(cls, directory: str) -> Catalogue:
        """Reads the catalogue's Parquet files. Raises ValueError that names the file when a row is out of place."""
        raise NotImplementedError
