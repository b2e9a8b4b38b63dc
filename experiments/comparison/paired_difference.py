"""The difference between two models over households and seeds together, and Holm's correction for many of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

_SEED = 7
Floats = npt.NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class PairedDifference:
    """One model less another.

    Attributes:
      mean: of the runs' own scores.
      low, high: 95% interval.
      p_value: two-sided, not below 1 / replicates.
    """

    mean: float
    low: float
    high: float
    p_value: float


def paired_difference(
    scores: Sequence[float], others: Sequence[float], replicates: Floats, other_replicates: Floats
) -> PairedDifference:
    """Bootstrap of mean(score) - mean(other): every resample draws households and seeds.

    Both models see the same households in resample r (`household_counts`) and the same seeds, drawn with replacement.

    Args:
      scores, others: [seeds], of the same seeds in the same order.
      replicates, other_replicates: [seeds, R], their AUC on the resampled households.

    Raises:
      ValueError: shapes differ.
    """
    if replicates.shape != other_replicates.shape or len(scores) != len(others) or len(scores) != len(replicates):
        raise ValueError(f"{len(scores)} and {len(others)} runs, {replicates.shape} and {other_replicates.shape}")
    seeds, count = replicates.shape
    drawn = np.random.default_rng(_SEED).integers(0, seeds, (count, seeds))
    differences = (replicates - other_replicates)[drawn, np.arange(count)[:, None]].mean(1)
    differences = differences[~np.isnan(differences)]
    low, high = np.percentile(differences, [2.5, 97.5])
    wrong_side = min(np.mean(differences <= 0), np.mean(differences >= 0))
    p_value = min(1.0, max(2 * wrong_side, 1 / count))
    return PairedDifference(float(np.mean(scores) - np.mean(others)), float(low), float(high), float(p_value))


def holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """Adjusted p-values (Holm 1979): the i-th smallest of m times m - i + 1, made rising, at most 1."""
    adjusted, highest = {}, 0.0
    for rank, name in enumerate(sorted(p_values, key=lambda key: p_values[key])):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[name]))
        adjusted[name] = highest
    return adjusted
