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

    Sessions with no more items than that are left out: there every ranking shows the same.

    Returns:
      `shown`, `sessions`, `conversion` (bought / shown), `random` (of the sessions' items altogether), `replicates`:
      the conversion on resampled users, the same resamples as everywhere.
    """
    table = pq.read_table(predictions)
    events = pq.read_table(os.path.join(tables, "events.parquet"), columns=["session_id"])["session_id"]
    session = np.unique(events.take(table["sample"]).to_numpy(zero_copy_only=False).astype(str), return_inverse=True)[1]
    names, user = np.unique(np.asarray(table["user"].to_pylist(), dtype=str), return_inverse=True)
    label = table["label"].to_numpy()
    front = in_front(session, table["cvr"].to_numpy(), shown)
    contested = np.bincount(session)[session] > shown
    exposed = np.bincount(user, front & contested, len(names))  # [users]
    bought = np.bincount(user, label * (front & contested), len(names))
    counts = household_counts(names.tolist(), replicates)
    return {
        "shown": shown,
        "sessions": len(np.unique(session[contested])),
        "conversion": float(bought.sum() / exposed.sum()),
        "random": float(label[contested].mean()),
        "replicates": pack((counts @ bought) / (counts @ exposed)),
    }


def in_front(session: Ints, score: npt.NDArray[Any], shown: int) -> npt.NDArray[np.bool_]:
    """Whether an item is among the best of its session: bool [n]; of equal scores the earlier row."""
    order = np.lexsort((np.arange(len(score)), -score, session))
    starts = np.flatnonzero(np.append(True, np.diff(session[order]) != 0))
    place = np.arange(len(order)) - np.repeat(starts, np.diff(np.append(starts, len(order))))
    front = np.zeros(len(score), bool)
    front[order] = place < shown
    return front
