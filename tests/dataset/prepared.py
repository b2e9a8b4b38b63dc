"""Reads a prepared dataset back for the tests."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import tensorflow as tf

from camenn_tf.dataset.dataset_info import load_dataset_info
from camenn_tf.dataset.records import parse_samples


def samples(directory: str, split: str) -> dict[str, np.ndarray]:
    """All samples of a split in file order, as `parse_samples` gives them."""
    info = load_dataset_info(directory)
    files = [str(Path(directory) / name) for name, _ in info.splits[split].shards]
    records = list(tf.data.TFRecordDataset(files).as_numpy_iterator()) if files else []
    parsed = parse_samples(tf.constant(records, tf.string), info.history_length, len(info.sample_fields))
    return {name: tensor.numpy() for name, tensor in parsed.items()}


def catalogue(directory: str) -> list[dict[str, Any]]:
    """The rows of the catalogue."""
    info = load_dataset_info(directory)
    tables = [pq.read_table(str(Path(directory) / name)) for name in info.catalogue_shards]
    rows: list[dict[str, Any]] = pa.concat_tables(tables).to_pylist()
    return rows
