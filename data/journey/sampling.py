"""Which purchases become samples, and which products stand against them as not bought."""

from __future__ import annotations

import bisect
import collections
from collections.abc import Iterator

import numpy as np
import pandas as pd

WINDOW_DAYS = 91
NEGATIVES = 4
SEED = 20240601
FIRST_WEEK = 5  # weeks 1-4 only warm the histories
DAY = 86400


def draw_samples(purchases: pd.DataFrame, first_week: int = FIRST_WEEK, seed: int = SEED) -> pd.DataFrame:
    """One positive to four negatives: purchases against products that the same store sold but this basket has not.

    For positives and negatives alike, the product must have been sold in the store in the 91 days strictly before the
    basket, so that the way the pool was made cannot tell the label. Negatives are drawn in proportion to those sales
    (a product's past sales alone then tell little), distinct within a positive. Purchases whose pool has fewer than
    four other products are left out.

    Args:
      purchases: as `mapped_purchases` returns them, in time order.
      first_week: first week whose purchases become samples.
      seed: of the draws.

    Returns:
      household_id, basket_id, store_id, week, tsec, product_id, label; each positive followed by its negatives.
    """
    generator = np.random.default_rng(seed)
    ids, codes = np.unique(purchases["product_id"], return_inverse=True)
    purchases = purchases.assign(code=codes)
    sold = _sold_by_store(purchases)
    rows: list[tuple[int, ...]] = []
    for basket, bought in _baskets(purchases[purchases["week"] >= first_week]):
        _, _, store, _, second = basket
        times, sold_codes = sold[store]
        seen = sold_codes[bisect.bisect_left(times, second - WINDOW_DAYS * DAY) : bisect.bisect_left(times, second)]
        sales = np.bincount(seen, minlength=len(ids))  # by product
        positives = bought[sales[bought] > 0]
        sales[bought] = 0
        if np.count_nonzero(sales) < NEGATIVES:
            continue
        pool = seen[sales[seen] > 0]  # a product stands as often as it was sold
        for positive in positives:
            rows.append((*basket, int(ids[positive]), 1))
            rows.extend((*basket, int(ids[negative]), 0) for negative in _distinct(generator, pool))
    names = ["household_id", "basket_id", "store_id", "week", "tsec", "product_id", "label"]
    return pd.DataFrame(np.array(rows, np.int64).reshape(-1, len(names)), columns=names)


def _sold_by_store(purchases: pd.DataFrame) -> dict[int, tuple[list[int], np.ndarray]]:
    times: dict[int, list[int]] = collections.defaultdict(list)
    codes: dict[int, list[int]] = collections.defaultdict(list)
    for store, code, second in zip(*(purchases[name].tolist() for name in ("store_id", "code", "sec")), strict=True):
        times[store].append(second)
        codes[store].append(code)
    return {store: (times[store], np.array(codes[store], np.int64)) for store in times}


def _baskets(purchases: pd.DataFrame) -> Iterator[tuple[tuple[int, int, int, int, int], np.ndarray]]:
    """Baskets in time order, with the codes of the products bought; the lines of a basket stand together."""
    columns = [purchases[name].to_numpy() for name in ("household_id", "basket_id", "store_id", "week", "tsec")]
    codes = purchases["code"].to_numpy()
    starts = np.flatnonzero(np.diff(columns[1], prepend=-1))
    for start, end in zip(starts, np.append(starts[1:], len(codes)), strict=True):
        household, basket, store, week, second = (int(column[start]) for column in columns)
        yield (household, basket, store, week, second), codes[start:end]


def _distinct(generator: np.random.Generator, pool: np.ndarray) -> list[int]:
    drawn: list[int] = []
    while len(drawn) < NEGATIVES:
        code = int(pool[generator.integers(0, len(pool))])
        if code not in drawn:
            drawn.append(code)
    return drawn
