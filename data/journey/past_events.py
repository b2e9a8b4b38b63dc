"""Counting what happened strictly before a moment, for many moments at once."""

from __future__ import annotations

import numpy as np

DAY = 86400
_SPAN = 1 << 27  # seconds a key may spread over: four years


class PastEvents:
    """Events with a key and a time; says how many a key had before a moment, and how long ago the last one was.

    Key and time are packed into one sorted number, so that every question is a binary search.
    """

    def __init__(self, keys: np.ndarray, seconds: np.ndarray) -> None:
        """Takes int64 keys >= 0 (below 2**36) and int64 seconds, both [n], in any order."""
        self._start = int(seconds.min()) - 1 if len(seconds) else 0
        self._codes = np.sort(self._code(keys, seconds))

    def count(self, keys: np.ndarray, seconds: np.ndarray, days: float | None = None) -> np.ndarray:
        """Events of each key in [second - days, second), since ever without `days`: float32 [n]."""
        end = np.searchsorted(self._codes, self._code(keys, seconds))
        begin = seconds - int(days * DAY) if days is not None else np.full_like(seconds, self._start)
        return (end - np.searchsorted(self._codes, self._code(keys, begin))).astype(np.float32)

    def recency(self, keys: np.ndarray, seconds: np.ndarray) -> np.ndarray:
        """Days since the last event of each key strictly before its second, NaN where there is none: float32 [n]."""
        position = np.searchsorted(self._codes, self._code(keys, seconds)) - 1
        last = self._codes[np.maximum(position, 0)] if len(self._codes) else np.full(len(keys), -1, np.int64)
        known = (position >= 0) & (last // _SPAN == keys)
        days = (seconds - self._start - last % _SPAN) / DAY
        return np.where(known, days, np.nan).astype(np.float32)

    def first(self, keys: np.ndarray, seconds: np.ndarray) -> np.ndarray:
        """Days since the first event of each key, NaN where it does not lie before the second: float32 [n]."""
        position = np.searchsorted(self._codes, self._code(keys, np.full_like(seconds, self._start)))
        known = position < len(self._codes)
        code = self._codes[np.minimum(position, len(self._codes) - 1)] if len(self._codes) else position - 1
        days = (seconds - self._start - code % _SPAN) / DAY
        return np.where(known & (code // _SPAN == keys) & (days > 0), days, np.nan).astype(np.float32)

    def _code(self, keys: np.ndarray, seconds: np.ndarray) -> np.ndarray:
        # a window that reaches before the first event ends at it
        return keys.astype(np.int64) * _SPAN + np.clip(seconds - self._start, 0, _SPAN - 1)
