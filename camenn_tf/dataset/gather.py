"""The second pass: brings each user's events together, computes histories and cross fields, and counts train values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import Any

import apache_beam as beam
import numpy as np
import pyarrow as pa
from apache_beam.io.filesystems import FileSystems

from camenn_tf.dataset import events as ev
from camenn_tf.dataset.events import EventColumns, read_events
from camenn_tf.dataset.lookup import load_ids, load_keys
from camenn_tf.dataset.purchases import EarlierStatistics, Moments, earlier_items
from camenn_tf.dataset.schema import Field, Schema
from camenn_tf.dataset.splitmix import mix
from camenn_tf.dataset.splits import NEVER, TRAIN, SplitRule
from camenn_tf.dataset.statistics import Counts, Sketch, Statistics
from camenn_tf.dataset.storage import write_bytes
from camenn_tf.dataset.tables import Piece

SPLIT, ORDER, HISTORY, NEW_TO_USER = "#split", "#order", "#history", "#new_to_user"
EMPTY_RANGE = (0, 0, NEVER, -NEVER)


class PartitionEvents(beam.DoFn):
    """(sample number of the file's first row, piece) -> (partition of users, events as Arrow stream)."""

    def __init__(self, work: str, wanted: EventColumns, partitions: int) -> None:
        self._work, self._wanted, self._partitions = work, wanted, partitions

    def setup(self) -> None:
        """Loads the known ids once a worker."""
        self._ids = load_ids(self._work)

    def process(self, element: tuple[int, Piece]) -> Iterator[tuple[int, bytes]]:
        """Reads one piece; events of unknown users or items are left out."""
        offset, piece = element
        for batch, _ in read_events(piece, offset, self._wanted, self._ids):
            user, item = (batch.column(name).to_numpy() for name in (ev.USER, ev.ITEM))
            known = np.flatnonzero((user >= 0) & (item >= 0))
            partition = (mix(user[known]) % np.uint64(self._partitions)).astype(np.int64)
            order = np.argsort(partition, kind="stable")
            ordered = batch.take(pa.array(known[order]))
            ends = np.cumsum(np.bincount(partition, minlength=self._partitions))
            for number, end in enumerate(ends.tolist()):
                start = int(ends[number - 1]) if number else 0
                if end > start:
                    yield number, to_stream(ordered.slice(start, end - start))


class BuildSamples(beam.DoFn):
    """(partition, its events) -> Statistics; the samples themselves go to a file of the partition."""

    def __init__(self, work: str, schema: Schema, rule: SplitRule, history_length: int, num_users: int) -> None:
        self._work, self._schema, self._rule = work, schema, rule
        self._length, self._num_users = history_length, num_users

    def setup(self) -> None:
        """Loads the keys of the items once a worker."""
        self._keys = load_keys(self._work)

    def process(self, element: tuple[int, Iterable[bytes]]) -> Iterator[Statistics]:
        """Builds one partition."""
        number, streams = element
        events = pa.concat_tables([pa.ipc.open_stream(stream).read_all() for stream in streams])
        events = events.sort_by(ev.SAMPLE).combine_chunks()  # any order of arrival, the same result
        samples = build_samples(events, self._schema, self._keys, self._rule, self._length)
        write_bytes(samples_path(self._work, number), to_stream(samples))
        yield self._count(events, samples)

    def _count(self, events: pa.Table, samples: pa.Table) -> Statistics:
        split, order, label, time = (samples[name].to_numpy() for name in (SPLIT, ORDER, ev.LABEL, ev.TIME))
        train = split == TRAIN
        learnt = samples.filter(pa.array(train))
        ranges = [
            (len(label[here]), label[here].sum(), time[here].min(), time[here].max()) if here.any() else EMPTY_RANGE
            for here in (split == k for k in range(3))
        ]
        items = len(self._keys["item_id"])
        fields = self._schema.group("context", "cross")
        return Statistics(
            arrays={
                "train_samples": np.bincount(learnt[ev.ITEM].to_numpy(), minlength=items),
                "train_purchases": np.bincount(self._train_purchases(events), minlength=items),
                "train_users": np.bincount(learnt[ev.USER].to_numpy(), minlength=self._num_users),
            },
            orders=tuple(np.sort(order[split == k]) for k in range(3)),
            sketches={
                field.name: Sketch.of(learnt[ORDER].to_numpy(), learnt[field.name].to_numpy())
                for field in fields
                if field.kind == "numeric"
            },
            counts={
                field.name: Counts.of(learnt[field.name].combine_chunks())
                for field in fields
                if field.kind != "numeric"
            },
            ranges=np.asarray(ranges, np.int64),
        )

    def _train_purchases(self, events: pa.Table) -> np.ndarray:
        """Items of the purchases made in train's time and sessions."""
        user, session, time, item, label, history_only = (
            events[name].to_numpy() for name in (ev.USER, ev.SESSION, ev.TIME, ev.ITEM, ev.LABEL, ev.HISTORY_ONLY)
        )
        rule = self._rule
        known = (time < min(rule.test_from, rule.validation_from)) & (label == 1)
        out: np.ndarray = item[known & ~_hidden(rule, user, session, time, history_only == 0)]
        return out


def samples_path(work: str, partition: int) -> str:
    """The file of one partition's samples."""
    return FileSystems.join(work, f"samples-{partition:05d}.arrow")


def build_samples(
    events: pa.Table, schema: Schema, keys: dict[str, np.ndarray], rule: SplitRule, history_length: int
) -> pa.Table:
    """The samples among all events of some users, with everything that depends on earlier purchases.

    Args:
      events: parsed events (`camenn_tf.dataset.events`), all of each user's, rising by sample number.
      schema: which cross fields to compute.
      keys: of `load_keys`.
      rule: the splits. Purchases of test sessions are known to test samples only.
      history_length: most items in a history.

    Returns:
      The columns of `events` but the session, and split int8, order uint64, history (list of int64, newest last, -1 in
      front), new_to_user int8 and one column a computed cross field.
    """
    user, session, time, item, sample, label = (
        events[name].to_numpy().astype(np.int64)
        for name in (ev.USER, ev.SESSION, ev.TIME, ev.ITEM, ev.SAMPLE, ev.LABEL)
    )
    moments = Moments(user=user, time=time, session=session, item=item, number=sample)
    is_sample = events[ev.HISTORY_ONLY].to_numpy() == 0
    hidden = _hidden(rule, user, session, time, is_sample)
    fields = tuple(field for field in schema.group("cross") if field.cross is not None)
    out = {name: np.zeros(int(is_sample.sum())) for name in [field.name for field in fields]}
    history = np.full((int(is_sample.sum()), history_length), -1, np.int64)
    new = np.zeros(int(is_sample.sum()), np.int8)
    for who, known in ((~hidden, ~hidden), (hidden, np.ones_like(hidden))):
        rows = (is_sample & who)[is_sample]
        if not rows.any():
            continue
        purchases, samples = moments.take((label == 1) & known), moments.take(is_sample & who)
        history[rows] = earlier_items(purchases, samples, history_length)
        new[rows] = EarlierStatistics(purchases, samples, keys["item_id"]).count(None) == 0
        for name, values in _cross_values(purchases, samples, fields, keys):
            out[name][rows] = values
    split = rule.split(user, session, time)[is_sample]
    columns: dict[str, Any] = {
        name: column
        for name, column in zip(events.column_names, events.filter(pa.array(is_sample)).columns, strict=True)
        if name not in (ev.SESSION, ev.HISTORY_ONLY)
    }
    columns |= {SPLIT: split, ORDER: rule.order(sample[is_sample], split), NEW_TO_USER: new}
    columns[HISTORY] = pa.FixedSizeListArray.from_arrays(pa.array(history.ravel()), history_length)
    columns |= {field.name: _as_field(field, out[field.name]) for field in fields}
    return pa.table(columns)


def _hidden(
    rule: SplitRule, user: np.ndarray, session: np.ndarray, time: np.ndarray, is_sample: np.ndarray
) -> np.ndarray:
    """Events of sessions with test samples in a random split, bool [n]; one that only makes history hides nothing."""
    test = rule.test_session(user, session, time)
    if not test.any():
        return test
    whole = np.stack([user, session, np.where(session >= 0, 0, time)])
    code = np.unique(whole, axis=1, return_inverse=True)[1].ravel()
    out: np.ndarray = test & (np.bincount(code, is_sample) > 0)[code]
    return out


def _cross_values(
    purchases: Moments, samples: Moments, fields: tuple[Field, ...], keys: dict[str, np.ndarray]
) -> Iterator[tuple[str, np.ndarray]]:
    for by in sorted({field.cross.by for field in fields if field.cross}):
        statistics = EarlierStatistics(purchases, samples, keys[by])
        for field in fields:
            if field.cross and field.cross.by == by:
                compute = statistics.count if field.cross.statistic == "count" else statistics.recency
                yield field.name, compute(field.cross.window_days)


def _as_field(field: Field, values: np.ndarray) -> pa.Array:
    """Numbers as they are; for a categorical or hashed field the whole number below, as text."""
    if field.kind == "numeric":
        return pa.array(values)
    return pa.array(np.floor(values), from_pandas=True).cast(pa.int64()).cast(pa.string())


def to_stream(table: pa.Table | pa.RecordBatch) -> bytes:
    """The rows as an Arrow IPC stream (a slice is written without the rest of its buffers)."""
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write(table)
    data: bytes = sink.getvalue().to_pybytes()
    return data
