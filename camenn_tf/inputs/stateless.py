"""Random numbers that are functions of their keys alone, so that a run can be resumed, or split, anywhere."""

from __future__ import annotations

import numpy as np

# One stream a purpose: draws for different purposes must not be the same numbers.
SHARD_ORDER, WINDOW_ORDER, CHOICE, CONTEXT, DONORS, WARMUP_ORDER, WARMUP_DONORS, PAIRS = range(8)
EXTRA_PAIRS, EXTRA_ORDER, HARD_ORDER = range(8, 11)

_GOLDEN = np.uint64(0x9E3779B97F4A7C15)
_MIX_1 = np.uint64(0xBF58476D1CE4E5B9)
_MIX_2 = np.uint64(0x94D049BB133111EB)


def generator(*keys: int) -> np.random.Generator:
    """A NumPy generator that is a function of its keys (integers of either sign)."""
    return np.random.default_rng([key & 0xFFFFFFFFFFFFFFFF for key in keys])


def uniform(numbers: np.ndarray, *keys: int) -> np.ndarray:
    """One number in [0, 1) for each integer, a function of it and the keys alone: float64, the shape of `numbers`.

    SplitMix64 (Steele, Lea, Flood: Fast splittable pseudorandom number generators, OOPSLA 2014) over keys and number.
    """
    state = np.zeros_like(numbers, np.uint64)
    for key in keys:
        state = _mix(state + np.uint64(key & 0xFFFFFFFFFFFFFFFF))
    state = _mix(state + numbers.astype(np.uint64))
    return np.asarray((state >> np.uint64(11)).astype(np.float64) * 2.0**-53)


def _mix(state: np.ndarray) -> np.ndarray:
    with np.errstate(over="ignore"):  # arithmetic is modulo 2^64
        state = state + _GOLDEN
        state = (state ^ (state >> np.uint64(30))) * _MIX_1
        state = (state ^ (state >> np.uint64(27))) * _MIX_2
    return np.asarray(state ^ (state >> np.uint64(31)))
