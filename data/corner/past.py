"""What each sample's user had bought before: for the cross column of the tables and for the truth."""

from __future__ import annotations

import dataclasses

import numpy as np

from data.corner.goods import Goods
from data.corner.kinds import KINDS, TASTES
from data.corner.traffic import Traffic


@dataclasses.dataclass(frozen=True)
class Past:
    """Over the user's purchases strictly before an event and outside its session, arrays over the events.

    Attributes:
      purchases: how many.
      same_kind, same_taste: how many of them are truly of the item's kind, of its taste group.
      mean_log_price: mean log price of them, 0 where there is none.
    """

    purchases: np.ndarray
    same_kind: np.ndarray
    same_taste: np.ndarray
    mean_log_price: np.ndarray


def look_back(traffic: Traffic, goods: Goods) -> Past:
    """Goes through each user's events in time order; equal times count as later."""
    taste_of = np.array([TASTES.index(kind.taste) for kind in KINDS])
    kind = goods.kind[traffic.item]
    log_price = np.log(goods.price[traffic.item])
    e = len(traffic)
    past = Past(*(np.zeros(e) for _ in range(4)))
    order = np.lexsort((np.arange(e), traffic.timestamp, traffic.user))
    starts = np.flatnonzero(np.diff(traffic.user[order], prepend=-1))
    for begin, end in zip(starts, np.append(starts[1:], e), strict=True):
        rows = order[begin:end]
        bought = rows[traffic.label[rows] == 1]
        before = traffic.timestamp[bought][None, :] < traffic.timestamp[rows][:, None]
        before &= traffic.session[bought][None, :] != traffic.session[rows][:, None]  # [events, purchases]
        past.purchases[rows] = before.sum(axis=1)
        past.same_kind[rows] = (before & (kind[bought][None, :] == kind[rows][:, None])).sum(axis=1)
        same_taste = taste_of[kind[bought]][None, :] == taste_of[kind[rows]][:, None]
        past.same_taste[rows] = (before & same_taste).sum(axis=1)
        past.mean_log_price[rows] = before @ log_price[bought] / np.maximum(before.sum(axis=1), 1)
    return past
