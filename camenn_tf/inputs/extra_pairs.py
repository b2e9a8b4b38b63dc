"""Pairs that the tables set aside to learn alignment from; donors are anyone's, or of the same coarse class."""

from __future__ import annotations

import numpy as np

from camenn_tf.errors import UserError
from camenn_tf.inputs import stateless
from camenn_tf.inputs.catalogue import Catalogue
from camenn_tf.inputs.derangement import conflicts, derangements
from camenn_tf.inputs.warmup_order import WarmupOrder


class ExtraPairs:
    """Items and donors of a step, a function of (seed, step): pass after pass over the items, each in its own order.

    Of a step's items `hard_share` come in twos of one coarse class (two sorts of apples) that are each other's donor;
    the donors of the others are a derangement. Either way each text and each image stands as often in a genuine pair
    as in a wrong one.

    Args:
      catalogue: all items.
      rows: int64, catalogue rows to draw from.
      size: items a step.
      seed: the run's seed.
      hard_share: 0 to 1.
      donors: negatives a positive and task; those of a two are all the other one.
    """

    def __init__(
        self, catalogue: Catalogue, rows: np.ndarray, size: int, seed: int, hard_share: float, donors: int
    ) -> None:
        self._catalogue, self._seed, self._donors = catalogue, seed, donors
        leaders = int(hard_share * size) // 2
        self._leaders = WarmupOrder(rows, leaders, seed, stateless.HARD_ORDER)
        self._others = WarmupOrder(rows, size - 2 * leaders, seed, stateless.EXTRA_ORDER)
        coarse = catalogue.coarse_group[rows]
        known = np.unique(coarse[coarse >= 0]) if hard_share else ()
        if hard_share and not len(known):
            raise UserError(
                f"alignment.hard_share={hard_share}: no item to learn alignment from has a coarse class "
                "(alignment_coarse_class of schema.json); set it to 0"
            )
        self._of_coarse = {int(group): rows[coarse == group] for group in known}

    def draw(self, step: int) -> tuple[np.ndarray, np.ndarray]:
        """Catalogue rows int64 [m] of the step's items and [m, donors] of their donors, m at most `size`.

        Items without any possible donor are left out.

        Args:
          step: counted over all epochs.
        """
        rng = stateless.generator(self._seed, stateless.EXTRA_PAIRS, step)
        first, second = self._twos(self._leaders.targets(step), rng)
        items = self._others.targets(step)
        kept, donors = derangements(self._catalogue.alignment_groups(items), rng, self._donors)
        own = np.concatenate([np.stack([first, second], 1).reshape(-1), items[kept]])
        swapped = np.stack([second, first], 1).reshape(-1)
        others = np.concatenate([np.repeat(swapped[:, None], self._donors, 1), items[donors.T]])
        return own, others

    def _twos(self, leaders: np.ndarray, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        """Leaders that have a partner, and a random one of each: of their coarse class, but alike in nothing."""
        own, partners = [], []
        for row in leaders:
            like = self._of_coarse.get(int(self._catalogue.coarse_group[row]), leaders[:0])
            same = conflicts(self._catalogue.alignment_groups(like), self._catalogue.alignment_groups(np.array([row])))
            if not same.all():
                own.append(row)
                partners.append(like[~same][rng.integers((~same).sum())])
        return np.asarray(own, np.int64), np.asarray(partners, np.int64)
