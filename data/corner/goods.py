"""The items as they truly are: kind, shop, price, weight and an honest text."""

from __future__ import annotations

import dataclasses

import numpy as np

from data.corner import texts
from data.corner.kinds import CATEGORIES, GRADES, KINDS
from data.corner.store_settings import StoreSettings

_GRADE_SHARES = (0.3, 0.4, 0.3)


@dataclasses.dataclass(frozen=True)
class Goods:
    """Arrays over the items; everything here is true, before the dirt.

    Attributes:
      kind: index into KINDS, int [n].
      grade: index into GRADES, int [n].
      shop: index into `shop_names`, int [n].
      category: index into CATEGORIES, int [n].
      price: yuan, float [n]; `price_level` is its log over the kind's usual price for that weight.
      grams: int [n].
      is_new, is_recent: on sale from the first test day on only, or from `recent_days` before it, bool [n].
      exposure: how often the platform shows it, relative, float [n].
      titles, descriptions: honest texts.
      shop_names, shop_district: of the shops.
    """

    kind: np.ndarray
    grade: np.ndarray
    shop: np.ndarray
    category: np.ndarray
    price: np.ndarray
    price_level: np.ndarray
    grams: np.ndarray
    is_new: np.ndarray
    is_recent: np.ndarray
    exposure: np.ndarray
    titles: list[str]
    descriptions: list[str]
    shop_names: list[str]
    shop_district: np.ndarray

    def __len__(self) -> int:
        return len(self.kind)


def make_goods(settings: StoreSettings, districts: int) -> Goods:
    """Draws the catalogue: every kind equally often, spread over the shops."""
    generator = np.random.default_rng([settings.seed, 1])
    n = settings.items
    kind = generator.permutation(np.arange(n) % len(KINDS))
    grade = generator.choice(len(GRADES), size=n, p=_GRADE_SHARES)
    shop = generator.permutation(np.arange(n) % settings.shops)
    size = generator.choice([0.5, 1.0, 2.0], size=n, p=[0.25, 0.5, 0.25])
    grams = np.array([int(KINDS[k].grams * s) for k, s in zip(kind, size, strict=True)])
    shop_level = generator.normal(0.0, 0.1, size=settings.shops)
    price_level = generator.normal(0.0, 0.2, size=n) + shop_level[shop]
    usual = np.array([KINDS[k].price for k in kind])
    price = np.round(usual * size**0.9 * np.exp(price_level), 1)
    order, new, late = generator.permutation(n), settings.new_count, settings.recent_count
    is_new, is_recent = np.isin(np.arange(n), order[:new]), np.isin(np.arange(n), order[new : new + late])
    titles, descriptions = [], []
    for k, level, weight in zip(kind, grade, grams, strict=True):
        titles.append(texts.title(KINDS[k], int(level), int(weight), settings.language, generator))
        descriptions.append(texts.description(KINDS[k], settings.language, generator))
    return Goods(
        kind=kind,
        grade=grade,
        shop=shop,
        category=np.array([CATEGORIES.index(KINDS[k].category) for k in kind]),
        price=price,
        price_level=price_level,
        grams=grams,
        is_new=is_new,
        is_recent=is_recent,
        exposure=np.exp(generator.normal(0.0, 0.4, size=n)),
        titles=titles,
        descriptions=descriptions,
        shop_names=texts.shop_names(settings.shops, settings.language, generator),
        shop_district=generator.integers(districts, size=settings.shops),
    )
