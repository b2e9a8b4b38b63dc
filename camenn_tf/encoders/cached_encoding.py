"""A shard's entries in order: those of the cache, and between them those that are encoded now."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from camenn_tf.encoders.feature_cache import FeatureCache
from camenn_tf.encoders.progress import Progress
from camenn_tf.encoders.stored_values import check_finite

Encoded = np.ndarray | str  # an entry [rows, *shape], or why there is none


class CachedEncoding:
    """Looks a shard's texts or images up, has the rest encoded, and keeps that.

    What is encoded comes in whole batches, in the order of the shard, and is kept in that order. So a run that was
    killed goes on with the batches that it would have made anyway, and its result is the same to the last bit.

    Args:
      what: "texts" or "images", for log lines.
      digests: SHA-256 of the content of each entry, 32 bytes, all different.
      cache: None = everything is encoded.
    """

    def __init__(self, what: str, digests: Sequence[bytes], cache: FeatureCache | None) -> None:
        self._what, self._digests, self._cache = what, digests, cache
        self._found = cache.find(digests) if cache is not None else {}
        self._missing = [number for number, digest in enumerate(digests) if digest not in self._found]
        self._progress = Progress(what, len(digests), len(self._found))
        self._seconds = 0.0

    def entries(self, encode: Callable[[list[int]], Iterable[Sequence[Encoded]]]) -> Iterator[Encoded]:
        """All entries in the order of `digests`.

        Args:
          encode: from numbers of entries to what they become, in that order, a batch at a time.

        Raises:
          UserError: the cache holds values that are not finite.
        """
        fresh = self._encode(encode)
        for digest in self._digests:
            if self._cache is not None and digest in self._found:
                values = self._cache.read(self._found[digest])
                check_finite(values, self._what)
                yield values
            else:
                yield next(fresh)
        for _ in fresh:
            raise ValueError("more was encoded than was asked for")
        if self._cache is not None:
            self._cache.close()

    @property
    def work(self) -> dict[str, Any]:
        """How many entries were encoded and how many were in the cache, and the seconds that encoding took."""
        return {"encoded": len(self._missing), "from_cache": len(self._found), "seconds": self._seconds}

    def _encode(self, encode: Callable[[list[int]], Iterable[Sequence[Encoded]]]) -> Iterator[Encoded]:
        done, started = 0, time.monotonic()
        try:
            for batch in encode(self._missing):
                numbers = self._missing[done : done + len(batch)]
                done += len(batch)
                self._seconds += time.monotonic() - started
                if self._cache is not None:
                    good = {
                        self._digests[number]: made
                        for number, made in zip(numbers, batch, strict=True)
                        if isinstance(made, np.ndarray)
                    }
                    self._cache.add(list(good), list(good.values()))
                self._progress.add(len(batch))
                yield from batch
                started = time.monotonic()
        finally:  # also when the run is interrupted
            if self._cache is not None:
                self._cache.flush()
