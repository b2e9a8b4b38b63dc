"""Progress of long work, as log lines."""

from __future__ import annotations

import time

from absl import logging

SECONDS = 5.0  # between lines


class Progress:
    """Logs how many of `total` things are done and how many a second, at most every few seconds and at the end.

    Args:
      what: the things.
      total: how many there are.
      known: how many of them a cache had; these do not count as speed.
    """

    def __init__(self, what: str, total: int, known: int = 0) -> None:
        self._what, self._total, self._known, self._done = what, total, known, known
        self._started = self._said = time.monotonic()
        if known:
            logging.info("%s: %d of %d are in the cache", what, known, total)

    def add(self, count: int) -> None:
        """`count` more are done."""
        self._done += count
        now = time.monotonic()
        if now - self._said >= SECONDS or self._done == self._total:
            self._said = now
            rate = (self._done - self._known) / max(now - self._started, 1e-9)
            logging.info("%s: %d of %d, %.0f/s", self._what, self._done, self._total, rate)
