"""Files of the tables (Parquet or CSV, one or sharded) and their rows in batches, in a stable order."""

from __future__ import annotations

import csv
import dataclasses
import glob
import io
import os
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa
import pyarrow.csv as pa_csv
import pyarrow.parquet as pq
from apache_beam.io.filesystem import CompressionTypes
from apache_beam.io.filesystems import FileSystems

from camenn_tf.dataset.columns import BadCellError
from camenn_tf.dataset.csv_quotes import QuoteChecked, QuoteError
from camenn_tf.errors import UserError

SUFFIXES = (".parquet", ".csv")
_CSV_BLOCK = 16 << 20  # bytes read at a time
_BATCH_ROWS = 1 << 16
MAX_MESSAGE_VALUE = 80  # characters of a bad value that an error shows


class TableError(UserError):
    """A table that cannot be used; the message names file, column and first bad row (row 1 = first row of data)."""


@dataclasses.dataclass(frozen=True)
class Piece:
    """A part of a table that is read by one worker: a CSV file or a row group of a Parquet file."""

    path: str
    row_group: int  # -1: all of a CSV file
    first_row: int  # of the piece, within its file


def table_files(directory: str, name: str) -> list[str]:
    """The files of a table in row order: `name.parquet`, `name.csv` or `name-*` of one of them. Raises TableError."""
    found: dict[str, list[str]] = {}
    for suffix in SUFFIXES:
        for pattern in (f"{name}{suffix}", f"{name}-*{suffix}"):
            matched = _match(directory, pattern)
            if matched:
                found[pattern] = sorted(matched)
    if not found:
        raise TableError(f"{directory}: no table '{name}': expected {name}.parquet, {name}.csv, or shards {name}-*")
    if len(found) > 1:
        raise TableError(f"{directory}: more than one table '{name}' ({', '.join(sorted(found))}); leave one")
    return next(iter(found.values()))


def _match(directory: str, pattern: str) -> list[str]:
    if "://" in directory:
        return [entry.path for entry in FileSystems.match([FileSystems.join(directory, pattern)])[0].metadata_list]
    # Beam would take [, * and ? in the directory's name for a pattern, too
    return [path for path in glob.glob(os.path.join(glob.escape(directory), pattern)) if os.path.isfile(path)]


def open_file(path: str) -> Any:
    """A seekable binary reader of a file on any of Beam's file systems."""
    return FileSystems.open(path, compression_type=CompressionTypes.UNCOMPRESSED)


def column_names(path: str) -> list[str]:
    """Names of a file's columns. Raises TableError if the file cannot be read at all."""
    try:
        with open_file(path) as file:
            if path.endswith(".parquet"):
                return list(pq.read_schema(file).names)
            with _open_csv(QuoteChecked(file, _CSV_BLOCK), [], []) as reader:
                return list(reader.schema.names)
    except QuoteError as fault:
        raise _quote_error(path, fault) from None
    except pa.ArrowInvalid as error:
        empty = "is empty, not even a header, or a quote in its header is never closed"
        reason = empty if "Empty CSV" in str(error) else f"cannot be read: {error}"
        raise TableError(f"{path}: {reason}") from error
    except UnicodeDecodeError as error:
        raise TableError(f"{path}: the header is not UTF-8 ({error})") from error


def pieces(path: str) -> list[Piece]:
    """The parts of a file that workers read on their own."""
    if not path.endswith(".parquet"):
        return [Piece(path, -1, 0)]
    with open_file(path) as file:
        meta = pq.ParquetFile(file).metadata
    out, row = [], 0
    for group in range(meta.num_row_groups):
        out.append(Piece(path, group, row))
        row += meta.row_group(group).num_rows
    return out


def batches(piece: Piece, columns: Sequence[str]) -> Iterator[tuple[int, pa.RecordBatch]]:
    """(row within the file, batch of these columns) of a piece; CSV columns come as binary. Raises TableError."""
    try:
        with open_file(piece.path) as file:
            if piece.row_group >= 0:
                yield from _parquet_batches(piece, file, list(columns))
            else:
                yield from _csv_batches(piece, file, list(columns))
    except (pa.ArrowInvalid, OSError) as error:
        raise TableError(f"{piece.path}: cannot be read: {error}") from error


