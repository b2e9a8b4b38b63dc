"""What a ranking sells: of the items that it puts in front in each session, the share that is bought."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq

from experiments.comparison.household_bootstrap import REPLICATES, household_counts
from experiments.comparison.replicates import pack

Ints = npt.NDArray[np.int64]


def ranking_of(predictions: str, tables: str, shown: int, replicates: int = REPLICATES) -> dict[str, Any]:
    """Conversion of the `shown` best-scored items of each session: of a predictions file and the tables behind it.

    Items of equal score share the places that they stand for (`in_front`). Sessions with no more items than are
    shown are left out: there every ranking shows the same.

    Returns:
      `shown`, `sessions`, `conversion` (bought / shown), `random` (of the sessions' items altogether), `replicates`:
      the conversion on resampled users, the same resamples as everywhere.
    """
    table = pq.read_table(predictions)
    events = pq.read_table(os.path.join(tables, "events.parquet"), columns=["session_id"])["session_id"]
    session = np.unique(events.take(table["sample"]).to_numpy(zero_copy_only=False).astype(str), return_inverse=True)[1]
    names, user = np.unique(np.asarray(table["user"].to_pylist(), dtype=str), return_inverse=True)
    label = table["label"].to_numpy()
    contested = np.bincount(session)[session] > shown
    front = in_front(session, table["cvr"].to_numpy(), shown) * contested
    exposed = np.bincount(user, front, len(names))  # [users]
    bought = np.bincount(user, label * front, len(names))
    counts = household_counts(names.tolist(), replicates)
    return {
        "shown": shown,
        "sessions": len(np.unique(session[contested])),
        "conversion": float(bought.sum() / exposed.sum()),
        "random": float(label[contested].mean()),
        "replicates": pack((counts @ bought) / (counts @ exposed)),
    }


def in_front(session: Ints, score: npt.NDArray[Any], shown: int) -> npt.NDArray[np.float64]:
    """How much of an item is among the `shown` best of its session: [n], 1 or 0 without ties.

    Where m items of equal score stand for the last k places, each counts k / m: what it would be in the mean over all
    orders of them. The order of the rows, in which a bought item may come first, decides nothing.
    """
    order = np.lexsort((score, session))[::-1]
    changed = np.diff(session[order]) != 0
    starts = _starts(changed)
    ties = _starts(changed | (np.diff(score[order]) != 0))
    sizes = np.diff(np.append(ties, len(order)))
    places = shown - (ties - starts[np.searchsorted(starts, ties, side="right") - 1])  # left before those that tie
    front = np.empty(len(score))
    front[order] = np.repeat(np.clip(places, 0, sizes) / sizes, sizes)
    return front


def _starts(changed: npt.NDArray[np.bool_]) -> Ints:
    """Where a run of equal values begins, of whether each value but the first is another than the one before."""
    return np.flatnonzero(np.append(True, changed))
