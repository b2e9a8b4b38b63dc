"""A prepared dataset that has only what the encoding reads."""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from camenn_tf.dataset.dataset_info import DatasetInfo
from camenn_tf.dataset.schema import Schema

COLUMNS = {
    "row": pa.int64(),
    "item_id": pa.string(),
    "text": pa.string(),
    "image_path": pa.string(),
    "image_bytes": pa.binary(),
    "fields": pa.list_(pa.int32()),
    "alignment_class": pa.string(),
    "alignment_coarse_class": pa.string(),
    "alignment_split": pa.string(),
    "train_samples": pa.int64(),
    "train_purchases": pa.int64(),
}


def write_dataset(
    directory: str, items: Sequence[dict[str, Any]], shards: int = 1, fingerprint: str = "prepared"
) -> None:
    """Writes `dataset.json` and a catalogue of these items (text, image_path, image_bytes, alignment_split)."""
    os.makedirs(directory, exist_ok=True)
    rows = [
        {"row": row, "item_id": f"i{row}", "fields": [], "train_samples": 0, "train_purchases": 0, **item}
        for row, item in enumerate(items)
    ]
    names = tuple(f"catalogue-{number:05d}-of-{shards:05d}.parquet" for number in range(shards))
    each = -(-len(rows) // shards)
    for number, name in enumerate(names):
        part = rows[number * each : (number + 1) * each]
        table = pa.table({key: pa.array([row.get(key) for row in part], kind) for key, kind in COLUMNS.items()})
        pq.write_table(table, os.path.join(directory, name))
    DatasetInfo(
        schema=Schema(fields=()),
        fields=(),
        history_length=1,
        catalogue_items=len(rows),
        catalogue_shards=names,
        splits={},
        settings={},
        fingerprint=fingerprint,
    ).save(directory)
