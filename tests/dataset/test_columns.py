"""Cells to typed values, whatever the column's type."""

from __future__ import annotations

import datetime

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from camenn_tf.dataset import columns
from camenn_tf.dataset.columns import BadCellError

NAIVE = datetime.datetime(1970, 1, 1)


@hypothesis_settings(max_examples=100, deadline=None)
@given(st.datetimes(NAIVE, datetime.datetime(2100, 1, 1)), st.integers(-14 * 60, 14 * 60), st.sampled_from("T "))
def test_iso_times(time: datetime.datetime, offset: int, between: str) -> None:
    utc = time.replace(tzinfo=datetime.UTC)
    seconds = int((time.replace(microsecond=0) - NAIVE).total_seconds())
    shifted = utc.astimezone(datetime.timezone(datetime.timedelta(minutes=offset)))
    texts = [time.isoformat(between), shifted.isoformat(between), utc.isoformat().replace("+00:00", "Z"), str(seconds)]
    assert columns.timestamps(pa.array(texts)).tolist() == [seconds] * 4


@pytest.mark.parametrize(
    "column",
    [
        pa.array([1700000000, 5]),
        pa.array([1700000000.7, 5.0]),
        pa.array(["2023-11-14T22:13:20", "5"]),
        pa.array([b"1700000000", b" 5 "]),
        pa.array([1700000000_000, 5_999], pa.timestamp("ms")),
        pa.array([1700000000, 5], pa.timestamp("s", tz="Asia/Shanghai")),
        pa.array(["1700000000", "5"]).dictionary_encode(),
    ],
)
def test_every_type_of_timestamp(column: pa.Array) -> None:
    assert columns.timestamps(column).tolist() == [1700000000, 5]


@pytest.mark.parametrize("bad", ["yesterday", "2024-13-01", "", "1700000000000"])
def test_first_bad_timestamp_is_named(bad: str) -> None:
    with pytest.raises(BadCellError) as caught:
        columns.timestamps(pa.array(["1", "2024-01-01", bad, "1", bad]))
    assert (caught.value.row, caught.value.value) == (2, bad)


@pytest.mark.parametrize("cells", [[20240115, 19991231, 20240101], [20240229, 20240230]])
@pytest.mark.parametrize("kind", [pa.int64(), pa.float64(), pa.string(), pa.binary()])
def test_dates_without_dashes_are_refused(cells: list[int], kind: pa.DataType) -> None:
    with pytest.raises(BadCellError, match=r"looks like a date, .* write 2024-0[12]-(15|29)") as caught:
        columns.timestamps(pa.array(cells).cast(pa.string()).cast(kind))
    assert (caught.value.row, str(caught.value.value).strip("b'").removesuffix(".0")) == (0, str(cells[0]))


@pytest.mark.parametrize("cells", [[1700000000, 20240115], [20240115, 20241301], [20240115, 20240132], [18991231], [0]])
@pytest.mark.parametrize("kind", [pa.int64(), pa.string()])
def test_seconds_that_are_no_dates_are_kept(cells: list[int], kind: pa.DataType) -> None:
    assert columns.timestamps(pa.array(cells).cast(kind)).tolist() == cells
    assert columns.timestamps(pa.array([], kind)).tolist() == []


def test_iso_times_of_seconds_that_look_like_dates() -> None:
    """Both lie in August 1970."""
    texts = ["1970-08-23T06:08:35", "20240101"]
    assert columns.timestamps(pa.array(texts)).tolist() == [20239715, 20240101]
    assert columns.timestamps(pa.array(texts[:1])).tolist() == [20239715]
    assert columns.timestamps(pa.array([20240101], pa.timestamp("s"))).tolist() == [20240101]


@pytest.mark.parametrize("kind", [pa.float16(), pa.float32(), pa.float64()])
def test_a_number_that_is_none_is_a_gap(kind: pa.DataType) -> None:
    assert columns.texts(pa.array(np.asarray([1, np.nan, 3], kind.to_pandas_dtype()))).to_pylist() == ["1", None, "3"]
    half = np.asarray([1.5, np.nan, 2], kind.to_pandas_dtype())
    assert columns.texts(pa.array(half)).to_pylist() == ["1.5", None, "2"]
    assert columns.flags(pa.array(np.asarray([np.nan, 1], kind.to_pandas_dtype())), missing=0).tolist() == [0, 1]


def test_texts_of_numbers_and_gaps() -> None:
    assert columns.texts(pa.array([1, None, 3])).to_pylist() == ["1", None, "3"]
    assert columns.texts(pa.array([1.0, None, 3.0])).to_pylist() == ["1", None, "3"]
    assert columns.texts(pa.array([1.5, 2.0])).to_pylist() == ["1.5", "2"]
    assert columns.texts(pa.array(["", "x", None])).to_pylist() == [None, "x", None]
    assert columns.texts(pa.nulls(2)).to_pylist() == [None, None]


@hypothesis_settings(max_examples=30, deadline=None)
@given(st.integers(0, 300), st.integers(0, 300))
def test_first_row_that_is_not_utf8(good: int, after: int) -> None:
    cells = ["苹果".encode()] * good + [b"\xff\xfe"] + [b"\xff"] * after
    with pytest.raises(BadCellError) as caught:
        columns.texts(pa.array(cells))
    assert (caught.value.row, caught.value.value) == (good, b"\xff\xfe")


def test_numbers() -> None:
    got = columns.numbers(pa.array(["1.5", "", " 2 ", "nan", "-3e2"]))
    np.testing.assert_equal(got, [1.5, np.nan, 2, np.nan, -300])
    np.testing.assert_equal(columns.numbers(pa.array([True, None])), [1, np.nan])
    with pytest.raises(BadCellError) as caught:
        columns.numbers(pa.array(["1", "2", "three", "4", "five"]))
    assert (caught.value.row, caught.value.value) == (2, "three")


def test_flags() -> None:
    assert columns.flags(pa.array(["0", "1", "true", "False"])).tolist() == [0, 1, 1, 0]
    assert columns.flags(pa.array([0.0, 1.0])).tolist() == [0, 1]
    assert columns.flags(pa.array(["", "1"]), missing=0).tolist() == [0, 1]
    for cells, row in ((["0", "2"], 1), (["0", "", "2"], 1)):
        with pytest.raises(BadCellError) as caught:
            columns.flags(pa.array(cells))
        assert caught.value.row == row
