"""How much more a ranking sells than another, over users and seeds together."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from experiments.comparison.replicates import stacked
from experiments.statistics import spread_over_seeds


@dataclasses.dataclass(frozen=True)
class Gain:
    """Relative gain in conversion with its 95% interval."""

    mean: float
    low: float
    high: float


def ranking_gain(rankings: Sequence[Mapping[str, Any]], control: Sequence[Mapping[str, Any]]) -> Gain:
    """Mean conversion / mean conversion of the control - 1, over other users and other seeds.

    Users are resampled, the same for both; between seeds stands Student's t of their gains, see `spread_over_seeds`.

    Args:
      rankings, control: what `ranking_of` gave, of the same seeds in the same order.

    Raises:
      ValueError: as many rankings as controls are needed.
    """
    if len(rankings) != len(control):
        raise ValueError(f"{len(rankings)} rankings, but {len(control)} of the control")
    ours, theirs = (stacked([part["replicates"] for part in side]) for side in (rankings, control))  # [seeds, R]
    conversions = [[float(part["conversion"]) for part in side] for side in (rankings, control)]
    by_seed = [one / other - 1 for one, other in zip(*conversions, strict=True)]
    spread = spread_over_seeds(ours.mean(0) / theirs.mean(0) - 1, by_seed)
    return Gain(float(np.mean(conversions[0]) / np.mean(conversions[1])) - 1, spread.low, spread.high)
