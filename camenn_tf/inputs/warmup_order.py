"""Which items a step shows: pass after pass over all of them, each pass in an order of its own."""

from __future__ import annotations

import functools

import numpy as np

from camenn_tf.inputs import stateless


class WarmupOrder:
    """Targets by step, a function of (seed, step).

    Args:
      items: int64, the catalogue rows to draw from, at least one.
      size: targets a step.
      seed: the run's seed.
      purpose: the stream of random numbers, see `stateless`.
    """

    def __init__(self, items: np.ndarray, size: int, seed: int, purpose: int = stateless.WARMUP_ORDER) -> None:
        self._items = items
        self._size = size
        self._seed = seed
        self._purpose = purpose
        self._pass = functools.lru_cache(maxsize=2)(self._permuted)

    def targets(self, step: int) -> np.ndarray:
        """Catalogue rows int64 [size]."""
        position = np.arange(step * self._size, (step + 1) * self._size)
        number, place = position // self._items.size, position % self._items.size
        parts = [self._pass(int(one))[place[number == one]] for one in np.unique(number)]
        return np.concatenate([np.zeros(0, np.int64), *parts])

    def _permuted(self, number: int) -> np.ndarray:
        return stateless.generator(self._seed, self._purpose, number).permutation(self._items)
