"""A small prepared dataset, written as the preparation writes it, and features; every value follows a rule."""

from __future__ import annotations

import os
import pathlib

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import tensorflow as tf
from ml_collections import ConfigDict

from camenn_tf.config import default_config
from camenn_tf.dataset.dataset_info import DatasetInfo, FieldInfo, SplitInfo
from camenn_tf.dataset.schema import Field, Schema
from camenn_tf.inputs.batch_pipeline import BatchPipeline
from camenn_tf.inputs.catalogue import Catalogue

FIELDS = (
    Field("user_id", "user"),
    Field("item_id", "item"),
    Field("hour", "context"),
    Field("shop", "item"),
    Field("bought", "cross", kind="numeric"),
)
TEXT_DIM, PATCHES, IMAGE_DIM, MAX_LENGTH = 3, 2, 4, 6

Batch = dict[str, np.ndarray]


class FakeStore:
    """Features that tell the catalogue row: text length row % 4 + 2, states row + 1, patches -(row + 1)."""

    def __init__(self, has_image: np.ndarray) -> None:
        self.has_image = has_image
        self.text_max_length = MAX_LENGTH

    def gather(
        self, rows: np.ndarray, texts: bool = True, images: bool = True
    ) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
        length = np.where(rows < 0, 0, rows % 4 + 2).astype(np.int32)
        real = np.arange(length.max(initial=0) if texts else 0) < length[:, None]
        text = np.where(real, rows[:, None] + 1, 0)[..., None] * np.ones(TEXT_DIM)
        has_image = (rows >= 0) & self.has_image[rows]
        image = np.where(has_image, -(rows + 1), 0)[:, None, None] * np.ones((PATCHES if images else 0, IMAGE_DIM))
        return text.astype(np.float32), length, image.astype(np.float32), has_image


def small_config(**inputs: object) -> ConfigDict:
    """Batches of 16, half of the samples with alignment rows, half of these alone."""
    config = default_config()
    config.inputs.update({"batch_size": 16, "shuffle_buffer": 40, **inputs})
    config.alignment.update({"fraction": 0.5, "warmup_steps": 5, "warmup_batch_size": 12})
    config.evaluate.batch_size = 16
    config.model.history_length = 3
    return config


def write_dataset(directory: pathlib.Path, items: int = 30, samples: int = 100, shard: int = 35) -> DatasetInfo:
    """Item i: text `t<i>` (none for i % 10 == 9), image path `i<i>` (none for i % 10 == 8), class i % 5.

    Items from 24 on do not occur in train. Sample s: target s % 24 in train, s % items elsewhere, s % 5 history items.
    """
    row = np.arange(items)
    pq.write_table(
        pa.table(
            {
                "row": row,
                "item_id": [f"item {number}" for number in row],
                "text": ["" if number % 10 == 9 else f"t{number}" for number in row],
                "image_path": [None if number % 10 == 8 else f"i{number}" for number in row],
                "image_bytes": pa.array([None] * items, pa.binary()),
                "fields": pa.array([[number + 2, number % 3] for number in row], pa.list_(pa.int32())),
                "alignment_class": [str(number % 5) for number in row],
                "alignment_coarse_class": ["odd" if number % 2 else "even" for number in row],
                "alignment_split": pa.array([None] * items, pa.string()),
                "train_samples": (row < 24).astype(np.int64),
                "train_purchases": (row < 24).astype(np.int64),
            }
        ),
        directory / "catalogue-00000-of-00001.parquet",
    )
    splits = {
        "train": _write_split(directory, "train", samples, 24, shard),
        "validation": _write_split(directory, "validation", 20, items, shard),
        "test": _write_split(directory, "test", 40, items, shard),
    }
    fields = tuple(
        FieldInfo(field.name, field.group, field.kind, items + 2, train_counts=f"{field.name}.npy") for field in FIELDS
    )
    for field in fields:
        np.save(directory / str(field.train_counts), np.ones(field.size, np.int64))
    info = DatasetInfo(
        schema=Schema(FIELDS, "shop", "shop"),
        fields=fields,
        history_length=4,
        catalogue_items=items,
        catalogue_shards=("catalogue-00000-of-00001.parquet",),
        splits=splits,
        settings={},
        fingerprint="small",
    )
    info.save(os.fspath(directory))
    return info


def _write_split(directory: pathlib.Path, split: str, samples: int, items: int, shard: int) -> SplitInfo:
    shards = []
    for number, first in enumerate(range(0, samples, shard)):
        name = f"{split}-{number:05d}-of-{-(-samples // shard):05d}.tfrecord"
        end = min(first + shard, samples)
        with tf.io.TFRecordWriter(os.fspath(directory / name)) as writer:
            for sample in range(first, end):
                writer.write(_record(sample, items))
        shards.append((name, end - first))
    return SplitInfo(samples, samples // 2, 0, samples, tuple(shards))


def _record(sample: int, items: int) -> bytes:
    values: dict[str, list[int]] = {
        "sample": [sample],
        "user": [sample % 7],
        "target": [sample % items],
        "history": [(sample + back) % items for back in range(sample % 5)],
        "fields": [sample % 7 + 2, sample % 24, sample % 4],
        "label": [sample % 2],
        "timestamp": [1000 + sample],
        "new_to_user": [sample % 3 == 0],
    }
    feature = {
        name: tf.train.Feature(int64_list=tf.train.Int64List(value=[int(one) for one in value]))
        for name, value in values.items()
    }
    return tf.train.Example(features=tf.train.Features(feature=feature)).SerializeToString()


def small_pipeline(
    directory: pathlib.Path, info: DatasetInfo, config: ConfigDict, split: str = "train", keys: list[str] | None = None
) -> BatchPipeline:
    """The pipeline on a dataset of `write_dataset`; item 5's image cannot be read."""
    catalogue = Catalogue.load(os.fspath(directory))
    has_image = (catalogue.image_group >= 0) & (np.arange(catalogue.size) != 5)
    return BatchPipeline(info, os.fspath(directory), catalogue, FakeStore(has_image), config, split, keys)


def batches(dataset: tf.data.Dataset) -> list[Batch]:
    """Every batch of a dataset, as NumPy arrays."""
    return list(dataset.as_numpy_iterator())
