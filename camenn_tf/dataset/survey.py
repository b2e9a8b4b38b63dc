"""The first pass: checks every cell that will be used, counts row faults, and collects the samples' timestamps."""

from __future__ import annotations

import dataclasses
from collections.abc import Iterator
from typing import Any

import apache_beam as beam
import numpy as np
import pyarrow as pa

from camenn_tf.dataset import events as ev
from camenn_tf.dataset.events import EventColumns, read_events
from camenn_tf.dataset.faults import EXAMPLES, UNKNOWN_ITEM, UNKNOWN_USER, Faults
from camenn_tf.dataset.images import image_fault
from camenn_tf.dataset.lookup import load_ids
from camenn_tf.dataset.splits import SplitRule
from camenn_tf.dataset.tables import Piece, TableError


class SurveyEvents(beam.DoFn):
    """Piece -> what was found in it, as a JSON-able dict; a structural fault ends the piece with its message."""

    def __init__(self, work: str, wanted: EventColumns, rule: SplitRule) -> None:
        self._work, self._wanted, self._rule = work, wanted, rule

    def setup(self) -> None:
        """Loads the known ids once a worker."""
        self._ids = load_ids(self._work)

    def process(self, element: tuple[int, Piece]) -> Iterator[dict[str, Any]]:
        """Reads one piece."""
        number, piece = element
        found: dict[str, Any] = {"file": number, "first_row": piece.first_row, "rows": 0, "error": None}
        faults = {UNKNOWN_USER: Faults(), UNKNOWN_ITEM: Faults()}
        times = np.zeros(0, np.int64)
        counts = np.zeros(0, np.int64)
        try:
            for batch, raw in read_events(piece, 0, self._wanted, self._ids):
                found["rows"] += len(batch)
                self._count_faults(piece.path, batch, raw, faults)
                times, counts = _merge(times, counts, self._sample_times(batch))
        except TableError as error:
            found["error"] = str(error)
        found["faults"] = {kind: dataclasses.asdict(fault) for kind, fault in faults.items()}
        found["times"], found["counts"] = times.tolist(), counts.tolist()
        yield found

    def _count_faults(self, path: str, batch: pa.RecordBatch, raw: pa.RecordBatch, faults: dict[str, Faults]) -> None:
        user, item = (batch.column(name).to_numpy() for name in (ev.USER, ev.ITEM))
        # an event is left out once, so it counts once: by its user if that is unknown, else by its item
        for kind, column, bad in (
            (UNKNOWN_USER, "user_id", user < 0),
            (UNKNOWN_ITEM, "item_id", (user >= 0) & (item < 0)),
        ):
            rows = np.flatnonzero(bad)
            faults[kind].add(
                len(rows),
                [
                    {"file": path, "row": int(batch.column(ev.SAMPLE)[r].as_py()) + 1, "value": _text(raw, column, r)}
                    for r in rows[:EXAMPLES].tolist()
                ],
            )

    def _sample_times(self, batch: pa.RecordBatch) -> np.ndarray:
        user, item, session, time = (batch.column(name).to_numpy() for name in (ev.USER, ev.ITEM, ev.SESSION, ev.TIME))
        keep = (user >= 0) & (item >= 0) & (batch.column(ev.HISTORY_ONLY).to_numpy() == 0)
        keep &= ~self._rule.test_session(user, session, time)
        out: np.ndarray = time[keep]
        return out


def _text(raw: pa.RecordBatch, column: str, row: int) -> str:
    value = raw.column(column)[row].as_py()
    return value.decode(errors="replace") if isinstance(value, bytes) else str(value)


def _merge(times: np.ndarray, counts: np.ndarray, more: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    values, new = np.unique(more, return_counts=True)
    return merge_times([(times, counts), (values, new)])


def merge_times(parts: list[tuple[Any, Any]]) -> tuple[np.ndarray, np.ndarray]:
    """Distinct timestamps, rising, and how often each occurs in all parts."""
    every = np.concatenate([np.asarray(times, np.int64) for times, _ in parts])
    weights = np.concatenate([np.asarray(counts, np.int64) for _, counts in parts])
    times, inverse = np.unique(every, return_inverse=True)
    return times, np.bincount(inverse, weights, len(times)).astype(np.int64)


def survey_image(element: tuple[int, str | None, bytes | None]) -> tuple[int, str | None]:
    """(first row with this image, path, bytes) -> (row, kind of fault or None)."""
    row, path, data = element
    return row, image_fault(path, data)
