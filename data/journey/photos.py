"""The photos of GroceryStoreDataset and which of them belongs to which product."""

from __future__ import annotations

import csv
import dataclasses
import hashlib
import os
from collections.abc import Sequence
from typing import TypeVar

from data.journey.errors import SourceError

HOW_TO_GET = "name the directory made by: git clone https://github.com/marcusklasson/GroceryStoreDataset"
PHOTO_SPLITS = {"train": "train", "validation": "val", "test": "test"}  # ours -> the source's

_Choice = TypeVar("_Choice")


@dataclasses.dataclass(frozen=True)
class Photo:
    """One natural photo: its name in the source (`train/Fruit/...`), absolute path, fine class and coarse class."""

    name: str
    path: str
    photo_class: str
    coarse_class: str


def read_photos(images: str) -> dict[str, list[Photo]]:
    """The photos of each split (train, validation, test), in the source's order.

    Raises SourceError when the directory is not GroceryStoreDataset; the message names the file and how to get it.
    """
    root = os.path.join(os.path.abspath(images), "dataset")
    names = _class_names(os.path.join(root, "classes.csv"))
    return {split: _read_list(root, f"{theirs}.txt", names) for split, theirs in PHOTO_SPLITS.items()}


def choose(options: Sequence[_Choice], *key: object) -> _Choice:
    """One of the options, fixed by a hash of the key alone: the same on every machine and in every run."""
    digest = hashlib.sha256("\x1f".join(map(str, key)).encode()).digest()
    return options[int.from_bytes(digest[:8], "big") % len(options)]


def _class_names(path: str) -> dict[int, tuple[str, str]]:
    """Fine and coarse name of each class."""
    if not os.path.exists(path):
        raise SourceError(f"{path}: not there, so this is not GroceryStoreDataset; {HOW_TO_GET}")
    with open(path, encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    try:
        return {int(row["Class ID (int)"]): (row["Class Name (str)"], row["Coarse Class Name (str)"]) for row in rows}
    except (KeyError, ValueError) as error:
        raise SourceError(f"{path}: no column or number {error}; {HOW_TO_GET}") from error


def _read_list(root: str, name: str, classes: dict[int, tuple[str, str]]) -> list[Photo]:
    path = os.path.join(root, name)
    if not os.path.exists(path):
        raise SourceError(f"{path}: not there; {HOW_TO_GET}")
    photos = []
    with open(path, encoding="utf-8") as file:
        for number, line in enumerate(file, start=1):
            if not line.strip():
                continue
            parts = [part.strip() for part in line.split(",")]
            if len(parts) != 3 or not parts[1].isdigit() or int(parts[1]) not in classes:
                raise SourceError(f"{path}: line {number}: expected 'photo, class, coarse class', got {line.strip()!r}")
            photo = os.path.join(root, *parts[0].split("/"))
            if not os.path.exists(photo):
                raise SourceError(f"{path}: line {number}: {photo} is not there; {HOW_TO_GET}")
            photos.append(Photo(parts[0], photo, *classes[int(parts[1])]))
    return photos
