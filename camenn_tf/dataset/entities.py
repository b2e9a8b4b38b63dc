"""The items and users tables as columns in memory: their ids and fields are looked up by every event."""

from __future__ import annotations

import dataclasses
import os
from typing import Any, TypeAlias

import pyarrow as pa

from camenn_tf.dataset import columns
from camenn_tf.dataset.columns import BadCellError
from camenn_tf.dataset.schema import ALIGNMENT_COLUMNS, Field, Schema
from camenn_tf.dataset.tables import (
    TableError,
    batches,
    cell_error,
    column_names,
    pieces,
    require_columns,
    table_files,
)

FieldColumn: TypeAlias = Any  # pa.StringArray; numeric fields: float64, NaN where missing
ALIGNMENT_SPLITS = ("train", "validation", "test")


@dataclasses.dataclass(frozen=True)
class Items:
    """The items table; arrays are in its row order."""

    ids: pa.StringArray
    text: pa.StringArray  # null = none
    image_path: pa.StringArray  # absolute, null = none or bytes given
    image_bytes: pa.BinaryArray
    fields: dict[str, FieldColumn]
    alignment_class: pa.StringArray
    alignment_coarse_class: pa.StringArray
    alignment_split: pa.StringArray

    def __len__(self) -> int:
        return len(self.ids)


@dataclasses.dataclass(frozen=True)
class Users:
    """The users table; arrays are in its row order."""

    ids: pa.StringArray
    fields: dict[str, FieldColumn]


def read_users(directory: str, schema: Schema) -> Users:
    """Reads and checks the users table. Raises TableError with file, column and row."""
    table = _read(directory, "users", ["user_id"], [field.name for field in schema.group("user")], [])
    return Users(table.ids("user_id"), table.fields(schema.group("user")))


def read_items(directory: str, schema: Schema) -> Items:
    """Reads and checks the items table. Raises TableError with file, column and row."""
    named = [field.name for field in schema.item_fields]
    classes = {name: getattr(schema, name) for name in ALIGNMENT_COLUMNS}  # column or None
    named += [column for column in classes.values() if column]
    table = _read(directory, "items", ["item_id", "text", "image"], named, ["alignment_split"])
    ids = table.ids("item_id")
    splits = table.texts("alignment_split", absent_is_null=True)
    for row, split in enumerate(splits.to_pylist()):
        if split is not None and split not in ALIGNMENT_SPLITS:
            raise table.error("alignment_split", BadCellError(row, split, "is not train, validation, test or empty"))
    paths, data = _images(table, directory)
    none = pa.nulls(len(ids), pa.string())
    return Items(
        ids=ids,
        text=table.texts("text"),
        image_path=paths,
        image_bytes=data,
        fields=table.fields(schema.item_fields),
        **{name: table.texts(column) if column else none for name, column in classes.items()},
        alignment_split=splits,
    )


@dataclasses.dataclass(frozen=True)
class _Columns:
    """All rows of a table, and for messages the file and row each came from."""

    data: pa.Table
    starts: list[tuple[int, str]]  # first row and path of each file

    def column(self, name: str) -> pa.Array:
        joined = self.data.column(name).combine_chunks()
        return joined.combine_chunks() if isinstance(joined, pa.ChunkedArray) else joined

    def place(self, row: int) -> tuple[str, int]:
        start, path = next(entry for entry in reversed(self.starts) if entry[0] <= row)
        return path, row - start

    def error(self, name: str, fault: BadCellError) -> TableError:
        path, row = self.place(fault.row)
        return cell_error(path, name, 0, BadCellError(row, fault.value, fault.reason))

    def texts(self, name: str, absent_is_null: bool = False) -> pa.StringArray:
        if absent_is_null and name not in self.data.column_names:
            return pa.nulls(len(self.data), pa.string())
        try:
            return columns.texts(self.column(name))
        except BadCellError as fault:
            raise self.error(name, fault) from None

    def ids(self, name: str) -> pa.StringArray:
        ids = self.texts(name)
        seen: dict[str, int] = {}
        for row, value in enumerate(ids.to_pylist()):
            if value is None:
                raise self.error(name, BadCellError(row, "", "is an empty id"))
            if seen.setdefault(value, row) != row:
                path, first = self.place(seen[value])
                where = f"row {first + 1}" + ("" if path == self.place(row)[0] else f" of {path}")
                raise self.error(name, BadCellError(row, value, f"is the id of {where} too"))
        return ids

    def fields(self, fields: tuple[Field, ...]) -> dict[str, FieldColumn]:
        out: dict[str, FieldColumn] = {}
        for field in fields:
            try:
                read = columns.numbers if field.kind == "numeric" else columns.texts
                out[field.name] = read(self.column(field.name))
            except BadCellError as fault:
                raise self.error(field.name, fault) from None
        return out


def _read(directory: str, name: str, keys: list[str], named: list[str], optional: list[str]) -> _Columns:
    tables, starts, rows = [], [], 0
    files = table_files(directory, name)
    present = {path: column_names(path) for path in files}
    anywhere = set().union(*present.values())
    wanted = list(dict.fromkeys([*keys, *named, *(c for c in optional if c in anywhere)]))
    for path, names in present.items():
        require_columns(path, names, keys)
        require_columns(path, names, wanted, why=", which schema.json or another file of the table names")
        starts.append((rows, path))
        for piece in pieces(path):
            for _, batch in batches(piece, wanted):
                tables.append(_plain(batch))
                rows += len(batch)
    if not rows:
        raise TableError(f"{files[0]}: the table is empty; it needs at least one row")
    try:
        return _Columns(pa.concat_tables(tables, promote_options="permissive"), starts)
    except pa.ArrowInvalid as error:
        raise TableError(
            f"{files[0]}: the files of table '{name}' differ in the types of their columns: {error}"
        ) from error


def _plain(batch: pa.RecordBatch) -> pa.Table:
    """Dictionary columns decoded, so that files and row groups can be put together."""
    arrays = [c.dictionary_decode() if pa.types.is_dictionary(c.type) else c for c in batch.columns]
    return pa.Table.from_arrays(arrays, names=batch.schema.names)


def _images(table: _Columns, directory: str) -> tuple[pa.StringArray, pa.BinaryArray]:
    column = table.column("image")
    rows = len(column)
    # Parquet brings bytes in a binary column and paths in a string column; CSV cells arrive as binary but are paths
    from_csv = table.starts[0][1].endswith(".csv")
    if (pa.types.is_binary(column.type) or pa.types.is_large_binary(column.type)) and not from_csv:
        data = [value or None for value in column.to_pylist()]
        return pa.nulls(rows, pa.string()), pa.array(data, pa.binary())
    root = os.path.abspath(directory) if "://" not in directory else directory
    paths = [None if path is None else os.path.join(root, path) for path in table.texts("image").to_pylist()]
    return pa.array(paths, pa.string()), pa.nulls(rows, pa.binary())
