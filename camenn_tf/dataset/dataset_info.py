"""`dataset.json`: everything a reader of a prepared dataset needs to know, without opening a record."""

from __future__ import annotations

import dataclasses
import json
import os
from typing import Any

import numpy as np

from camenn_tf.dataset.schema import FIRST_VALUE_ID, Schema, schema_from_json
from camenn_tf.errors import UserError

FILE_NAME = "dataset.json"
FORMAT = 3
SPLITS = ("train", "validation", "test")


@dataclasses.dataclass(frozen=True)
class FieldInfo:
    """What the preparation learnt of one field.

    Attributes:
      name, group, kind: as in the schema.
      size: number of embedding rows (ids are 0 <= id < size).
      boundaries: cut points of a numeric field; value v has id 2 + (number of boundaries <= v), both
        as float32 (`single`).
      vocabulary: file with the JSON list of a categorical field's values, value number i has id 2 + i; relative path.
      train_counts: file with the number of train samples that each embedding row occurs in; relative path.
    """

    name: str
    group: str
    kind: str
    size: int
    boundaries: tuple[float, ...] | None = None
    vocabulary: str | None = None
    train_counts: str | None = None

    def load_vocabulary(self, directory: str) -> list[str]:
        """The values of a categorical field, in id order."""
        if self.vocabulary is None:
            return []
        with open(os.path.join(directory, self.vocabulary), encoding="utf-8") as file:
            values: list[str] = json.load(file)
        if len(values) + FIRST_VALUE_ID != self.size:
            raise ValueError(f"{self.vocabulary}: {len(values)} values, but dataset.json says {self.size} rows")
        return values

    def load_train_counts(self, directory: str) -> np.ndarray:
        """In how many train samples each embedding row occurs, in a bought item or elsewhere: int64 [size]."""
        if self.train_counts is None:
            raise ValueError(f"field '{self.name}' has no train counts")
        counts: np.ndarray = np.load(os.path.join(directory, self.train_counts), allow_pickle=False)
        if counts.shape != (self.size,):
            raise ValueError(f"{self.train_counts}: shape {counts.shape}, but dataset.json says {self.size} rows")
        return counts


@dataclasses.dataclass(frozen=True)
class SplitInfo:
    """One split: its record files in order, with the number of samples in each (all shards but the last are equal)."""

    samples: int
    positives: int
    first_timestamp: int
    last_timestamp: int
    shards: tuple[tuple[str, int], ...]


@dataclasses.dataclass(frozen=True)
class DatasetInfo:
    """`dataset.json`.

    Attributes:
      schema: the schema the dataset was prepared with.
      fields: one entry a schema field, in schema order.
      history_length: most items in a record's history.
      catalogue_items, catalogue_shards: rows and Parquet files (in row order) of the catalogue.
      splits: by name.
      settings: the `prepare` section of the run's configuration.
      fingerprint: hash of all that was written; features and runs name it.
    """

    schema: Schema
    fields: tuple[FieldInfo, ...]
    history_length: int
    catalogue_items: int
    catalogue_shards: tuple[str, ...]
    splits: dict[str, SplitInfo]
    settings: dict[str, Any]
    fingerprint: str

    def info(self, name: str) -> FieldInfo:
        """The entry of one field."""
        return next(field for field in self.fields if field.name == name)

    @property
    def sample_fields(self) -> tuple[FieldInfo, ...]:
        """As `Schema.sample_fields`: the columns of `fields` [B, Fb]."""
        return tuple(self.info(field.name) for field in self.schema.sample_fields)

    @property
    def item_fields(self) -> tuple[FieldInfo, ...]:
        """As `Schema.item_fields`: the columns of `items_fields` [U, Fi]."""
        return tuple(self.info(field.name) for field in self.schema.item_fields)

    def save(self, directory: str) -> None:
        """Writes `dataset.json` into the directory."""
        data = {"format": FORMAT, **dataclasses.asdict(self), "schema": self.schema.to_json()}
        with open(os.path.join(directory, FILE_NAME), "w", encoding="utf-8") as file:
            json.dump(data, file, ensure_ascii=False, indent=1)
            file.write("\n")


def load_dataset_info(directory: str) -> DatasetInfo:
    """Reads `dataset.json`. Raises UserError when it is of another format, FileNotFoundError when it is not there."""
    path = os.path.join(directory, FILE_NAME)
    if not os.path.exists(path):
        raise FileNotFoundError(f"{path}: not there; make it with python -m camenn_tf.prepare")
    with open(path, encoding="utf-8") as file:
        data = json.load(file)
    found = data.pop("format", None)
    if found != FORMAT:
        raise UserError(
            f"{path}: written in format {found}, this version reads format {FORMAT}; prepare the dataset again "
            "(python -m camenn_tf.prepare with the same flags and --overwrite)"
        )
    fields = [FieldInfo(**{**entry, "boundaries": _tuple(entry["boundaries"])}) for entry in data["fields"]]
    splits = {
        name: SplitInfo(**{**entry, "shards": tuple((str(file), int(n)) for file, n in entry["shards"])})
        for name, entry in data["splits"].items()
    }
    return DatasetInfo(
        schema=schema_from_json(data["schema"], where=path),
        fields=tuple(fields),
        history_length=data["history_length"],
        catalogue_items=data["catalogue_items"],
        catalogue_shards=tuple(data["catalogue_shards"]),
        splits=splits,
        settings=data["settings"],
        fingerprint=data["fingerprint"],
    )


def _tuple(values: list[float] | None) -> tuple[float, ...] | None:
    return None if values is None else tuple(values)
