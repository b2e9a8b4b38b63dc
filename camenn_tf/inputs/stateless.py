"""Random numbers that are functions of their keys alone, so that a run can be resumed, or split, anywhere."""

from __future__ import annotations

import numpy as np

from camenn_tf.dataset.splitmix import mix

# One stream a purpose: draws for different purposes must not be the same numbers.
SHARD_ORDER, WINDOW_ORDER, CHOICE, CONTEXT, DONORS, WARMUP_ORDER, WARMUP_DONORS, PAIRS = range(8)
EXTRA_PAIRS, EXTRA_ORDER, HARD_ORDER = range(8, 11)


def generator(*keys: int) -> np.random.Generator:
    """A NumPy generator that is a function of its keys (integers of either sign)."""
    return np.random.default_rng([key & 0xFFFFFFFFFFFFFFFF for key in keys])


def uniform(numbers: np.ndarray, *keys: int) -> np.ndarray:
    """One number in [0, 1) for each integer, a function of it and the keys alone: float64, the shape of `numbers`.

    SplitMix64 over keys and number.
    """
    state = np.zeros_like(numbers, np.uint64)
    for key in keys:
        state = mix(state + np.uint64(key & 0xFFFFFFFFFFFFFFFF))
    state = mix(state + numbers.astype(np.uint64))
    return np.asarray((state >> np.uint64(11)).astype(np.float64) * 2.0**-53)
