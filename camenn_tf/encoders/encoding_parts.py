"""What the workers leave beside each shard, and how it is put together."""

from __future__ import annotations

import dataclasses
import json
import os
from collections import Counter
from collections.abc import Mapping
from typing import Any

import numpy as np


@dataclasses.dataclass(frozen=True)
class Parts:
    """All shards of texts, or of images.

    Attributes:
      shards: entries in each shard.
      lengths: int64 [entries], tokens of each text; 1 of each image.
      rows, entries: int64 [k] each: catalogue row and the number of its entry, over all shards.
      faults: catalogue rows that have no entry, with the reason, in row order.
      work: sums over the shards of what `CachedEncoding.work` says.
    """

    shards: tuple[int, ...]
    lengths: np.ndarray
    rows: np.ndarray
    entries: np.ndarray
    faults: list[dict[str, Any]]
    work: dict[str, Any]

    def numbers(self, items: int) -> np.ndarray:
        """int64 [items]: the number of each catalogue row's entry, -1 = none."""
        out = np.full(items, -1, np.int64)
        out[self.rows] = self.entries
        return out


def write_part(
    directory: str,
    kind: str,
    shard: int,
    lengths: list[int],
    rows: list[list[int]],
    faults: list[dict[str, Any]],
    work: Mapping[str, Any],
) -> None:
    """Leaves a note beside a shard: for each entry in order its length and the catalogue rows that share it."""
    note = {"lengths": lengths, "rows": rows, "faults": faults, "work": work}
    with open(_path(directory, kind, shard), "w", encoding="utf-8") as file:
        json.dump(note, file, ensure_ascii=False)


def merge(directory: str, shards: int) -> tuple[Parts, Parts]:
    """Reads and removes the notes of all shards of texts and of images."""
    texts, images = (_merge(directory, kind, shards) for kind in ("text", "image"))
    return texts, images


def _merge(directory: str, kind: str, shards: int) -> Parts:
    sizes: list[int] = []
    lengths: list[int] = []
    rows: list[int] = []
    entries: list[int] = []
    faults: list[dict[str, Any]] = []
    work: Counter[str] = Counter()
    for shard in range(shards):
        with open(_path(directory, kind, shard), encoding="utf-8") as file:
            part = json.load(file)
        os.remove(_path(directory, kind, shard))
        for entry, shared in enumerate(part["rows"], len(lengths)):
            rows += shared
            entries += [entry] * len(shared)
        lengths += part["lengths"]
        sizes.append(len(part["lengths"]))
        faults += part["faults"]
        work.update(part["work"])
    faults.sort(key=lambda fault: fault["row"])
    return Parts(
        shards=tuple(sizes),
        lengths=np.asarray(lengths, np.int64),
        rows=np.asarray(rows, np.int64),
        entries=np.asarray(entries, np.int64),
        faults=faults,
        work=dict(work),
    )


def _path(directory: str, kind: str, shard: int) -> str:
    return os.path.join(directory, f"{kind}-{shard:05d}.part.json")
