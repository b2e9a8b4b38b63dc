"""How much more a ranking sells than another, over users and seeds together."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from experiments.comparison.replicates import stacked

_SEED = 7


@dataclasses.dataclass(frozen=True)
class Gain:
    """Relative gain in conversion with its 95% interval."""

    mean: float
    low: float
    high: float


def ranking_gain(rankings: Sequence[Mapping[str, Any]], control: Sequence[Mapping[str, Any]]) -> Gain:
    """Mean conversion / mean conversion of the control - 1; every resample draws users and seeds, the same for both.

    Args:
      rankings, control: what `ranking_of` gave, of the same seeds in the same order.

    Raises:
      ValueError: as many rankings as controls are needed.
    """
    if len(rankings) != len(control):
        raise ValueError(f"{len(rankings)} rankings, but {len(control)} of the control")
    ours, theirs = (stacked([part["replicates"] for part in side]) for side in (rankings, control))  # [seeds, R]
    drawn = np.random.default_rng(_SEED).integers(0, len(ours), (ours.shape[1], len(ours)))
    place = np.arange(ours.shape[1])[:, None]
    gains = ours[drawn, place].mean(1) / theirs[drawn, place].mean(1) - 1
    low, high = np.nanpercentile(gains, [2.5, 97.5])
    means = [float(np.mean([part["conversion"] for part in side])) for side in (rankings, control)]
    return Gain(means[0] / means[1] - 1, float(low), float(high))
