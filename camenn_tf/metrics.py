"""Metrics of binary predictions in plain NumPy, exact on ties and in float64."""

from __future__ import annotations

import dataclasses
from typing import Any

import numpy as np
import numpy.typing as npt

Values = npt.NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class CalibrationBin:
    """Samples of neighbouring scores: how many, what the model said on average, and how many were positive."""

    samples: int
    mean_score: float
    positive_share: float


def auc(label: npt.ArrayLike, score: npt.ArrayLike, weight: npt.ArrayLike | None = None) -> float:
    """Area under the ROC curve: P(score of a positive > score of a negative) + P(equal) / 2.

    Args:
      label: [n], 0 or 1.
      score: [n], any finite numbers.
      weight: [n], at least 0; a pair counts with the product of its weights. None = 1 each.

    Returns:
      A number from 0 to 1; NaN when either class is absent (or weighs nothing).

    Raises:
      ValueError: lengths differ, a label is not 0 or 1, or a score is not finite.
    """
    labels, scores = _checked(label, score)
    weights = np.ones_like(scores) if weight is None else _weights(weight, len(scores))
    order = np.argsort(scores, kind="stable")
    starts = _starts(scores[order])
    if not len(starts):
        return float("nan")
    positive = np.add.reduceat((weights * labels)[order], starts)  # by distinct score, rising
    negative = np.add.reduceat((weights * (1.0 - labels))[order], starts)
    below = np.cumsum(negative) - negative
    pairs = positive.sum() * negative.sum()
    return float((positive * (below + negative / 2)).sum() / pairs) if pairs > 0 else float("nan")


def grouped_auc(label: npt.ArrayLike, score: npt.ArrayLike, group: npt.ArrayLike) -> float:
    """GAUC: the mean of the groups' (users') own AUC, weighted by their samples; groups of one class are left out.

    Args:
      label: [n], 0 or 1.
      score: [n], finite.
      group: [n], whatever names the group (a user index or id).

    Returns:
      A number from 0 to 1; NaN when no group has both classes.

    Raises:
      ValueError: as `auc`.
    """
    labels, scores = _checked(label, score)
    names = np.unique(np.asarray(group), return_inverse=True)[1].reshape(-1)
    if len(names) != len(scores):
        raise ValueError(f"{len(scores)} scores, but {len(names)} groups")
    order = np.lexsort((scores, names))
    labels, scores, names = labels[order], scores[order], names[order]
    tie_starts = np.flatnonzero(_changes(scores) | _changes(names))
    if not len(tie_starts):
        return float("nan")
    # A tie's members share the mean of the 0-based places they take up.
    tie_sizes = np.diff(np.append(tie_starts, len(scores)))
    rank = np.repeat(tie_starts + (tie_sizes - 1) / 2, tie_sizes)
    starts = np.flatnonzero(_changes(names))
    count = np.diff(np.append(starts, len(names))).astype(np.float64)
    positives = np.add.reduceat(labels, starts)
    rank_sum = np.add.reduceat(labels * (rank - np.repeat(starts, count.astype(np.int64))), starts)
    both = (positives > 0) & (positives < count)
    if not both.any():
        return float("nan")
    count, positives, rank_sum = count[both], positives[both], rank_sum[both]
    areas = (rank_sum - positives * (positives - 1) / 2) / (positives * (count - positives))
    return float((areas * count).sum() / count.sum())


def log_loss(label: npt.ArrayLike, score: npt.ArrayLike, weight: npt.ArrayLike | None = None) -> float:
    """Mean binary cross-entropy, -(y log p + (1 - y) log(1 - p)), p kept one rounding step away from 0 and 1.

    Args:
      label: [n], 0 or 1.
      score: [n], probabilities.
      weight: [n], at least 0; None = 1 each.

    Returns:
      The weighted mean; NaN for no samples.

    Raises:
      ValueError: as `auc`, and when a score is not a probability.
    """
    labels, scores = _checked(label, score)
    if len(scores) and (scores.min() < 0 or scores.max() > 1):
        raise ValueError(f"log loss needs probabilities, got scores from {scores.min()} to {scores.max()}")
    weights = np.ones_like(scores) if weight is None else _weights(weight, len(scores))
    # The step of the type the scores came in, as scikit-learn does: a float32 cannot tell 1 - 1e-12 from 1.
    given = np.asarray(score).dtype
    step = float(np.finfo(given).eps) if np.issubdtype(given, np.floating) else float(np.finfo(np.float64).eps)
    clipped = np.clip(scores, step, 1.0 - step)
    losses = -(labels * np.log(clipped) + (1.0 - labels) * np.log1p(-clipped))
    return float((weights * losses).sum() / weights.sum()) if weights.sum() > 0 else float("nan")


