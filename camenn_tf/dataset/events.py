"""Rows of the events table as checked, typed batches: the first step of every pass over it."""

from __future__ import annotations

import dataclasses
import hashlib
from collections.abc import Collection, Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from camenn_tf.dataset import columns
from camenn_tf.dataset.columns import BadCellError
from camenn_tf.dataset.schema import Field, Schema
from camenn_tf.dataset.tables import Piece, TableError, batches, cell_error

REQUIRED = ("user_id", "item_id", "timestamp", "label")
OPTIONAL = ("session_id", "history_only")

# columns of a parsed batch, beside one of each event field under the field's own name
SAMPLE, USER, ITEM, TIME, LABEL, SESSION, HISTORY_ONLY = (
    "#sample",  # int64, row number over all event files
    "#user",  # int32, row of the users table, -1 = unknown
    "#item",  # int32, row of the catalogue, -1 = unknown
    "#time",  # int64, unix seconds
    "#label",  # int8
    "#session",  # int64, hash of the session, -1 = none
    "#history_only",  # int8
)


@dataclasses.dataclass(frozen=True)
class EventColumns:
    """Which columns of the events table are read: the fields the schema reads from it, and the optional ones it has."""

    fields: tuple[Field, ...]
    optional: tuple[str, ...]

    @property
    def names(self) -> list[str]:
        """All columns, each once."""
        return list(dict.fromkeys([*REQUIRED, *self.optional, *(field.name for field in self.fields)]))


def event_columns(schema: Schema, present: Collection[str]) -> EventColumns:
    """The columns to read; `present` are those that any file of the table has."""
    fields = tuple(field for field in schema.group("context", "cross") if field.cross is None)
    return EventColumns(fields, tuple(name for name in OPTIONAL if name in present))


@dataclasses.dataclass(frozen=True)
class IdTables:
    """The known ids, in row order, and which items only serve to judge alignment."""

    users: pa.Array
    items: pa.Array
    reserved: np.ndarray  # bool [items]


def read_events(
    piece: Piece, sample_offset: int, wanted: EventColumns, ids: IdTables
) -> Iterator[tuple[pa.RecordBatch, pa.RecordBatch]]:
    """(parsed batch, raw batch) of a piece; `sample_offset` = sample number of the file's first row.

    Raises TableError with file, column and row at the first bad cell of the earliest bad column.
    """
    for first_row, raw in batches(piece, wanted.names):
        yield _parse(piece.path, first_row, sample_offset, raw, wanted, ids), raw


def _parse(
    path: str, first_row: int, sample_offset: int, raw: pa.RecordBatch, wanted: EventColumns, ids: IdTables
) -> pa.RecordBatch:
    out: dict[str, pa.Array | np.ndarray] = {
        SAMPLE: np.arange(len(raw), dtype=np.int64) + sample_offset + first_row,
    }
    steps = [
        (USER, "user_id", lambda cells: _rows(cells, ids.users)),
        (ITEM, "item_id", lambda cells: _rows(cells, ids.items)),
        (TIME, "timestamp", columns.timestamps),
        (LABEL, "label", columns.flags),
        (SESSION, "session_id", _session_hashes),
        (HISTORY_ONLY, "history_only", lambda cells: columns.flags(cells, missing=0)),
    ]
    steps += [(field.name, field.name, columns.numbers if field.kind == "numeric" else columns.texts)
              for field in wanted.fields]  # fmt: skip
    for name, source, read in steps:
        if source in OPTIONAL and name.startswith("#") and source not in wanted.optional:
            out[name] = np.full(len(raw), -1 if name == SESSION else 0, np.int64 if name == SESSION else np.int8)
            continue
        try:
            out[name] = read(raw.column(source))
        except BadCellError as fault:
            raise cell_error(path, source, first_row, fault) from None
    _refuse_reserved(path, first_row, out[ITEM], ids)
    return pa.RecordBatch.from_arrays([pa.array(column) for column in out.values()], names=list(out))


def _rows(cells: pa.Array, known: pa.Array) -> np.ndarray:
    """int32 [n]: row of each id, -1 where there is none."""
    rows = pc.index_in(columns.texts(cells), value_set=known, skip_nulls=True)
    out: np.ndarray = pc.fill_null(rows, -1).to_numpy().astype(np.int32)
    return out


def _session_hashes(cells: pa.Array) -> np.ndarray:
    """int64 [n]: a hash of each session id, -1 where it is empty."""
    coded = columns.texts(cells).dictionary_encode()
    hashes = [
        int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "little") >> 1
        for text in coded.dictionary.to_pylist()
    ]
    table = np.asarray([*hashes, -1], np.int64)
    return table[pc.fill_null(coded.indices, -1).to_numpy()]


def _refuse_reserved(path: str, first_row: int, items: pa.Array | np.ndarray, ids: IdTables) -> None:
    rows = np.asarray(items)
    bad = ids.reserved[rows] & (rows >= 0) if len(ids.reserved) else np.zeros(len(rows), bool)
    if bad.any():
        row = int(np.argmax(bad))
        raise TableError(
            f"{path}: column 'item_id': row {first_row + row + 1}: item {ids.items[int(rows[row])].as_py()!r} has an "
            "alignment_split in the items table; such items must not occur in events"
        )
