"""The third pass: values become embedding rows, samples become records, records become sharded files."""

from __future__ import annotations

import hashlib
import io
from collections.abc import Iterable, Iterator
from typing import Any

import apache_beam as beam
import numpy as np
import pyarrow as pa
from apache_beam.io.filesystems import FileSystems

from camenn_tf.dataset import events as ev
from camenn_tf.dataset.dataset_info import SPLITS, FieldInfo
from camenn_tf.dataset.encoding import FieldEncoder
from camenn_tf.dataset.gather import HISTORY, NEW_TO_USER, ORDER, SPLIT, samples_path
from camenn_tf.dataset.record_writer import serialize, write_records
from camenn_tf.dataset.splits import TRAIN
from camenn_tf.dataset.storage import read_bytes, read_json, write_bytes

ShardKey = tuple[int, int]  # split, shard
Blob = tuple[bytes, bytes, bytes]  # order keys uint64 [n], record lengths int64 [n], the records one after another
HISTOGRAMS = "histograms"  # tag of the second output
BY_LABEL, IN_TRAIN = "by_label/", "in_train/"  # the two histograms of a field


class EncodeSamples(beam.DoFn):
    """Partition number -> (split and shard, records), and how often each embedding row occurs.

    `tables.npz` in the work directory holds the encoded fields of users and items; `cuts` are, by split, the order keys
    at which shards begin.
    """

    def __init__(
        self,
        dataset: str,
        work: str,
        sample_fields: tuple[FieldInfo, ...],
        item_fields: tuple[FieldInfo, ...],
        cuts: tuple[np.ndarray, ...],
    ) -> None:
        self._dataset, self._work, self._cuts = dataset, work, cuts
        self._sample_fields, self._item_fields = sample_fields, item_fields

    def setup(self) -> None:
        """Loads vocabularies and the encoded tables once a worker."""
        with np.load(io.BytesIO(read_bytes(FileSystems.join(self._work, "tables.npz")))) as saved:
            self._users, self._items = saved["users"], saved["items"]
        self._encoders = {
            info.name: FieldEncoder(
                info, read_json(FileSystems.join(self._dataset, info.vocabulary)) if info.vocabulary else ()
            )
            for info in self._sample_fields
            if info.group != "user"
        }

    def process(self, partition: int) -> Iterator[Any]:
        """Encodes one partition."""
        samples = pa.ipc.open_stream(read_bytes(samples_path(self._work, partition))).read_all().combine_chunks()
        if not len(samples):
            return
        fields = self._fields(samples)
        split, order = samples[SPLIT].to_numpy(), samples[ORDER].to_numpy()
        yield beam.pvalue.TaggedOutput(HISTOGRAMS, self._histograms(samples, fields))
        records = self._records(samples, fields)
        for number in range(len(SPLITS)):
            rows = np.flatnonzero(split == number)
            shards = np.searchsorted(self._cuts[number], order[rows], side="right")
            for shard in np.unique(shards).tolist():
                yield (number, shard), _blob(rows[shards == shard], order, records)

    def _fields(self, samples: pa.Table) -> np.ndarray:
        """int32 [n, Fb]."""
        columns = [self._users[samples[ev.USER].to_numpy()]]
        for name, encoder in self._encoders.items():
            column = samples[name]
            values = column.to_numpy() if encoder.info.kind == "numeric" else _one_chunk(column)
            columns.append(encoder(values)[:, np.newaxis])
        return np.concatenate(columns, axis=1)

    def _records(self, samples: pa.Table, fields: np.ndarray) -> list[bytes]:
        flat = _one_chunk(samples[HISTORY]).flatten().to_numpy()
        history = flat.reshape(len(samples), -1)
        features = {
            "fields": fields,
            "history": history,
            "label": samples[ev.LABEL].to_numpy(),
            "new_to_user": samples[NEW_TO_USER].to_numpy(),
            "sample": samples[ev.SAMPLE].to_numpy(),
            "target": samples[ev.ITEM].to_numpy(),
            "timestamp": samples[ev.TIME].to_numpy(),
            "user": samples[ev.USER].to_numpy(),
        }
        return serialize(features, {"history": (history >= 0).sum(1)})

    def _histograms(self, samples: pa.Table, fields: np.ndarray) -> dict[str, np.ndarray]:
        """BY_LABEL and a field's name: samples by split, label and row, int64 [splits, labels, rows], items as targets.

        IN_TRAIN and a field's name: train samples in which a row occurs, int64 [rows], bought items as well.
        """
        group = samples[SPLIT].to_numpy().astype(np.int64) * 2 + samples[ev.LABEL].to_numpy()
        items = self._items[samples[ev.ITEM].to_numpy()]
        out = {}
        for infos, ids in ((self._sample_fields, fields), (self._item_fields, items)):
            for column, info in enumerate(infos):
                counts = np.bincount(group * info.size + ids[:, column], minlength=2 * len(SPLITS) * info.size)
                out[BY_LABEL + info.name] = counts = counts.reshape(len(SPLITS), 2, info.size)
                out[IN_TRAIN + info.name] = counts[TRAIN].sum(0)
        train = np.flatnonzero(samples[SPLIT].to_numpy() == TRAIN)
        history = _one_chunk(samples[HISTORY]).flatten().to_numpy().reshape(len(samples), -1)[train]
        for column, info in enumerate(self._item_fields):
            bought = np.where(history >= 0, self._items[history, column], info.size)
            ids = np.concatenate([items[train, column, None], bought], 1)
            out[IN_TRAIN + info.name] = rows_holding(ids, info.size)
        return out


