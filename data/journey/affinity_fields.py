"""Event columns that say how well a product goes with what the household has bought so far."""

from __future__ import annotations

import numpy as np

from data.journey.household_fields import SMOOTHING, Columns
from data.journey.moments import Moments

AFFINITY_FIELDS = ("affinity_cosine", "affinity_share")
SHRINKAGE = 5.0  # buyers added to a product's own, so that rare products do not look alike by chance


def affinity_fields(at: Moments, week: np.ndarray, bought: Moments, bought_week: np.ndarray) -> Columns:
    """From the purchases of all weeks before the sample's, the product itself left out of the household's.

    With b[u, i] = 1 if household u has bought i, n_i = sum_u b[u, i] and c_ij = sum_u b[u, i] b[u, j]:

    - affinity_cosine of u and j: mean over i, weighted by log(1 + purchases of i by u), of c_ij / sqrt(n_i n_j)
    - affinity_share: mean over the i that u has bought of c_ij / n_i, the share of i's buyers who also bought j

    Args:
      at, bought: samples and purchases.
      week, bought_week: their weeks, int [n]; a week's purchases are all later than those of the week before.

    Returns:
      float32 [n] a field.
    """
    columns = {name: np.zeros(len(week), np.float32) for name in AFFINITY_FIELDS}
    shape = (max(at.household.max(), bought.household.max()) + 1, max(at.product.max(), bought.product.max()) + 1)
    for number in np.unique(week):
        rows, past = np.flatnonzero(week == number), bought_week < number
        counts = np.zeros(shape, np.float32)  # [households, products]
        np.add.at(counts, (bought.household[past], bought.product[past]), 1)
        households, row_of = np.unique(at.household[rows], return_inverse=True)
        scores = _scores(counts, households)
        for name, values in zip(AFFINITY_FIELDS, scores, strict=True):
            columns[name][rows] = values[row_of, at.product[rows]]
    return columns


def _scores(counts: np.ndarray, households: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Both fields of these households and every product, each [len(households), products]."""
    held = (counts > 0).astype(np.float32)
    buyers = held.sum(0) + SHRINKAGE  # [products]
    together = held.T @ held  # [products, products]
    np.fill_diagonal(together, 0)
    weights = np.log1p(counts[households])
    cosine = weights @ (together / np.sqrt(np.outer(buyers, buyers))) / (weights.sum(1, keepdims=True) + SMOOTHING)
    mine = held[households]
    share = mine @ (together / buyers[:, None]) / (mine.sum(1, keepdims=True) + SMOOTHING)
    return cosine, share