def _parquet_batches(piece: Piece, file: Any, columns: list[str]) -> Iterator[tuple[int, pa.RecordBatch]]:
    row = piece.first_row
    reader = pq.ParquetFile(file)
    for batch in reader.iter_batches(batch_size=_BATCH_ROWS, row_groups=[piece.row_group], columns=columns):
        yield row, batch.select(columns)
        row += len(batch)


def _csv_batches(piece: Piece, file: Any, columns: list[str]) -> Iterator[tuple[int, pa.RecordBatch]]:
    row = piece.first_row
    faulty: list[Any] = []
    checked = QuoteChecked(file, _CSV_BLOCK, len(column_names(piece.path)))
    try:
        with _open_csv(checked, columns, faulty) as reader:
            for batch in reader:
                _raise_faulty(piece.path, faulty)
                yield row, batch
                row += len(batch)
    except QuoteError as fault:
        raise _quote_error(piece.path, fault) from None
    _raise_faulty(piece.path, faulty)


def cell_error(path: str, column: str, first_row: int, fault: BadCellError) -> TableError:
    """The message for a bad cell: file, column, row (1 = first row of data), value and reason."""
    value = _shortened(repr(fault.value))
    return TableError(f"{path}: column '{column}': row {first_row + fault.row + 1}: {value} {fault.reason}")


def _shortened(value: str) -> str:
    return value if len(value) <= MAX_MESSAGE_VALUE else value[:MAX_MESSAGE_VALUE] + "..."


def require_columns(path: str, names: Sequence[str], wanted: Sequence[str], why: str = "") -> None:
    """Raises TableError that names the first wanted column that is missing."""
    for column in wanted:
        if column not in names:
            raise TableError(f"{path}: column '{column}' is missing{why}; there are: {', '.join(names)}")
    twice = [name for name in names if names.count(name) > 1]
    if twice:
        raise TableError(f"{path}: column '{twice[0]}' stands twice")


def _open_csv(file: Any, columns: Sequence[str], faulty: list[Any]) -> pa_csv.CSVStreamingReader:
    def on_invalid(row: Any) -> str:
        faulty.append(row)
        return "skip"

    return pa_csv.open_csv(
        file,
        read_options=pa_csv.ReadOptions(use_threads=False, block_size=_CSV_BLOCK),
        parse_options=pa_csv.ParseOptions(newlines_in_values=True, invalid_row_handler=on_invalid),
        convert_options=pa_csv.ConvertOptions(
            column_types={name: pa.binary() for name in columns},
            include_columns=list(columns),
            strings_can_be_null=False,
            check_utf8=False,
        ),
    )


def _quote_error(path: str, fault: QuoteError) -> TableError:
    row = _row_of(path, fault.place)
    return TableError(
        f"{path}: {f'row {row}' if row else 'the header'}: the quote that opens the cell {_shortened(fault.text)!r} "
        f'{fault.reason}; close it in its cell or leave it out (within a quoted cell a quote is written twice: ""). '
        "If the cell really goes on over several lines, write the table as Parquet"
    )


def _row_of(path: str, place: int) -> int:
    """The row that a byte of a CSV file is in; 0 = the header."""

    def lines() -> Iterator[str]:
        left = place
        for line in io.TextIOWrapper(file, encoding="latin-1", newline=""):  # a byte a character
            if len(line) > left:
                yield line[:left] + "x"  # so that the row is there even if this is its first byte
                return
            yield line
            left -= len(line)

    csv.field_size_limit(max(_CSV_BLOCK, csv.field_size_limit()))
    with open_file(path) as file:
        return sum(1 for row in csv.reader(lines()) if row) - 1


def _raise_faulty(path: str, faulty: list[Any]) -> None:
    if faulty:
        row = faulty[0]  # its number counts the header as 1
        raise TableError(
            f"{path}: row {row.number - 1}: {row.actual_columns} cells, but the header has {row.expected_columns}: "
            + _shortened(row.text)
        )
