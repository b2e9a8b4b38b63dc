"""Columns of a table as typed arrays, whether they came from CSV text or from Parquet types; bad cells by row."""

from __future__ import annotations

import datetime
from collections.abc import Callable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

_TRUTH = ("0", "false", "0.0", "1", "true", "1.0")  # first half: no
_LARGEST_SECONDS = 10**11  # the year 5138: what lies beyond are milliseconds


class BadCellError(Exception):
    """A cell that cannot be read: row (0-based, within the column), its value and the reason."""

    def __init__(self, row: int, value: object, reason: str) -> None:
        super().__init__(row, value, reason)
        self.row, self.value, self.reason = row, value, reason


def texts(column: pa.Array) -> pa.StringArray:
    """String column, null where empty or NaN; whole numbers without a decimal point.

    Raises BadCellError if not UTF-8.
    """
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if pa.types.is_null(column.type):
        return pa.nulls(len(column), pa.string())
    if pa.types.is_floating(column.type):
        column = _whole_numbers(pc.if_else(pc.is_nan(column), pa.scalar(None, column.type), column))
    if pa.types.is_integer(column.type) or pa.types.is_floating(column.type) or pa.types.is_boolean(column.type):
        return column.cast(pa.string())
    if not _is_text(column.type):
        raise BadCellError(0, column.type, "is of a type that cannot be read as text")
    raw = column.cast(pa.binary())
    try:
        out = raw.cast(pa.string())
    except pa.ArrowInvalid:
        row = _first_bad(len(raw), lambda rows: raw.slice(0, rows).cast(pa.string()))
        raise BadCellError(row, raw[row].as_py(), "is not UTF-8") from None
    return pc.if_else(pc.equal(out, ""), pa.scalar(None, pa.string()), out)


def numbers(column: pa.Array) -> np.ndarray:
    """float64 [n], NaN where missing. Raises BadCellError at the first cell that is not a number."""
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    if _is_text(column.type) or pa.types.is_null(column.type):
        column = pc.utf8_trim_whitespace(texts(column))
        column = pc.if_else(pc.equal(column, ""), pa.scalar(None, pa.string()), column)
    elif pa.types.is_boolean(column.type):
        column = column.cast(pa.int8())
    try:
        values = column.cast(pa.float64(), safe=False)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
        row = _first_bad(len(column), lambda rows: column.slice(0, rows).cast(pa.float64(), safe=False))
        raise BadCellError(row, column[row].as_py(), "is not a number") from None
    out: np.ndarray = pc.fill_null(values, float("nan")).to_numpy(zero_copy_only=False)
    return out


