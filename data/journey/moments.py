"""The moments at which fields are wanted, and the purchases they are computed from, with ids as small numbers."""

from __future__ import annotations

import dataclasses

import numpy as np
import pandas as pd

_BITS = 12  # of each code in a key; three fit the keys of PastEvents


@dataclasses.dataclass(frozen=True)
class Moments:
    """One row a (household, store, product, second); every array is int64 [n], codes start at 0.

    Attributes:
      second: when it happens; as a purchase, it is past for all later seconds.
      household, store, product: codes of the ids.
      kind, photo_class: codes of the product's type and photo class.
    """

    second: np.ndarray
    household: np.ndarray
    store: np.ndarray
    product: np.ndarray
    kind: np.ndarray
    photo_class: np.ndarray

    def keys(self, *names: str) -> np.ndarray:
        """One number a combination of these attributes (at most three; none = one key for all): int64 [n]."""
        key = np.zeros_like(self.second)
        for name in names:
            key = key << _BITS | getattr(self, name)
        return key

    def take(self, rows: np.ndarray) -> Moments:
        """These rows."""
        return Moments(**{name: values[rows] for name, values in vars(self).items()})


class Codes:
    """Turns ids into codes, the same ones for samples, purchases and baskets."""

    def __init__(self, households: np.ndarray, stores: np.ndarray, products: pd.DataFrame) -> None:
        """Takes the ids that occur, and products with product_id (rising), product_type and photo_class."""
        self._households, self._stores = np.unique(households), np.unique(stores)
        self._products = products["product_id"].to_numpy()
        self._kinds = np.unique(products["product_type"], return_inverse=True)[1].astype(np.int64)
        self._classes = np.unique(products["photo_class"], return_inverse=True)[1].astype(np.int64)
        for name, ids in (("households", self._households), ("stores", self._stores), ("products", self._products)):
            if len(ids) > 1 << _BITS:
                raise ValueError(f"{len(ids)} {name}, but the keys of past events hold at most {1 << _BITS}")

    def moments(self, rows: pd.DataFrame, second: str) -> Moments:
        """Codes of rows with household_id, store_id, the column `second`, and product_id (a whole basket has none)."""
        product = np.zeros(len(rows), np.int64)
        if "product_id" in rows:
            product = np.searchsorted(self._products, rows["product_id"].to_numpy())
        return Moments(
            second=rows[second].to_numpy(np.int64),
            household=np.searchsorted(self._households, rows["household_id"].to_numpy()),
            store=np.searchsorted(self._stores, rows["store_id"].to_numpy()),
            product=product,
            kind=self._kinds[product],
            photo_class=self._classes[product],
        )
