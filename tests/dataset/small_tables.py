"""A generated shop's tables for the preparation's tests, written as Parquet or CSV, whole or sharded."""

from __future__ import annotations

import json
import random
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
from apache_beam.options.pipeline_options import PipelineOptions
from ml_collections import ConfigDict
from PIL import Image

from camenn_tf.config import default_config

IN_PROCESS = PipelineOptions(["--runner=FnApiRunner"])
Rows = dict[str, list[Any]]

SCHEMA: dict[str, Any] = {
    "alignment_class": "kind",
    "fields": [
        {"name": "user_id", "group": "user"},
        {"name": "age", "group": "user", "kind": "numeric", "boundaries": [30, 50]},
        {"name": "item_id", "group": "item"},
        {"name": "kind", "group": "item"},
        {"name": "price", "group": "item", "kind": "numeric"},
        {"name": "hour", "group": "context"},
        {"name": "temperature", "group": "context", "kind": "numeric"},
        *(
            {
                "name": f"{statistic}_{by}_{days}",
                "group": "cross",
                "kind": "numeric",
                "cross": {"statistic": statistic, "by": by, "window_days": days},
            }
            for statistic in ("count", "recency")
            for by in ("item_id", "kind", "price")
            for days in (None, 2)
        ),
    ],
}


def settings(**values: Any) -> ConfigDict:
    """The `prepare` section with these values."""
    section = default_config().prepare
    section.update(values)
    return section


def shop(events: int = 900, seed: int = 7) -> dict[str, Rows]:
    """Rows of the three tables: 12 users, 20 items (some without kind), sessions of a few events, some history only."""
    draw = random.Random(seed)
    items: Rows = {
        "item_id": [f"i{k}" for k in range(20)],
        "text": [f'苹果, "{k}"\n红' for k in range(20)],
        "image": ["a.png" if k % 3 else "" for k in range(20)],
        "kind": [f"kind {k % 5}" if k != 7 else "" for k in range(20)],
        "price": [float(k % 4) if k != 9 else None for k in range(20)],
    }
    users: Rows = {"user_id": [100 + k for k in range(12)], "age": [None if k == 3 else 20 + 4 * k for k in range(12)]}
    rows: Rows = {name: [] for name in ("user_id", "item_id", "timestamp", "label", "session_id", "history_only")}
    rows |= {"hour": [], "temperature": []}
    sessions = [(draw.randrange(12), 1_700_000_000 + draw.randrange(200) * 7200) for _ in range(events // 3)]
    for _ in range(events):
        number = draw.randrange(len(sessions))
        user, start = sessions[number]
        rows["user_id"].append(100 + user)
        rows["item_id"].append(f"i{int(20 * draw.random() ** 2)}")
        rows["timestamp"].append(start + draw.choice([0, 0, 3600, 7200, 14400]))
        rows["label"].append(int(draw.random() < 0.4))
        rows["session_id"].append(f"s{number}" if number % 4 else "")
        rows["history_only"].append(int(draw.random() < 0.15))
        rows["hour"].append(str(draw.randrange(6)) if draw.random() < 0.9 else "")
        rows["temperature"].append(round(draw.gauss(20, 5), 3) if draw.random() < 0.9 else None)
    return {"items": items, "users": users, "events": rows}


def write_tables(
    directory: Path,
    tables: dict[str, Rows],
    schema: dict[str, Any] | None = None,
    form: str = "parquet",
    shards: int = 0,
) -> str:
    """Writes tables, their schema and one picture; `shards` splits the events. Returns the directory."""
    directory.mkdir(parents=True, exist_ok=True)
    (directory / "schema.json").write_text(json.dumps(schema or SCHEMA), encoding="utf-8")
    Image.new("RGB", (8, 8), "red").save(directory / "a.png")
    for name, rows in tables.items():
        table = pa.table(rows)
        if name != "events" or not shards:
            _write(table, directory / f"{name}.{form}")
            continue
        size = -(-len(table) // shards)
        for number in range(shards):
            _write(table.slice(number * size, size), directory / f"{name}-{number:05d}-of-{shards:05d}.{form}")
    return str(directory)


def _write(table: pa.Table, path: Path) -> None:
    if path.suffix == ".csv":
        pa_csv.write_csv(table, path)
    else:
        pq.write_table(table, path, row_group_size=250)
