"""What the preparation counts over train samples: mergeable, so that workers count parts and any order agrees."""

from __future__ import annotations

import dataclasses
import io
from collections.abc import Iterable
from typing import Any

import numpy as np
import pyarrow as pa

SKETCH_SIZE = 1 << 16


@dataclasses.dataclass(frozen=True)
class Sketch:
    """A uniform sample of values: those whose (distinct) hash keys are smallest. Exact below SKETCH_SIZE values.

    Attributes:
      keys: uint64 [m], rising.
      values: float64 [m].
    """

    keys: np.ndarray
    values: np.ndarray

    @staticmethod
    def of(keys: np.ndarray, values: np.ndarray) -> Sketch:
        """The sketch of values without the missing ones (NaN)."""
        real = ~np.isnan(values)
        keys, values = keys[real], values[real]
        if len(keys) > SKETCH_SIZE:
            smallest = np.argpartition(keys, SKETCH_SIZE)[:SKETCH_SIZE]
            keys, values = keys[smallest], values[smallest]
        order = np.argsort(keys)
        return Sketch(keys[order], values[order])

    @staticmethod
    def merge(parts: Iterable[Sketch]) -> Sketch:
        """The sketch of all values behind the parts."""
        parts = list(parts)
        return Sketch.of(np.concatenate([p.keys for p in parts]), np.concatenate([p.values for p in parts]))


@dataclasses.dataclass(frozen=True)
class Counts:
    """Occurrences of distinct values: strings [m] in their order, int64 [m]."""

    values: pa.StringArray
    counts: np.ndarray

    @staticmethod
    def of(values: pa.Array, counts: np.ndarray | None = None) -> Counts:
        """Counts of a column without its nulls; `counts` int64 weighs each row."""
        weights = np.ones(len(values), np.int64) if counts is None else counts
        table = pa.table({"value": values, "count": weights}).drop_null()
        table = table.group_by("value").aggregate([("count", "sum")]).sort_by("value")
        return Counts(table["value"].combine_chunks(), table["count_sum"].to_numpy())

    @staticmethod
    def merge(parts: Iterable[Counts]) -> Counts:
        """The counts of all columns behind the parts."""
        parts = list(parts)
        return Counts.of(pa.concat_arrays([p.values for p in parts]), np.concatenate([p.counts for p in parts]))


@dataclasses.dataclass(frozen=True)
class Statistics:
    """Of one partition of users, or of all.

    Attributes:
      arrays: int64 sums by name (such as train samples by user and by item).
      orders: uint64 sort keys of the samples, by split.
      sketches: of numeric fields; counts: of other fields; both over train samples.
      ranges: int64 [3, 4] by split: samples, positives, first and last timestamp.
    """

    arrays: dict[str, np.ndarray]
    orders: tuple[np.ndarray, ...]
    sketches: dict[str, Sketch]
    counts: dict[str, Counts]
    ranges: np.ndarray

    @staticmethod
    def merge(parts: Iterable[Statistics]) -> Statistics:
        """The statistics of all partitions together; no order of parts matters."""
        parts = list(parts)
        first = parts[0]
        ranges = np.stack([p.ranges for p in parts])  # [parts, 3, 4]
        return Statistics(
            arrays={name: sum(p.arrays[name] for p in parts[1:]) + first.arrays[name] for name in first.arrays},
            orders=tuple(np.sort(np.concatenate([p.orders[k] for p in parts])) for k in range(len(first.orders))),
            sketches={name: Sketch.merge(p.sketches[name] for p in parts) for name in first.sketches},
            counts={name: Counts.merge(p.counts[name] for p in parts) for name in first.counts},
            ranges=np.concatenate([ranges[:, :, :2].sum(0), ranges[:, :, 2:3].min(0), ranges[:, :, 3:].max(0)], axis=1),
        )

    def to_bytes(self) -> bytes:
        """The form that `from_bytes` reads (an npz archive without pickled objects)."""
        out: dict[str, Any] = {f"array/{name}": value for name, value in self.arrays.items()}
        out |= {f"order/{k}": keys for k, keys in enumerate(self.orders)}
        for name, sketch in self.sketches.items():
            out[f"sketch/{name}/keys"], out[f"sketch/{name}/values"] = sketch.keys, sketch.values
        for name, counts in self.counts.items():
            sink = pa.BufferOutputStream()
            table = pa.record_batch([counts.values], names=["value"])
            with pa.ipc.new_stream(sink, table.schema) as writer:
                writer.write(table)
            out[f"counts/{name}/values"] = np.frombuffer(sink.getvalue(), np.uint8)
            out[f"counts/{name}/counts"] = counts.counts
        buffer = io.BytesIO()
        np.savez(buffer, allow_pickle=False, ranges=self.ranges, **out)
        return buffer.getvalue()

    @staticmethod
    def from_bytes(data: bytes) -> Statistics:
        """Reads what `to_bytes` made."""
        with np.load(io.BytesIO(data), allow_pickle=False) as saved:
            values = {name: saved[name] for name in saved.files}
        sketches = {
            name.removeprefix("sketch/").removesuffix("/keys"): Sketch(
                keys, values[name.removesuffix("keys") + "values"]
            )
            for name, keys in values.items()
            if name.startswith("sketch/") and name.endswith("/keys")
        }
        counts = {}
        for name in values:
            if name.startswith("counts/") and name.endswith("/values"):
                column = pa.ipc.open_stream(values[name].tobytes()).read_all()["value"].combine_chunks()
                key = name.removeprefix("counts/").removesuffix("/values")
                counts[key] = Counts(column, values[f"counts/{key}/counts"])
        return Statistics(
            arrays={name.removeprefix("array/"): v for name, v in values.items() if name.startswith("array/")},
            orders=tuple(values[f"order/{k}"] for k in range(sum(name.startswith("order/") for name in values))),
            sketches=sketches,
            counts=counts,
            ranges=values["ranges"],
        )
