"""A user's own earlier purchases, for many samples at once: histories, counts and recency as of each sample.

Earlier = strictly before the sample's timestamp and not in its session. Everything is a binary search in arrays sorted
by (group, time), where a group is a user, or a user and a key such as an item, or these and a session.
"""

from __future__ import annotations

import dataclasses

import numpy as np

DAY = 86400.0
NO_KEY = -1  # an item without a value of the field; it agrees with nothing


@dataclasses.dataclass(frozen=True)
class Moments:
    """When and where things happened, one entry an event; arrays [n]."""

    user: np.ndarray  # int64
    time: np.ndarray  # int64, seconds
    session: np.ndarray  # int64, -1 = none
    item: np.ndarray  # int64, catalogue row
    number: np.ndarray  # int64, sample number; orders purchases of the same second and session

    def take(self, index: np.ndarray) -> Moments:
        """The entries of an index or mask."""
        return Moments(*(getattr(self, part.name)[index] for part in dataclasses.fields(self)))


def earlier_items(purchases: Moments, samples: Moments, length: int) -> np.ndarray:
    """int64 [n, length]: items of the last earlier purchases, newest last, -1 in front."""
    index = _Index(purchases, np.zeros_like(purchases.item))
    out = np.full((len(samples.time), length), -1, np.int64)
    first, at = index.range(samples, np.zeros_like(samples.item))
    at = at - 1
    for column in range(length - 1, -1, -1):
        at = index.skip_session(at, first, samples.session)
        real = at >= first
        out[real, column] = index.item[at[real]]
        at = at - 1
    return out


class EarlierStatistics:
    """Counts and recency of earlier purchases that agree with the sample's target in one key of the items."""

    def __init__(self, purchases: Moments, samples: Moments, keys: np.ndarray) -> None:
        """Takes the events and `keys` int64 [items]: the key of each catalogue row, -1 = none."""
        keyed = purchases.take(keys[purchases.item] != NO_KEY)
        self._samples = samples
        self._target = keys[samples.item]
        self._index = _Index(keyed, keys[keyed.item])
        # purchases by key and session: what a sample's own session must not contribute
        inside = keyed.take(keyed.session >= 0)
        self._own = _Index(inside, keys[inside.item], inside.session)

    def count(self, window_days: float | None) -> np.ndarray:
        """float64 [n]: purchases in the window that ends before the sample; NaN where the target has no key."""
        seconds = None if window_days is None else window_days * DAY
        first, last = self._index.range(self._samples, self._target, seconds)
        own_first, own_last = self._own.range(self._samples, self._target, seconds, self._samples.session)
        counts = (last - first) - (own_last - own_first)
        return np.where(self._target == NO_KEY, np.nan, counts)

    def recency(self, window_days: float | None) -> np.ndarray:
        """float64 [n]: days since the last purchase; NaN where there is none in the window, or no key."""
        first, at = self._index.range(self._samples, self._target)
        at = self._index.skip_session(at - 1, first, self._samples.session)
        real = (at >= first) & (self._target != NO_KEY)
        days = np.full(len(at), np.nan)
        days[real] = (self._samples.time[real] - self._index.time[at[real]]) / DAY
        if window_days is not None:
            days[days > window_days] = np.nan
        return days


class _Index:
    """Purchases sorted by (group, time, session, number); a group is a user and a key (and a session)."""

    def __init__(self, purchases: Moments, key: np.ndarray, session: np.ndarray | None = None) -> None:
        groups = _stack(purchases.user, key, session)
        order = np.lexsort((purchases.number, purchases.session, purchases.time, *groups[::-1]))
        self.time = purchases.time[order]
        self.item = purchases.item[order]
        self._session = purchases.session[order]
        sorted_groups = [part[order] for part in groups]
        starts = np.ones(len(order), bool)
        if len(order):
            starts[1:] = np.any([part[1:] != part[:-1] for part in sorted_groups], axis=0)
        number = np.cumsum(starts) - 1  # rank of each purchase's group
        self._groups = [part[starts] for part in sorted_groups]
        self._start_time = int(self.time.min()) if len(order) else 0
        self._span = (int(self.time.max()) - self._start_time + 2) if len(order) else 2
        self._codes = number * self._span + (self.time - self._start_time)
        runs = starts.copy()
        if len(order):
            runs[1:] |= self._session[1:] != self._session[:-1]
        run_start = np.maximum.accumulate(np.where(runs, np.arange(len(order)), 0)) if len(order) else order
        self._before_run = run_start - 1  # last purchase of another session, if in the group

    def range(
        self, samples: Moments, key: np.ndarray, seconds: float | None = None, session: np.ndarray | None = None
    ) -> tuple[np.ndarray, np.ndarray]:
        """[first, last) positions, int64 [n] each: the group's purchases in [time - seconds, time)."""
        group, known = self._find(_stack(samples.user, key, session))
        base = group * self._span
        last = np.searchsorted(self._codes, base + self._offset(samples.time))
        begin = np.zeros_like(base) if seconds is None else self._offset(np.ceil(samples.time - seconds))
        first = np.searchsorted(self._codes, base + begin)
        return np.where(known, first, 0), np.where(known, np.maximum(first, last), 0)

    def skip_session(self, at: np.ndarray, first: np.ndarray, session: np.ndarray) -> np.ndarray:
        """Positions moved back out of the sample's own session; below `first` = nothing left."""
        if not len(self.time):
            return at
        inside = (at >= first) & (session >= 0)
        inside &= self._session[np.maximum(at, 0)] == session
        return np.where(inside, self._before_run[np.maximum(at, 0)], at)

    def _offset(self, time: np.ndarray) -> np.ndarray:
        return np.clip(time - self._start_time, 0, self._span - 1).astype(np.int64)

    def _find(self, groups: list[np.ndarray]) -> tuple[np.ndarray, np.ndarray]:
        """Rank of each group and whether purchases have it; one column at a time, so that nothing overflows."""
        rows = np.arange(len(self._groups[0]))
        known = np.full(len(groups[0]), len(rows) > 0)
        place, wanted = np.zeros(len(rows), np.int64), np.zeros(len(groups[0]), np.int64)
        for mine, theirs in zip(self._groups, groups, strict=True):
            values, codes = np.unique(mine, return_inverse=True)
            at = np.minimum(np.searchsorted(values, theirs), max(len(values) - 1, 0))
            if len(values):
                known &= values[at] == theirs
            # ranks so far stay below the number of groups, so the product stays below its square
            place, wanted = place * len(values) + codes, wanted * len(values) + at
            compact = np.unique(place)
            found = np.minimum(np.searchsorted(compact, wanted), max(len(compact) - 1, 0))
            if len(compact):
                known &= compact[found] == wanted
            place, wanted = np.searchsorted(compact, place), found
        return wanted, known


def _stack(user: np.ndarray, key: np.ndarray, session: np.ndarray | None) -> list[np.ndarray]:
    return [user, key] if session is None else [user, key, session]
