"""Statistics of few seeds."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from scipy import stats


def mean_and_deviation(values: Sequence[float]) -> tuple[float, float]:
    """Mean and sample standard deviation (n - 1); the deviation of one value is NaN."""
    return float(np.mean(values)), float(np.std(values, ddof=1)) if len(values) > 1 else float("nan")


def interval_half_width(values: Sequence[float], level: float = 0.95) -> float:
    """Half the width of Student's interval of the mean, t_{n-1} s / sqrt(n); NaN for one value."""
    if len(values) < 2:
        return float("nan")
    quantile = stats.t.ppf(0.5 + level / 2, len(values) - 1)
    return float(quantile * np.std(values, ddof=1) / np.sqrt(len(values)))
