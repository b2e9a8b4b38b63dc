from __future__ import annotations

import math

import pytest

from experiments.statistics import interval_half_width, mean_and_deviation


def test_by_hand() -> None:
    assert mean_and_deviation([1.0, 2.0, 3.0]) == (2.0, 1.0)
    # t_2(.975) = 4.302653, s = 1
    assert interval_half_width([1.0, 2.0, 3.0]) == pytest.approx(4.302653 / math.sqrt(3), rel=1e-6)
    assert math.isnan(interval_half_width([1.0]))
    assert mean_and_deviation([0.5])[0] == 0.5
