"""What the workers leave beside each shard, and how it is put together."""

from __future__ import annotations

import dataclasses
import hashlib
import json
import os
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

_CONTENTS = 1 << 256


@dataclasses.dataclass(frozen=True)
class Parts:
    """All shards of texts, or of images.

    Attributes:
      shards: entries in each shard.
      lengths: int64 [entries], tokens of each text; 1 of each image.
      rows, entries: int64 [k] each: catalogue row and the number of its entry, over all shards.
      faults: catalogue rows that have no entry, with the reason, in row order.
      content: a hash of which row holds what content, however rows and entries are spread over shards.
      work: sums over the shards of what `CachedEncoding.work` says.
    """

    shards: tuple[int, ...]
    lengths: np.ndarray
    rows: np.ndarray
    entries: np.ndarray
    faults: list[dict[str, Any]]
    content: int
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
    digests: Sequence[bytes],
    rows: Sequence[list[int]],
    faults: list[dict[str, Any]],
    work: Mapping[str, Any],
) -> None:
    """Leaves a note beside a shard: for each entry in order its length and the catalogue rows that share it.

    Args:
      directory: the features'.
      kind: "text" or "image".
      shard: its number.
      lengths: tokens of each entry.
      digests: SHA-256 of the content of each entry.
      rows: catalogue rows of each entry.
      faults: of rows that have no entry.
      work: what `CachedEncoding.work` says.
    """
    note = {"lengths": lengths, "rows": rows, "content": _content(digests, rows), "faults": faults, "work": work}
    with open(_path(directory, kind, shard), "w", encoding="utf-8") as file:
        json.dump(note, file, ensure_ascii=False)


def merge(directory: str, shards: int) -> tuple[Parts, Parts]:
    """Reads and removes the notes of all shards of texts and of images."""
    texts, images = (_merge(directory, kind, shards) for kind in ("text", "image"))
    return texts, images


def content_fingerprint(items: int, texts: Parts, images: Parts) -> str:
    """Hash of which catalogue row has which text and which picture, the same wherever their files lie."""
    return hashlib.sha256(f"{items} {texts.content:x} {images.content:x}".encode()).hexdigest()[:16]


def _merge(directory: str, kind: str, shards: int) -> Parts:
    sizes: list[int] = []
    lengths: list[int] = []
    rows: list[int] = []
    entries: list[int] = []
    faults: list[dict[str, Any]] = []
    work: Counter[str] = Counter()
    content = 0
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
        content = (content + part["content"]) % _CONTENTS
        work.update(part["work"])
    faults.sort(key=lambda fault: fault["row"])
    return Parts(
        shards=tuple(sizes),
        lengths=np.asarray(lengths, np.int64),
        rows=np.asarray(rows, np.int64),
        entries=np.asarray(entries, np.int64),
        faults=faults,
        content=content,
        work=dict(work),
    )


def _content(digests: Sequence[bytes], rows: Sequence[list[int]]) -> int:
    """A sum of hashes, one a row, so that neither order nor shards matter."""
    pairs = (digest + row.to_bytes(8, "little") for digest, shared in zip(digests, rows, strict=True) for row in shared)
    return sum(int.from_bytes(hashlib.sha256(pair).digest(), "little") for pair in pairs) % _CONTENTS


def _path(directory: str, kind: str, shard: int) -> str:
    return os.path.join(directory, f"{kind}-{shard:05d}.part.json")