class WriteShard(beam.DoFn):
    """((split, shard), its records in parts) -> name, samples and hash of the file written."""

    def __init__(self, dataset: str, num_shards: tuple[int, ...]) -> None:
        self._dataset, self._num_shards = dataset, num_shards

    def process(self, element: tuple[ShardKey, Iterable[Blob]]) -> Iterator[dict[str, Any]]:
        """Sorts and writes one file."""
        (split, shard), blobs = element
        keys, records = [], []
        for order, lengths, data in blobs:
            keys.append(np.frombuffer(order, np.uint64))
            ends = np.cumsum(np.frombuffer(lengths, np.int64)).tolist()
            records += [data[begin:end] for begin, end in zip([0, *ends[:-1]], ends, strict=True)]
        ranks = np.argsort(np.concatenate(keys)).tolist()
        name = f"{SPLITS[split]}-{shard:05d}-of-{self._num_shards[split]:05d}.tfrecord"
        buffer = io.BytesIO()
        write_records(buffer, (records[rank] for rank in ranks))
        data = buffer.getvalue()
        write_bytes(FileSystems.join(self._dataset, name), data)
        yield {"name": name, "samples": len(ranks), "hash": hashlib.sha256(data).hexdigest()}


def rows_holding(ids: np.ndarray, size: int) -> np.ndarray:
    """In how many rows of `ids` each value 0 <= id < size stands, once or more often: int64 [size]."""
    ids = np.sort(ids, axis=1)
    new = np.diff(ids, axis=1, prepend=-1) > 0
    return np.bincount(ids[new], minlength=size + 1)[:size]


def add_histograms(parts: Iterable[dict[str, np.ndarray]]) -> dict[str, np.ndarray]:
    """The sum of the parts, by name."""
    total: dict[str, np.ndarray] = {}
    for part in parts:
        for name, counts in part.items():
            total[name] = total[name] + counts if name in total else counts
    return total


def _blob(rows: np.ndarray, order: np.ndarray, records: list[bytes]) -> Blob:
    parts = [records[row] for row in rows.tolist()]
    lengths = np.asarray([len(part) for part in parts], np.int64)
    return order[rows].tobytes(), lengths.tobytes(), b"".join(parts)


def _one_chunk(column: pa.ChunkedArray) -> pa.Array:
    chunks = column.combine_chunks()
    return chunks.combine_chunks() if isinstance(chunks, pa.ChunkedArray) else chunks
