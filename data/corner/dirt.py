"""What shops get wrong: vague or foreign titles, wrong shelves, blurred or foreign pictures."""

from __future__ import annotations

import dataclasses

import numpy as np

from data.corner import texts
from data.corner.goods import Goods
from data.corner.kinds import CATEGORIES
from data.corner.store_settings import StoreSettings


@dataclasses.dataclass(frozen=True)
class Dirt:
    """What the tables show instead of the truth.

    Attributes:
      titles: as shown.
      category: as shown, index into CATEGORIES, int [n].
      picture_of: the item whose picture is shown, int [n].
      vague_title, wrong_title, wrong_category, blurred_picture, wrong_picture: bool [n].
    """

    titles: list[str]
    category: np.ndarray
    picture_of: np.ndarray
    vague_title: np.ndarray
    wrong_title: np.ndarray
    wrong_category: np.ndarray
    blurred_picture: np.ndarray
    wrong_picture: np.ndarray

    @property
    def dirty(self) -> np.ndarray:
        """Any of the faults, bool [n]."""
        return self.vague_title | self.wrong_title | self.wrong_category | self.blurred_picture | self.wrong_picture


def make_dirt(settings: StoreSettings, goods: Goods) -> Dirt:
    """Spoils exactly the stated shares of the items; a foreign title or picture is always one of another kind."""
    generator = np.random.default_rng([settings.seed, 5])
    n = len(goods)
    vague, wrong_title = _two_sets(n, settings.vague_title, settings.wrong_title, generator)
    blurred, wrong_picture = _two_sets(n, settings.blurred_picture, settings.wrong_picture, generator)
    wrong_category, _ = _two_sets(n, settings.wrong_category, 0.0, generator)
    titles = list(goods.titles)
    category = goods.category.copy()
    picture_of = np.arange(n)
    for item in range(n):
        foreign = np.flatnonzero(goods.kind != goods.kind[item])
        other_title, other_picture = generator.choice(foreign, size=2) if len(foreign) else (item, item)
        other_shelf = (category[item] + generator.integers(1, len(CATEGORIES))) % len(CATEGORIES)
        vague_words = texts.vague_title(settings.language, generator)
        if vague[item]:
            titles[item] = vague_words
        if wrong_title[item]:
            titles[item] = goods.titles[other_title]
        if wrong_category[item]:
            category[item] = other_shelf
        if wrong_picture[item]:
            picture_of[item] = other_picture
    return Dirt(titles, category, picture_of, vague, wrong_title, wrong_category, blurred, wrong_picture)


def _two_sets(n: int, first: float, second: float, generator: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Two disjoint random sets of round(n * share) items, bool [n] each."""
    order = generator.permutation(n)
    one, two = np.zeros(n, dtype=bool), np.zeros(n, dtype=bool)
    cut = round(n * first)
    one[order[:cut]] = True
    two[order[cut : cut + round(n * second)]] = True
    return one, two
