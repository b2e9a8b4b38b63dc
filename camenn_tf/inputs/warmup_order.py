"""Which items a warm-up step shows: pass after pass over all of them, each pass in an order of its own."""

from __future__ import annotations

import functools

import numpy as np

from camenn_tf.errors import UserError
from camenn_tf.inputs import stateless


class WarmupOrder:
    """Targets by step, a function of (seed, step).

    Args:
      items: int64, the catalogue rows to draw from.
      size: targets a step.
      seed: the run's seed.
    """

    def __init__(self, items: np.ndarray, size: int, seed: int) -> None:
        self._items = items
        self._size = size
        self._seed = seed
        self._pass = functools.lru_cache(maxsize=2)(self._permuted)

    def targets(self, step: int) -> np.ndarray:
        """Catalogue rows int64 [size]. Raises ValueError when there is no item to draw."""
        if not self._items.size:
            raise UserError("alignment.warmup_steps: no item of the train split has text and image; set it to 0")
        position = np.arange(step * self._size, (step + 1) * self._size)
        number, place = position // self._items.size, position % self._items.size
        return np.concatenate([self._pass(int(one))[place[number == one]] for one in np.unique(number)])

    def _permuted(self, number: int) -> np.ndarray:
        return stateless.generator(self._seed, stateless.WARMUP_ORDER, number).permutation(self._items)
