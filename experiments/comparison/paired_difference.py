"""The difference between two models over households and seeds together, and Holm's correction for many of them."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence

import numpy as np
import numpy.typing as npt

from experiments.statistics import spread_over_seeds

Floats = npt.NDArray[np.float64]


@dataclasses.dataclass(frozen=True)
class PairedDifference:
    """One model less another.

    Attributes:
      mean: of the runs' own scores.
      low, high: 95% interval.
      p_value: two-sided, not below 2 / (resamples + 1).
    """

    mean: float
    low: float
    high: float
    p_value: float


def paired_difference(
    scores: Sequence[float], others: Sequence[float], replicates: Floats, other_replicates: Floats
) -> PairedDifference:
    """Mean(score) - mean(other) over other households, by bootstrap, and other seeds, by Student's t.

    Both models see the same households in resample r (`household_counts`), and scores of one seed are a pair; see
    `spread_over_seeds`. With one seed the interval is that of households alone.

    Args:
      scores, others: [seeds], of the same seeds in the same order.
      replicates, other_replicates: [seeds, R], their AUC on the resampled households; NaN where there is none.

    Raises:
      ValueError: shapes differ, or no resample has both AUCs.
    """
    if replicates.shape != other_replicates.shape or len(scores) != len(others) or len(scores) != len(replicates):
        raise ValueError(f"{len(scores)} and {len(others)} runs, {replicates.shape} and {other_replicates.shape}")
    by_seed = np.subtract(scores, others)
    spread = spread_over_seeds((replicates - other_replicates).mean(0), by_seed.tolist())
    return PairedDifference(float(np.mean(by_seed)), spread.low, spread.high, spread.p_value)


def holm(p_values: Mapping[str, float]) -> dict[str, float]:
    """Adjusted p-values (Holm 1979): the i-th smallest of m times m - i + 1, made rising, at most 1."""
    adjusted, highest = {}, 0.0
    for rank, name in enumerate(sorted(p_values, key=lambda key: p_values[key])):
        highest = max(highest, min(1.0, (len(p_values) - rank) * p_values[name]))
        adjusted[name] = highest
    return adjusted
