"""A run over a shop of twelve items: tables, dataset, features, and a model that was never trained."""

from __future__ import annotations

import dataclasses
import datetime
import json
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from ml_collections import ConfigDict

from camenn_tf.config import default_config
from camenn_tf.dataset.dataset_info import load_dataset_info
from camenn_tf.dataset.preparation import prepare
from camenn_tf.encoders.encoding import encode_dataset
from camenn_tf.encoders.factory import load_encoders
from camenn_tf.encoders.features_info import load_features_info
from camenn_tf.models import MODELS
from camenn_tf.training.run import fingerprints, model_spec
from camenn_tf.training.run_directory import RunDirectory
from tests.serving.small_shop import picture

WORDS = ["red apple", "brown bread", "chai tea", "golden pear", "blue fish", "green leek"]
SCHEMA = {
    "fields": [
        {"name": "user_id", "group": "user"},
        {"name": "age", "group": "user", "kind": "numeric"},
        {"name": "item_id", "group": "item"},
        {"name": "price", "group": "item", "kind": "numeric", "boundaries": [3.0, 6.5]},
        {"name": "shop", "group": "item", "kind": "hashed", "buckets": 5},
        {"name": "hour", "group": "context"},
        {"name": "seen", "group": "cross", "kind": "numeric"},
    ]
}
ITEMS, SET_ASIDE, USERS, EVENTS = 12, 6, 6, 240


@dataclasses.dataclass(frozen=True)
class SmallRun:
    """Where the run's parts lie, and the tables as columns."""

    tables: Path
    dataset: Path
    features: Path
    run: Path
    items: dict[str, list[Any]]
    users: dict[str, list[Any]]
    events: dict[str, list[Any]]

    @property
    def truth(self) -> Path:
        return self.tables / "truth"


_MADE: list[SmallRun] = []


def shared_small_run(factory: pytest.TempPathFactory) -> SmallRun:
    """The run, made once for all tests of a session: they may add files to it, but change none."""
    if not _MADE:
        _MADE.append(make_small_run(factory.mktemp("small_run")))
    return _MADE[0]


def make_small_run(directory: Path) -> SmallRun:
    """Writes everything that evaluation and export read."""
    tables, dataset, features, run = (directory / name for name in ("tables", "dataset", "features", "run"))
    items, users, events = write_tables(tables)
    config = small_config()
    options = PipelineOptions([])
    prepare(str(tables), str(dataset), config.prepare, options)
    encode_dataset(str(dataset), str(features), config.encode.to_dict(), options)
    sources = {"dataset": str(dataset), "features": str(features), **fingerprints(str(dataset), str(features))}
    opened = RunDirectory(str(run))
    opened.create_or_open(config, sources)
    keras.utils.set_random_seed(5)
    text, image = load_encoders(str(features))
    info = load_dataset_info(str(dataset))
    spec = model_spec(config, info, str(dataset), load_features_info(str(features)), text, image)
    model = MODELS["camenn"](config, spec)
    random = np.random.default_rng(3)
    # Weights far enough from 0 that every input changes the scores.
    model.set_weights([weight + random.normal(0, 0.3, weight.shape) for weight in model.get_weights()])
    opened.save_best_weights(model)
    return SmallRun(tables, dataset, features, run, items, users, events)


def small_config() -> ConfigDict:
    """The smallest model that has all parts."""
    config = default_config()
    config.prepare.update({"history_length": 3, "max_fault_share": 1.0, "min_count": 1, "numeric_buckets": 4})
    config.model.update({"embedding_size": 8, "num_heads": 2, "num_experts": 2, "experts_per_task": 1})
    config.model.history_length = 3
    config.encode.text.update({"vocabulary_size": 120, "dim": 8, "heads": 2, "max_pieces": 6})
    config.encode.image.update({"grid": 2, "patch_size": 8, "dim": 8})
    config.evaluate.batch_size = 16
    return config


def write_tables(directory: Path) -> tuple[dict[str, list[Any]], dict[str, list[Any]], dict[str, list[Any]]]:
    """Items (the last six set aside for alignment), users and events of the shop, and its truth."""
    random = np.random.default_rng(11)
    (directory / "images").mkdir(parents=True)
    (directory / "truth").mkdir()
    (directory / "schema.json").write_text(json.dumps(SCHEMA))
    count = ITEMS + SET_ASIDE
    for row in range(count):
        data = picture((int(random.integers(256)), 10 * row, 250 - 10 * row))
        (directory / "images" / f"{row}.jpg").write_bytes(data)
    items: dict[str, list[Any]] = {
        "item_id": [f"i{row}" for row in range(count)],
        "text": [f"{WORDS[row % 6]} {row}" if row != 4 else "" for row in range(count)],
        "image": [f"images/{row}.jpg" if row != 5 else "" for row in range(count)],
        "price": [float(row) if row != 3 else None for row in range(count)],
        "shop": [f"shop {row % 4}" if row % 5 else None for row in range(count)],
        "alignment_split": [""] * ITEMS + ["test"] * SET_ASIDE,
    }
    users: dict[str, list[Any]] = {
        "user_id": [f"u{row}" for row in range(USERS)],
        "age": [20.0, 31.5, None, 40, 55, 63],
    }
    start = int(datetime.datetime(2024, 3, 1, tzinfo=datetime.UTC).timestamp())
    events: dict[str, list[Any]] = {
        "user_id": [f"u{int(random.integers(USERS))}" for _ in range(EVENTS)],
        "item_id": [f"i{int(random.integers(ITEMS))}" for _ in range(EVENTS)],
        "timestamp": [start + 3600 * row for row in range(EVENTS)],
        "label": [int(random.integers(3) == 0) for _ in range(EVENTS)],
        "hour": [str(row % 24) if row % 7 else None for row in range(EVENTS)],
        "seen": [float(random.integers(9)) for _ in range(EVENTS)],
    }
    for name, columns in (("items", items), ("users", users), ("events", events)):
        pq.write_table(pa.table(columns), directory / f"{name}.parquet")
    dirty = [row % 3 == 0 for row in range(count)]
    pq.write_table(pa.table({"item_id": items["item_id"], "dirty": dirty}), directory / "truth" / "items.parquet")
    chance = [0.2 + 0.6 * label for label in events["label"]]
    pq.write_table(pa.table({"probability": chance}), directory / "truth" / "events.parquet")
    return items, users, events
