"""Statistics merge to the same whatever the parts."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest

from camenn_tf.dataset import statistics
from camenn_tf.dataset.statistics import Counts, Sketch, Statistics


def test_sketch_keeps_the_smallest_keys_however_it_is_cut(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statistics, "SKETCH_SIZE", 3)
    keys, values = np.asarray([9, 1, 7, 3, 5], np.uint64), np.asarray([9.0, np.nan, 7.0, 3.0, 5.0])
    whole = Sketch.of(keys, values)
    assert whole.keys.tolist() == [3, 5, 7] and whole.values.tolist() == [3, 5, 7]
    parts = Sketch.merge([Sketch.of(keys[3:], values[3:]), Sketch.of(keys[:3], values[:3])])
    assert parts.keys.tolist() == whole.keys.tolist() and parts.values.tolist() == whole.values.tolist()


def test_counts_merge_and_weigh() -> None:
    first = Counts.of(pa.array(["b", "a", None, "b"]))
    second = Counts.of(pa.array(["c", "b"]), np.asarray([5, 10]))
    merged = Counts.merge([second, first])
    assert merged.values.to_pylist() == ["a", "b", "c"] and merged.counts.tolist() == [1, 12, 5]


def part(number: int) -> Statistics:
    return Statistics(
        arrays={"train_samples": np.asarray([number, 0])},
        orders=(np.asarray([number], np.uint64), np.zeros(0, np.uint64), np.zeros(0, np.uint64)),
        sketches={"x": Sketch.of(np.asarray([number], np.uint64), np.asarray([number / 2]))},
        counts={"c": Counts.of(pa.array(["é", str(number)]))},
        ranges=np.asarray([[1, number % 2, number, number], [0, 0, 9, -9], [0, 0, 9, -9]]),
    )


def test_merge_and_round_trip() -> None:
    merged = Statistics.merge([part(3), part(2), part(8)])
    again = Statistics.from_bytes(merged.to_bytes())
    assert again.arrays["train_samples"].tolist() == [13, 0]
    assert [keys.tolist() for keys in again.orders] == [[2, 3, 8], [], []]
    assert again.sketches["x"].values.tolist() == [1, 1.5, 4]
    assert dict(zip(again.counts["c"].values.to_pylist(), again.counts["c"].counts, strict=True)) == {
        "2": 1, "3": 1, "8": 1, "é": 3,
    }  # fmt: skip
    assert again.ranges.tolist() == [[3, 1, 2, 8], [0, 0, 9, -9], [0, 0, 9, -9]]