def calibration(label: npt.ArrayLike, score: npt.ArrayLike, bins: int = 10) -> list[CalibrationBin]:
    """Mean score beside the share of positives, in `bins` groups of equal size by rising score (deciles).

    Samples of equal score that a border parts take their mean label along, so row order changes nothing.

    Args:
      label: [n], 0 or 1.
      score: [n], probabilities.
      bins: number of groups; sizes differ by one at most, empty ones are left out.

    Returns:
      The groups by rising score.

    Raises:
      ValueError: as `auc`, and when `bins` is below 1.
    """
    if bins < 1:
        raise ValueError(f"bins is {bins}, expected at least 1")
    labels, scores = _checked(label, score)
    order = np.argsort(scores, kind="stable")
    labels, scores = labels[order], scores[order]
    starts = _starts(scores)
    if not len(starts):
        return []
    sizes = np.diff(np.append(starts, len(scores)))
    labels = np.repeat(np.add.reduceat(labels, starts) / sizes, sizes)
    parts = zip(np.array_split(scores, bins), np.array_split(labels, bins), strict=True)
    return [CalibrationBin(len(part), float(part.mean()), float(share.mean())) for part, share in parts if len(part)]


def accuracy(label: npt.ArrayLike, score: npt.ArrayLike, threshold: float = 0.5) -> float:
    """Share of samples whose label is 1 exactly when score >= threshold; NaN for no samples. Errors as `auc`."""
    labels, scores = _checked(label, score)
    return float(np.mean((scores >= threshold) == (labels > 0))) if len(scores) else float("nan")


def best_threshold(label: npt.ArrayLike, score: npt.ArrayLike) -> float:
    """The score at which `accuracy` is highest (the lowest such one; infinity = call nothing positive).

    Args:
      label: [n], 0 or 1.
      score: [n], finite.

    Returns:
      One of the scores, or infinity; NaN for no samples.

    Raises:
      ValueError: as `auc`.
    """
    labels, scores = _checked(label, score)
    order = np.argsort(scores, kind="stable")
    labels, scores = labels[order], scores[order]
    starts = _starts(scores)
    if not len(starts):
        return float("nan")
    # A cut below place s is right on the positives from s on and on the negatives before it.
    positives = np.append(0.0, np.cumsum(labels))
    cuts = np.append(starts, len(scores))
    right = (positives[-1] - positives[cuts]) + (cuts - positives[cuts])
    return float(np.append(scores[starts], np.inf)[int(np.argmax(right))])


def _checked(label: npt.ArrayLike, score: npt.ArrayLike) -> tuple[Values, Values]:
    labels = np.asarray(label, np.float64).reshape(-1)
    scores = np.asarray(score, np.float64).reshape(-1)
    if len(labels) != len(scores):
        raise ValueError(f"{len(scores)} scores, but {len(labels)} labels")
    if not np.isin(labels, (0.0, 1.0)).all():
        raise ValueError("labels must be 0 or 1")
    if not np.isfinite(scores).all():
        raise ValueError(f"score {int(np.flatnonzero(~np.isfinite(scores))[0])} is not finite")
    return labels, scores


def _weights(weight: npt.ArrayLike, count: int) -> Values:
    weights = np.asarray(weight, np.float64).reshape(-1)
    if len(weights) != count:
        raise ValueError(f"{count} scores, but {len(weights)} weights")
    if len(weights) and not weights.min() >= 0:
        raise ValueError("weights must be at least 0")
    return weights


def _changes(values: npt.NDArray[Any]) -> npt.NDArray[np.bool_]:
    """Where a run of equal neighbours begins, [n]."""
    changes = np.ones(len(values), bool)
    changes[1:] = values[1:] != values[:-1]
    return changes


def _starts(values: npt.NDArray[Any]) -> npt.NDArray[np.int64]:
    """Places where runs of equal neighbours begin."""
    return np.flatnonzero(_changes(values))
