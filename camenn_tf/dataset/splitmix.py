"""SplitMix64: the hash that shuffles samples, divides users and draws random numbers by key."""

from __future__ import annotations

import numpy as np

_GOLDEN = 0x9E3779B97F4A7C15
_MASK = (1 << 64) - 1


def mix(values: np.ndarray, seed: int = 0) -> np.ndarray:
    """uint64 hashes of integers, a bijection for every seed; the shape of `values`.

    The finalizer of Steele, Lea, Flood: Fast splittable pseudorandom number generators, OOPSLA 2014.
    """
    with np.errstate(over="ignore"):  # arithmetic is modulo 2^64
        z = values.astype(np.uint64) + np.uint64((seed * _GOLDEN + _GOLDEN) & _MASK)
        z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
        z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(z ^ (z >> np.uint64(31)))
