from __future__ import annotations

import math

from experiments.statistics import mean_and_deviation


def test_by_hand() -> None:
    assert mean_and_deviation([1.0, 2.0, 3.0]) == (2.0, 1.0)
    mean, deviation = mean_and_deviation([0.5])
    assert mean == 0.5 and math.isnan(deviation)
