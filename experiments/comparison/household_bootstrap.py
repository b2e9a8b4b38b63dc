"""AUC over resampled households: the same resamples for every run, so that runs can be compared in pairs."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

REPLICATES = 1000
_SEED = 20171201
_TOGETHER = 32  # replicates held in memory at once

Floats = npt.NDArray[np.float64]


def household_counts(households: Sequence[str], replicates: int = REPLICATES) -> npt.NDArray[np.int64]:
    """How often each household stands in each resample of as many households: int64 [replicates, H].

    Args:
      households: distinct ids; their order does not matter, but for the columns.
      replicates: number of resamples.
    """
    order = np.argsort(np.asarray(households, dtype=str), kind="stable")
    count = len(households)
    drawn = np.random.default_rng(_SEED).integers(0, count, (replicates, count))
    counts = np.stack([np.bincount(row, minlength=count) for row in drawn])
    out = np.empty_like(counts)
    out[:, order] = counts
    return out


def replicate_aucs(
    label: npt.ArrayLike, score: npt.ArrayLike, household: npt.ArrayLike, counts: npt.NDArray[np.int64]
) -> Floats:
    """AUC of each resample, every sample weighing as often as its household was drawn.

    Args:
      label: [n], 0 or 1.
      score: [n].
      household: int [n], columns of `counts`.
      counts: of `household_counts`.

    Returns:
      float64 [replicates]; NaN where a resample lacks a class.
    """
    labels, scores = np.asarray(label, np.float64), np.asarray(score, np.float64)
    columns = np.asarray(household)
    if not len(scores):
        return np.full(len(counts), np.nan)
    order = np.argsort(scores, kind="stable")
    labels, columns = labels[order], columns[order]
    starts = np.flatnonzero(np.append(True, np.diff(scores[order]) != 0))
    return np.concatenate(
        [
            _aucs(labels, counts[first : first + _TOGETHER][:, columns].astype(np.float64), starts)
            for first in range(0, len(counts), _TOGETHER)
        ]
    )


def _aucs(labels: Floats, weights: Floats, starts: npt.NDArray[np.int64]) -> Floats:
    """Weights [r, n] of samples in the order of their scores; ties begin at `starts`."""
    positive = np.add.reduceat(weights * labels, starts, axis=1)
    negative = np.add.reduceat(weights * (1.0 - labels), starts, axis=1)
    below = np.cumsum(negative, axis=1) - 0.5 * negative
    pairs = positive.sum(1) * negative.sum(1)
    won = (positive * below).sum(1)
    return np.divide(won, pairs, out=np.full(len(weights), np.nan), where=pairs > 0)
