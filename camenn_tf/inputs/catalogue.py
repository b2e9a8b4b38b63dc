"""The catalogue of a prepared dataset, as arrays by catalogue row."""

from __future__ import annotations

import dataclasses
import hashlib
import os
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from camenn_tf.dataset.dataset_info import load_dataset_info
from camenn_tf.errors import UserError

NONE = -1
_COLUMNS = [
    "row",
    "item_id",
    "text",
    "fields",
    "alignment_class",
    "alignment_coarse_class",
    "alignment_split",
    "train_samples",
    "train_purchases",
]
_IMAGES = ["image_path", "image_bytes"]
_IMAGE_ROWS = 1024  # read at a time: pictures may be large


@dataclasses.dataclass(frozen=True)
class Catalogue:
    """All items in the order of the items table; every array has one entry a row.

    Attributes:
      item_ids: object array of strings.
      texts: object array of strings, empty = none.
      fields: int32 [n, Fi], value ids in the order of `Schema.item_fields`.
      alignment_class: object array, "" = none.
      alignment_split: object array, "" (an item of the store), "train" (only a pair to learn alignment from),
        "validation" or "test" (only a pair to judge it).
      train_samples: int64, samples of the train split whose target it is.
      train_purchases: int64, purchases before the end of train.
      text_group: int64, equal where texts are equal, -1 = no text.
      image_group: int64, equal where images are the same file or bytes, -1 = no image named.
      class_group: int64, equal where alignment classes are equal, -1 = none.
      coarse_group: int64, equal where coarse alignment classes are equal, -1 = none.
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
    coarse_group: np.ndarray

    @classmethod
    def load(cls, directory: str) -> Catalogue:
        """Reads the catalogue's Parquet files. Raises UserError that names the file when a row is out of place."""
        info = load_dataset_info(directory)
        columns: dict[str, list[Any]] = {name: [] for name in _COLUMNS}
        images: list[str] = []
        for name in info.catalogue_shards:
            path = os.path.join(directory, name)
            table = pq.read_table(path, columns=_COLUMNS).to_pydict()
            if table["row"] != list(range(len(images), len(images) + len(table["row"]))):
                raise UserError(f"{path}: rows do not go on from {len(images)}; prepare the dataset again")
            for column, values in table.items():
                columns[column] += values
            images += _image_names(path)
        if len(images) != info.catalogue_items:
            raise UserError(
                f"{directory}: {len(images)} catalogue rows, but dataset.json says {info.catalogue_items}; "
                "prepare the dataset again"
            )
        width = len(info.item_fields)
        return cls(
            item_ids=_strings(columns["item_id"]),
            texts=_strings(columns["text"]),
            fields=np.asarray(columns["fields"], np.int32).reshape(len(images), width),
            alignment_class=_strings(columns["alignment_class"]),
            alignment_split=_strings(columns["alignment_split"]),
            train_samples=np.asarray(columns["train_samples"], np.int64),
            train_purchases=np.asarray(columns["train_purchases"], np.int64),
            text_group=groups(columns["text"]),
            image_group=groups(images),
            class_group=groups(columns["alignment_class"]),
            coarse_group=groups(columns["alignment_coarse_class"]),
        )

    @property
    def size(self) -> int:
        """Number of rows."""
        return len(self.item_ids)

    def alignment_groups(self, rows: np.ndarray) -> np.ndarray:
        """What an alignment donor must differ in: text, image and class, int64 [k, 3] of rows [k]; -1 = has none."""
        return np.stack([self.text_group[rows], self.image_group[rows], self.class_group[rows]], axis=-1)


def groups(values: Sequence[str | None]) -> np.ndarray:
    """int64 [n]: equal where the values are equal, counted in order of appearance; -1 for None and the empty string."""
    number: dict[str, int] = {}
    return np.asarray([number.setdefault(value, len(number)) if value else NONE for value in values], np.int64)


def _strings(values: Sequence[str | None]) -> np.ndarray:
    out = np.empty(len(values), object)
    out[:] = [value or "" for value in values]
    return out


def _image_names(path: str) -> list[str]:
    """What tells an item's image from another's: its path, or a hash of its bytes; empty = no image."""
    names: list[str] = []
    for batch in pq.ParquetFile(path).iter_batches(batch_size=_IMAGE_ROWS, columns=_IMAGES):
        for image_path, image in zip(batch["image_path"].to_pylist(), batch["image_bytes"].to_pylist(), strict=True):
            names.append(f"bytes:{hashlib.blake2b(image).hexdigest()}" if image else image_path or "")
    return names
