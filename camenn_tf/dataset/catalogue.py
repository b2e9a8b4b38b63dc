"""`catalogue-*.parquet` and `users.parquet`: items and users in the order of their row numbers."""

from __future__ import annotations

import io

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from apache_beam.io.filesystems import FileSystems

from camenn_tf.dataset.entities import Items, Users
from camenn_tf.dataset.storage import write_bytes

USERS_FILE = "users.parquet"


def write_catalogue(
    directory: str,
    items: Items,
    fields: np.ndarray,
    train_samples: np.ndarray,
    train_purchases: np.ndarray,
    shard_items: int,
) -> tuple[str, ...]:
    """Writes the catalogue and returns its files in row order.

    Faulty images stay in it: encoding says of each item what is wrong with its image.

    Args:
      directory: of the dataset.
      items: the table.
      fields: int32 [items, Fi], encoded item fields.
      train_samples: int64 [items], train samples with this target.
      train_purchases: int64 [items], purchases in train's time and sessions.
      shard_items: rows a file.
    """
    rows = len(items)
    width = fields.shape[1]
    offsets = pa.array(np.arange(rows + 1, dtype=np.int32) * width)
    table = pa.table(
        {
            "row": np.arange(rows, dtype=np.int64),
            "item_id": items.ids,
            "text": items.text,
            "image_path": items.image_path,
            "image_bytes": items.image_bytes,
            "fields": pa.ListArray.from_arrays(offsets, pa.array(fields.ravel(), pa.int32())),
            "alignment_class": items.alignment_class,
            "alignment_coarse_class": items.alignment_coarse_class,
            "alignment_split": items.alignment_split,
            "train_samples": train_samples,
            "train_purchases": train_purchases,
        }
    )
    shards = -(-rows // shard_items)
    names = tuple(f"catalogue-{shard:05d}-of-{shards:05d}.parquet" for shard in range(shards))
    for shard, name in enumerate(names):
        _write(FileSystems.join(directory, name), table.slice(shard * shard_items, shard_items))
    return names


def write_users(directory: str, users: Users) -> None:
    """Writes the user ids by user number."""
    numbers = np.arange(len(users.ids), dtype=np.int64)
    _write(FileSystems.join(directory, USERS_FILE), pa.table({"user": numbers, "user_id": users.ids}))


def _write(path: str, table: pa.Table) -> None:
    buffer = io.BytesIO()
    pq.write_table(table, buffer)
    write_bytes(path, buffer.getvalue())
