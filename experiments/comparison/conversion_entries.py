"""What a run's JSON says of its scores of conversion, besides their metrics."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from experiments.comparison.ranking import ranking_of
from experiments.comparison.replicates import replicates_of


def conversion_entries(predictions: Mapping[str, str], tables: str, shown: int) -> dict[str, Any]:
    """`replicates`, `ranking` and `judged_on` of each split.

    Args:
      predictions: the predictions file of each split.
      tables: the tables behind them.
      shown: how many of a session's items a ranking puts in front.
    """
    return {
        "replicates": {split: replicates_of(path) for split, path in predictions.items()},
        "ranking": {split: ranking_of(path, tables, shown) for split, path in predictions.items()},
        "judged_on": {split: judged_on(path) for split, path in predictions.items()},
    }


def judged_on(predictions: str) -> str:
    """A hash of samples, their users and labels: runs are compared where they are judged on the same ones."""
    table = pq.read_table(predictions, columns=["sample", "user", "label"]).sort_by("sample")
    digest = hashlib.sha256()
    for name in ("sample", "label"):
        digest.update(table[name].to_numpy().astype(np.int64).tobytes())
    digest.update("\0".join(map(str, table["user"].to_pylist())).encode())
    return digest.hexdigest()[:16]
