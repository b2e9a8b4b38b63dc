"""Statistics of few seeds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt
from scipy import stats

_QUANTILES = 200  # of Student's distribution, in place of draws from it
Floats = npt.NDArray[np.float64]


def mean_and_deviation(values: Sequence[float]) -> tuple[float, float]:
    """Mean and sample standard deviation (n - 1); the deviation of one value is NaN."""
    return float(np.mean(values)), float(np.std(values, ddof=1)) if len(values) > 1 else float("nan")


def interval_half_width(values: Sequence[float], level: float = 0.95) -> float:
    """Half the width of Student's interval of the mean, t_{n-1} s / sqrt(n); NaN for one value."""
    if len(values) < 2:
        return float("nan")
    quantile = stats.t.ppf(0.5 + level / 2, len(values) - 1)
    return float(quantile * np.std(values, ddof=1) / np.sqrt(len(values)))


def with_seed_noise(resampled: Floats, by_seed: Sequence[float]) -> Floats:
    """What the mean over seeds may be for other households and other seeds together.

    To each resample comes s / sqrt(n) t, where s is the deviation between the n seeds and t runs over the quantiles of
    Student's distribution with n - 1 degrees of freedom. (Seeds drawn with replacement have 2/3 of the variance where
    n = 3, and no heavy tails.) Of one seed nothing is known about others: the resamples alone.

    Args:
      resampled: [R], the mean over seeds on resampled households.
      by_seed: the n values on all households.

    Returns:
      [R] for one seed, else [R * 200].
    """
    count = len(by_seed)
    if count < 2:
        return resampled
    quantiles = stats.t.ppf((np.arange(_QUANTILES) + 0.5) / _QUANTILES, count - 1)
    noise = float(np.std(by_seed, ddof=1)) / np.sqrt(count) * quantiles
    return np.ravel(resampled[:, None] + noise)
