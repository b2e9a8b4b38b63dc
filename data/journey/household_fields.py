"""Event columns about a household: how it shops, and how it has bought this product and products like it.

Everything is strictly before the basket: a household's purchases count from the second of their basket's first line.
"""

from __future__ import annotations

import numpy as np

from data.journey.moments import Moments
from data.journey.past_events import PastEvents

Columns = dict[str, np.ndarray]  # name -> float32 [n]

CONTEXT_FIELDS = (
    "household_basket_recency",
    "household_baskets_28d",
    "household_purchases",
    "household_purchases_28d",
    "household_tried_share",
    "household_store_share",
)
CROSS_FIELDS = (
    "class_count",
    "class_count_28d",
    "class_count_91d",
    "class_recency",
    "product_count_here",
    "product_share_of_household",
    "kind_share_of_household",
    "class_share_of_household",
    "product_share_of_kind",
    "product_per_basket",
    "kind_per_basket",
    "product_due",
    "kind_due",
    "product_baskets_since",
    "product_lift",
    "kind_lift",
)
SMOOTHING = 1.0  # purchases added to a ratio's denominator, so that it is small where little is known


def context_fields(at: Moments, baskets: Moments, bought: Moments) -> Columns:
    """How the household shops, whatever the product; `baskets` are its baskets of any goods."""
    visits = PastEvents(baskets.keys("household"), baskets.second)
    store_visits = PastEvents(baskets.keys("household", "store"), baskets.second)
    purchases = PastEvents(bought.keys("household"), bought.second)
    firsts = first_purchases(bought)
    tried = PastEvents(firsts.keys("household"), firsts.second)
    household, now = at.keys("household"), at.second
    count = visits.count(household, now)
    total = purchases.count(household, now)
    return {
        "household_basket_recency": visits.recency(household, now),
        "household_baskets_28d": visits.count(household, now, 28),
        "household_purchases_28d": purchases.count(household, now, 28),
        "household_purchases": total,
        "household_tried_share": tried.count(household, now) / (total + SMOOTHING),
        "household_store_share": store_visits.count(at.keys("household", "store"), now) / (count + SMOOTHING),
    }


def cross_fields(at: Moments, baskets: Moments, bought: Moments) -> Columns:
    """How the household has bought this product, its type and its photo class."""
    now = at.second
    visits = PastEvents(baskets.keys("household"), baskets.second)
    household_baskets = visits.count(at.keys("household"), now)
    purchases = PastEvents(bought.keys("household"), bought.second).count(at.keys("household"), now)
    same_product = _PastOf(at, bought, "household", "product")
    same_kind = _PastOf(at, bought, "household", "kind")
    same_class = _PastOf(at, bought, "household", "photo_class")
    same_store = _PastOf(at, bought, "household", "product", "store")
    all_sales = PastEvents(bought.keys(), bought.second).count(at.keys(), now, 91)
    product_share = _PastOf(at, bought, "product").count(91) / (all_sales + SMOOTHING)
    kind_share = _PastOf(at, bought, "kind").count(91) / (all_sales + SMOOTHING)
    return {
        "class_count": same_class.count(),
        "class_count_28d": same_class.count(28),
        "class_count_91d": same_class.count(91),
        "class_recency": same_class.recency(),
        "product_count_here": same_store.count(),
        "product_share_of_household": same_product.count() / (purchases + SMOOTHING),
        "kind_share_of_household": same_kind.count() / (purchases + SMOOTHING),
        "class_share_of_household": same_class.count() / (purchases + SMOOTHING),
        "product_share_of_kind": same_product.count() / (same_kind.count() + SMOOTHING),
        "product_per_basket": same_product.count() / (household_baskets + SMOOTHING),
        "kind_per_basket": same_kind.count() / (household_baskets + SMOOTHING),
        "product_due": same_product.due(),
        "kind_due": same_kind.due(),
        "product_baskets_since": _baskets_since(visits, at, same_product.recency()),
        "product_lift": same_product.count() / (purchases * product_share + SMOOTHING),
        "kind_lift": same_kind.count() / (purchases * kind_share + SMOOTHING),
    }


class _PastOf:
    """Past purchases that agree with the moments in some attributes."""

    def __init__(self, at: Moments, bought: Moments, *names: str) -> None:
        self._past = PastEvents(bought.keys(*names), bought.second)
        self._keys, self._now = at.keys(*names), at.second

    def count(self, days: float | None = None) -> np.ndarray:
        return self._past.count(self._keys, self._now, days)

    def recency(self) -> np.ndarray:
        return self._past.recency(self._keys, self._now)

    def due(self) -> np.ndarray:
        """Days since the last purchase over the mean gap between purchases; NaN before the second one."""
        last, count = self.recency(), self.count()
        gap = (self._past.first(self._keys, self._now) - last) / np.maximum(count - 1, 1)
        return np.where(gap > 0, last / np.maximum(gap, 1 / 24), np.nan).astype(np.float32)


def _baskets_since(visits: PastEvents, at: Moments, recency: np.ndarray) -> np.ndarray:
    """Baskets of the household after that of the last purchase; NaN where there is none."""
    last = at.second - np.rint(np.nan_to_num(recency).astype(np.float64) * 86400).astype(np.int64)
    household = at.keys("household")
    # the recency is a float: half a minute later is past the basket itself
    since = visits.count(household, at.second) - visits.count(household, last + 30)
    return np.where(np.isnan(recency), np.nan, np.maximum(since, 0)).astype(np.float32)


def first_purchases(bought: Moments) -> Moments:
    """Of each household and product, the first purchase."""
    order = np.argsort(bought.second, kind="stable")
    _, first = np.unique(bought.keys("household", "product")[order], return_index=True)
    return bought.take(order[first])
