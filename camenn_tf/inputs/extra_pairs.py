"""Pairs that the tables set aside to learn alignment from; donors are anyone's, or of the same coarse class."""

from __future__ import annotations

import numpy as np

from camenn_tf.errors import UserError
from camenn_tf.inputs import stateless
from camenn_tf.inputs.catalogue import Catalogue
from camenn_tf.inputs.derangement import conflicts, derangements


class ExtraPairs:
    """Items and donors of a step, a function of (seed, step): pass after pass over the items, each in its own order.

    Of a step's items `hard_share` come in twos of one coarse class (two sorts of apples) that are each other's donor;
    the donors of the others are a derangement. Either way each text and each image stands as often in a genuine pair
    as in a wrong one.

    Args:
      catalogue: all items.
      rows: int64, catalogue rows to draw from.
      seed: the run's seed.
      hard_share: 0 to 1.
      donors: negatives a positive and task; those of a two are all the other one.
    """

    def __init__(self, catalogue: Catalogue, rows: np.ndarray, seed: int, hard_share: float, donors: int) -> None:
        self._catalogue, self._rows, self._seed = catalogue, rows, seed
        self._hard_share, self._donors = hard_share, donors
        if hard_share and not (catalogue.coarse_group[rows] >= 0).any():
            raise UserError(
                f"alignment.hard_share={hard_share}: no item set aside for alignment has a coarse class "
                "(alignment_coarse_class of schema.json); set it to 0"
            )

    def draw(self, step: int, count: int) -> tuple[np.ndarray, np.ndarray]:
        """Catalogue rows int64 [m] of the step's items and [m, donors] of their donors, m at most `count`.

        Items without any possible donor are left out.

        Args:
          step: counted over all epochs.
          count: items wanted.
        """
        rng = stateless.generator(self._seed, stateless.EXTRA_PAIRS, step)
        leaders = int(self._hard_share * count) // 2
        first, second = self._twos(self._pass(step, leaders, stateless.HARD_ORDER), rng)
        items = self._pass(step, count - 2 * leaders, stateless.EXTRA_ORDER)
        kept, donors = derangements(self._catalogue.alignment_groups(items), rng, self._donors)
        own = np.concatenate([np.stack([first, second], 1).reshape(-1), items[kept]])
        swapped = np.stack([second, first], 1).reshape(-1)
        others = np.concatenate([np.repeat(swapped[:, None], self._donors, 1), items[donors.T]])
        return own, others

    def _twos(self, leaders: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Leaders that have a partner, and a random one of each: of their coarse class, but alike in nothing."""
        groups, coarse = self._catalogue.alignment_groups(self._rows), self._catalogue.coarse_group[self._rows]
        own, partners = [], []
        for row in leaders:
            fits = (coarse == self._catalogue.coarse_group[row]) & (coarse >= 0)
            options = self._rows[fits & ~conflicts(groups, self._catalogue.alignment_groups(np.array([row])))]
            if options.size:
                own.append(row)
                partners.append(options[rng.integers(options.size)])
        return np.asarray(own, np.int64), np.asarray(partners, np.int64)

    def _pass(self, step: int, count: int, purpose: int) -> np.ndarray:
        """The step's part of an endless sequence of permutations."""
        position = np.arange(step * count, (step + 1) * count)
        number, place = position // self._rows.size, position % self._rows.size
        parts = [
            stateless.generator(self._seed, purpose, int(one)).permutation(self._rows)[place[number == one]]
            for one in np.unique(number)
        ]
        return np.concatenate([np.zeros(0, np.int64), *parts])
