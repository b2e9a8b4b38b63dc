"""Statistics of few seeds."""

from __future__ import annotations

import dataclasses
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import optimize, stats

Floats = npt.NDArray[np.float64]


def mean_and_deviation(values: Sequence[float]) -> tuple[float, float]:
    """Mean and sample standard deviation (n - 1); the deviation of one value is NaN."""
    return float(np.mean(values)), float(np.std(values, ddof=1)) if len(values) > 1 else float("nan")


@dataclasses.dataclass(frozen=True)
class Spread:
    """What the mean over seeds may be for other households and other seeds together.

    Attributes:
      low, high: 95% interval.
      p_value: that it is 0, two-sided, not below 2 / (resamples + 1).
    """

    low: float
    high: float
    p_value: float


def spread_over_seeds(resampled: Floats, by_seed: Sequence[float]) -> Spread:
    """Each resample of the households with s / sqrt(n) t added, s the deviation between the n seeds, t Student's.

    Its distribution function is F(x) = mean_r T_{n-1}((x - resampled_r) sqrt(n) / s). (Seeds drawn with replacement
    have 2/3 of the variance where n = 3, and no heavy tails.) One seed says nothing about others: the resamples alone.

    Args:
      resampled: [R], the mean over seeds on resampled households; NaN where there is none.
      by_seed: the n values on all households.

    Raises:
      ValueError: no resample has a value.
    """
    known = resampled[~np.isnan(resampled)]
    if not len(known):
        raise ValueError("no resample of the households has a value")
    scale = float(np.std(by_seed, ddof=1)) / np.sqrt(len(by_seed)) if len(by_seed) > 1 else 0.0
    least = 1 / (len(known) + 1)
    if not scale:
        low, high = np.percentile(known, [2.5, 97.5])
        side = min(float(np.mean(known <= 0)), float(np.mean(known >= 0)))
        return Spread(float(low), float(high), min(1.0, 2 * max(side, least)))

    def below(value: float) -> float:
        return float(np.mean(stats.t.cdf((value - known) / scale, len(by_seed) - 1)))

    far = 2 * scale * stats.t.ppf(0.999, len(by_seed) - 1)
    ends = known.min() - far, known.max() + far
    low, high = (optimize.brentq(lambda value, part=part: below(value) - part, *ends) for part in (0.025, 0.975))
    return Spread(low, high, min(1.0, 2 * max(min(below(0.0), 1 - below(0.0)), least)))
