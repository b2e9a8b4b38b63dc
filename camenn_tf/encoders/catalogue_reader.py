"""What the encoding reads of a catalogue: texts, images, and whether they changed."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pyarrow.parquet as pq

READ_ROWS = 1024  # a batch of rows may hold as many pictures


def read_columns(shard: str, columns: Sequence[str]) -> Iterator[tuple[Any, ...]]:
    """Rows of one catalogue file, a few at a time."""
    for batch in pq.ParquetFile(shard).iter_batches(batch_size=READ_ROWS, columns=list(columns)):
        values = batch.to_pydict()
        yield from zip(*(values[column] for column in columns), strict=True)


def vocabulary_texts(shards: Iterable[str]) -> Iterator[str]:
    """Texts to learn word pieces from: of all items but the pairs that only judge alignment."""
    for shard in shards:
        for text, split in read_columns(shard, ("text", "alignment_split")):
            if text and split in (None, "", "train"):
                yield text


def catalogue_fingerprint(shards: Iterable[str]) -> str:
    """Hash of all that the encoding reads: texts, image bytes, and path, size and time of image files."""
    digest = hashlib.sha256()
    for shard in shards:
        for row in read_columns(shard, ("row", "text", "alignment_split", "image_path", "image_bytes")):
            *known, path, image = row
            stored = hashlib.sha256(image).hexdigest() if image else None
            digest.update(repr((*known, path, _stat(path), stored)).encode())
    return digest.hexdigest()[:16]


def _stat(path: str | None) -> tuple[int, int] | None:
    if not path or not os.path.exists(path):
        return None
    status = os.stat(path)
    return status.st_size, status.st_mtime_ns
