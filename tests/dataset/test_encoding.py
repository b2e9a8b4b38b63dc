"""Values to embedding rows."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pytest
import tensorflow as tf
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from camenn_tf.dataset.dataset_info import FieldInfo
from camenn_tf.dataset.encoding import FieldEncoder, learn_field, quantile_boundaries, weighted_sketch
from camenn_tf.dataset.schema import Field
from camenn_tf.dataset.statistics import Counts, Sketch

SETTINGS = {"min_count": 2, "numeric_buckets": 4}


def sketch(values: list[float]) -> Sketch:
    return Sketch.of(np.arange(len(values), dtype=np.uint64), np.asarray(values, np.float64))


def numbers(limit: float) -> st.SearchStrategy[float]:
    """Numbers that float32 holds."""
    return st.floats(-limit, limit, width=32, allow_subnormal=False)


@hypothesis_settings(max_examples=60, deadline=None)
@given(st.lists(st.text(max_size=3), max_size=30), st.lists(st.text(max_size=3), max_size=10), st.integers(1, 3))
def test_categorical_rows(train: list[str], other: list[str], least: int) -> None:
    train = [text for text in train if text]
    info, values = learn_field(
        Field("f", "context", min_count=least), Counts.of(pa.array(train, pa.string())), SETTINGS
    )
    frequent = {value for value in train if train.count(value) >= least}
    assert values == sorted(frequent, key=lambda value: (-train.count(value), value))
    assert info.size == len(values) + 2
    column = [text or None for text in other] + train
    got = FieldEncoder(info, values)(pa.array(column, pa.string())).tolist()
    assert got == [0 if v is None else values.index(v) + 2 if v in frequent else 1 for v in column]


@hypothesis_settings(max_examples=60, deadline=None)
@given(st.lists(numbers(1e6), min_size=1, max_size=50), st.lists(numbers(1e7), max_size=10))
def test_numeric_rows(train: list[float], other: list[float]) -> None:
    info, _ = learn_field(Field("f", "context", "numeric"), sketch(train), SETTINGS)
    cuts = info.boundaries or ()
    assert list(cuts) == sorted(set(cuts)) and set(cuts) <= set(train) and len(cuts) <= 3
    column = np.asarray([*train, *other, np.nan])
    got = FieldEncoder(info)(column).tolist()
    assert got == [2 + sum(cut <= value for cut in cuts) for value in column[:-1]] + [0]
    assert max(got) < info.size
    # every bucket holds at least one train value
    assert set(got[: len(train)]) == set(range(2, info.size))


def test_quantiles_by_hand() -> None:
    assert quantile_boundaries(sketch([8, 1, 2, 3, 4, 5, 6, 7]), 4) == (3.0, 5.0, 7.0)
    assert quantile_boundaries(sketch([0, 0, 0, 0, 0, 0, 0, 9]), 4) == ()  # three cuts at 0, the least value
    assert quantile_boundaries(sketch([]), 4) == ()


def test_weighted_sketch_repeats_values() -> None:
    got = weighted_sketch(np.asarray([5.0, 1.0, np.nan, 7.0]), np.asarray([2, 3, 4, 0]))
    assert got.values.tolist() == [1, 1, 1, 5, 5]


def test_given_boundaries_stay() -> None:
    info, _ = learn_field(Field("f", "user", "numeric", boundaries=(1.0, 2.0)), sketch([50.0]), SETTINGS)
    assert FieldEncoder(info)(np.asarray([0.9, 1, 1.5, 2, 99])).tolist() == [2, 3, 3, 4, 4]


def test_numbers_count_as_float32() -> None:
    info = FieldInfo("f", "context", "numeric", size=4, boundaries=(1500000050.0,))
    values = np.asarray([1500000040.0, 1499999872.0, 1500000128.0, np.nan, np.inf, -np.inf, 1e300])
    # Float32 has every 128th number there: boundary and first value are both 1500000000.
    assert FieldEncoder(info)(values).tolist() == [3, 2, 3, 0, 3, 2, 3]


@pytest.mark.parametrize("texts", [["a", None, "苹果", "a"], []])
def test_hashed_rows_are_tensorflows_hash(texts: list[str | None]) -> None:
    info = FieldInfo("f", "user", "hashed", size=2 + 5)
    got = FieldEncoder(info)(pa.array(texts, pa.string())).tolist()
    want = [0 if t is None else 2 + int(tf.strings.to_hash_bucket_fast(t, 5)) for t in texts]
    assert got == want