def flags(column: pa.Array, missing: int | None = None) -> np.ndarray:
    """int8 [n] of 0 and 1 (also true and false); `missing` for empty cells, None = they are errors."""
    codes = pc.index_in(pc.utf8_lower(pc.utf8_trim_whitespace(texts(column))), value_set=pa.array(_TRUTH))
    empty = texts(column).is_null()
    bad = codes.is_null().to_numpy(zero_copy_only=False)
    if missing is not None:
        bad &= ~empty.to_numpy(zero_copy_only=False)
    if bad.any():
        row = int(np.argmax(bad))
        raise BadCellError(row, column[row].as_py(), "is neither 0 nor 1")
    codes = pc.fill_null(codes, len(_TRUTH) if missing else 0)
    return (codes.to_numpy() >= len(_TRUTH) // 2).astype(np.int8)


def timestamps(column: pa.Array) -> np.ndarray:
    """int64 [n] unix seconds of whole seconds, ISO times (UTC unless they name an offset) or Arrow timestamps.

    Raises BadCellError at the first cell that is none of these, or if all are dates written as one number.
    """
    if pa.types.is_dictionary(column.type):
        column = column.dictionary_decode()
    _refuse_nulls(column)
    if pa.types.is_date(column.type):
        column = column.cast(pa.timestamp("s"))
    if pa.types.is_timestamp(column.type):
        units = {"s": 1, "ms": 10**3, "us": 10**6, "ns": 10**9}[column.type.unit]
        seconds: np.ndarray = column.cast(pa.int64()).to_numpy() // units
        return seconds
    if pa.types.is_integer(column.type) or pa.types.is_floating(column.type):
        values = numbers(column)
        seconds = _checked_seconds(values, column)
        _refuse_dates(seconds, column)
        return seconds
    return _parsed_times(texts(column))


def parse_time(value: str) -> int:
    """Unix seconds of unix seconds or an ISO time (UTC unless it names an offset). Raises ValueError."""
    value = value.strip()
    try:
        seconds = float(value)
    except ValueError:
        time = datetime.datetime.fromisoformat(value)
        if time.tzinfo is None:
            time = time.replace(tzinfo=datetime.UTC)
        return int(np.floor(time.timestamp()))
    if not abs(seconds) < _LARGEST_SECONDS:
        raise ValueError(f"{value} does not look like seconds since 1970")
    return int(np.floor(seconds))


def _parsed_times(column: pa.StringArray) -> np.ndarray:
    _refuse_nulls(column)
    coded = column.dictionary_encode()
    values = np.zeros(len(coded.dictionary), np.int64)
    words = coded.dictionary.to_pylist()
    for number, text in enumerate(words):
        try:
            values[number] = parse_time(text)
        except ValueError:  # the dictionary is in order of first occurrence, so this is the first bad row
            row = column.index(text).as_py()
            raise BadCellError(row, text, "is neither unix seconds nor an ISO time") from None
    if all(text.strip().removesuffix(".0").isdigit() for text in words):  # no ISO time among them
        _refuse_dates(values, coded.dictionary)
    return values[coded.indices.to_numpy()]


def _refuse_dates(values: np.ndarray, column: pa.Array) -> None:
    """Raises BadCellError if all values are dates as YYYYMMDD: as seconds, they all lie in August 1970."""
    year, month, day = values // 10000, values // 100 % 100, values % 100
    is_date = (year >= 1900) & (year < 2100) & (month >= 1) & (month <= 12) & (day >= 1) & (day <= 31)
    if len(values) and is_date.all():
        written = f"{year[0]}-{month[0]:02d}-{day[0]:02d}"
        raise BadCellError(
            0,
            column[0].as_py(),
            f"looks like a date, and so do all others, but numbers are seconds since 1970: write {written}",
        )


def _checked_seconds(values: np.ndarray, column: pa.Array) -> np.ndarray:
    bad = ~(np.abs(values) < _LARGEST_SECONDS)
    if bad.any():
        row = int(np.argmax(bad))
        raise BadCellError(row, column[row].as_py(), "is not a time in seconds since 1970")
    return np.floor(values).astype(np.int64)


def _refuse_nulls(column: pa.Array) -> None:
    if column.null_count:
        row = int(np.argmax(column.is_null().to_numpy(zero_copy_only=False)))
        raise BadCellError(row, "", "is an empty timestamp")


def _whole_numbers(column: pa.Array) -> pa.Array:
    """Integers for floats that all are whole, which is how pandas writes whole numbers with gaps."""
    try:
        return column.cast(pa.int64())
    except pa.ArrowInvalid:
        return column


def _is_text(kind: pa.DataType) -> bool:
    return any(
        test(kind)
        for test in (pa.types.is_string, pa.types.is_large_string, pa.types.is_binary, pa.types.is_large_binary)
    )


def _first_bad(rows: int, convert: Callable[[int], object]) -> int:
    """Smallest r for which the first r + 1 rows do not convert (all of them do not)."""
    good, bad = 0, rows
    while bad - good > 1:
        middle = (good + bad) // 2
        try:
            convert(middle)
            good = middle
        except (pa.ArrowInvalid, pa.ArrowNotImplementedError):
            bad = middle
    return good
