"""What every worker looks up: known ids, and the keys by which purchases of items agree."""

from __future__ import annotations

import io

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from apache_beam.io.filesystems import FileSystems

from camenn_tf.dataset.entities import FieldColumn, Items, Users
from camenn_tf.dataset.events import IdTables
from camenn_tf.dataset.purchases import NO_KEY
from camenn_tf.dataset.schema import Schema
from camenn_tf.dataset.storage import read_bytes, write_bytes


def save_lookups(work: str, users: Users, items: Items, schema: Schema) -> None:
    """Writes the files that `load_ids` and `load_keys` read."""
    reserved = items.alignment_split.is_valid()
    _write(work, "user_ids.parquet", pa.table({"id": users.ids}))
    _write(work, "item_ids.parquet", pa.table({"id": items.ids, "reserved": reserved}))
    names = {"item_id"} | {field.cross.by for field in schema.fields if field.cross is not None}
    keys = {name: _keys(items.fields.get(name, items.ids)) for name in sorted(names)}
    keys["item_id"] = np.arange(len(items), dtype=np.int64)
    _write(work, "keys.parquet", pa.table(keys))


def load_ids(work: str) -> IdTables:
    """The known ids."""
    users, items = _read(work, "user_ids.parquet"), _read(work, "item_ids.parquet")
    return IdTables(
        users=users["id"].combine_chunks(),
        items=items["id"].combine_chunks(),
        reserved=items["reserved"].to_numpy(),
    )


def load_keys(work: str) -> dict[str, np.ndarray]:
    """int64 [items] by name (`item_id` or an item field): equal keys = equal values, -1 = no value."""
    table = _read(work, "keys.parquet")
    return {name: table[name].to_numpy() for name in table.column_names}


def _keys(column: FieldColumn) -> np.ndarray:
    if isinstance(column, np.ndarray):
        codes = np.unique(column, return_inverse=True)[1].astype(np.int64)
        return np.where(np.isnan(column), NO_KEY, codes)
    indices = column.dictionary_encode().indices
    out: np.ndarray = indices.fill_null(NO_KEY).to_numpy().astype(np.int64)
    return out


def _write(work: str, name: str, table: pa.Table) -> None:
    buffer = io.BytesIO()
    pq.write_table(table, buffer)
    write_bytes(FileSystems.join(work, name), buffer.getvalue())


def _read(work: str, name: str) -> pa.Table:
    return pq.read_table(io.BytesIO(read_bytes(FileSystems.join(work, name))))
