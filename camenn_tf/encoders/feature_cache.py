"""Encoded texts and images by content, kept from run to run."""

from __future__ import annotations

import os
import time
import uuid
from collections.abc import Sequence
from typing import BinaryIO

import numpy as np
from absl import logging

from camenn_tf.encoders.cache_block import DIGEST_BYTES, SUFFIX, CacheBlock, DamagedBlockError, StoredEntry

CACHE_NAME = "encode_cache"
BLOCK_ENTRIES = 512
BLOCK_BYTES = 64_000_000  # patches for a large network are megabytes each
BLOCK_SECONDS = 20.0  # a killed run loses this much work, or one batch if that takes longer
LEFT_OVER_SECONDS = 86400.0  # what was begun and not touched for a day belongs to a process that was killed


class FeatureCache:
    """Entries in files that are written once, under names of their own, and never changed.

    So threads, processes and machines with a common directory share it without locks; at worst two of them encode the
    same thing. In memory are 12 bytes an entry. A file that fails its check is removed, and its entries are missing.

    Args:
      directory: of one encoder in one form; made if it is not there.
      dtype: of values.
      shape: of a row; an entry is [rows, *shape].
    """

    def __init__(self, directory: str, dtype: str, shape: Sequence[int]) -> None:
        self._directory, self._dtype, self._shape = directory, dtype, tuple(shape)
        os.makedirs(directory, exist_ok=True)
        self._names: dict[str, int] = {}  # of every file ever seen, in the order of its number
        self._good: set[int] = set()  # files whose values were checked
        self._keys = np.zeros(0, np.uint64)  # sorted; the first 8 bytes of the digests
        self._files = np.zeros(0, np.int32)  # in which file each is
        self._waiting: dict[bytes, np.ndarray] = {}
        self._waiting_bytes = 0
        self._flushed = time.monotonic()
        self._opened: tuple[str, BinaryIO] | None = None
        self._remove_left_overs()

    def find(self, digests: Sequence[bytes]) -> dict[bytes, StoredEntry]:
        """Those of these entries that are in the cache, other workers' included; their files are checked."""
        self._list_new_files()
        if not digests:
            return {}
        wanted = np.frombuffer(b"".join(digests), np.uint8).reshape(len(digests), DIGEST_BYTES)
        keys = _keys(wanted)
        names = list(self._names)
        while True:
            places = np.searchsorted(self._keys, keys)
            places[places == len(self._keys)] = -1
            hits = places >= 0
            hits[hits] = self._keys[places[hits]] == keys[hits]
            files = np.where(hits, self._files[places] if len(self._files) else -1, -1)
            numbers = np.unique(files[files >= 0])
            stored = {number: self._entries(names[number], int(number)) for number in numbers}
            bad = [number for number, entries in stored.items() if entries is None]
            if not bad:
                break
            keep = ~np.isin(self._files, bad)  # what else holds these entries, if anything?
            self._keys, self._files = self._keys[keep], self._files[keep]
        found = {}
        for digest, number in zip(digests, files, strict=True):
            entry = (stored[number] or {}).get(digest) if number >= 0 else None
            if entry is not None:
                found[digest] = entry
        return found

    def read(self, entry: StoredEntry) -> np.ndarray:
        """The values of a found entry, [rows, *shape]."""
        if self._opened is None or self._opened[0] != entry.path:
            self.close()
            self._opened = entry.path, open(entry.path, "rb")  # noqa: SIM115 neighbours mostly lie in one file
        return self._block(entry.path).read(self._opened[1], entry)

    def add(self, digests: Sequence[bytes], entries: Sequence[np.ndarray]) -> None:
        """Takes a batch of entries; they are written with others, at the first batch after `BLOCK_SECONDS`."""
        self._waiting.update(zip(digests, entries, strict=True))
        self._waiting_bytes += sum(entry.nbytes for entry in entries)
        full = len(self._waiting) >= BLOCK_ENTRIES or self._waiting_bytes >= BLOCK_BYTES
        if full or time.monotonic() - self._flushed >= BLOCK_SECONDS:
            self.flush()

    def flush(self) -> None:
        """Writes what waits."""
        self._flushed = time.monotonic()
        if self._waiting:
            path = os.path.join(self._directory, uuid.uuid4().hex + SUFFIX)
            self._block(path).write(list(self._waiting), list(self._waiting.values()))
            self._waiting, self._waiting_bytes = {}, 0

    def close(self) -> None:
        """Closes the file that was read last."""
        if self._opened is not None:
            self._opened[1].close()
            self._opened = None

    def _block(self, path: str) -> CacheBlock:
        return CacheBlock(path, self._dtype, self._shape)

    def _list_new_files(self) -> None:
        new_keys, new_files = [self._keys], [self._files]
        for name in sorted(os.listdir(self._directory)):
            if not name.endswith(SUFFIX) or name in self._names:
                continue
            number = self._names[name] = len(self._names)
            try:
                digests = self._block(os.path.join(self._directory, name)).digests()
            except (DamagedBlockError, OSError) as error:
                self._say(name, error)
                continue
            new_keys.append(_keys(digests))
            new_files.append(np.full(len(digests), number, np.int32))
        if len(new_keys) > 1:
            keys, files = np.concatenate(new_keys), np.concatenate(new_files)
            order = np.argsort(keys, kind="stable")
            self._keys, self._files = keys[order], files[order]

    def _entries(self, name: str, number: int) -> dict[bytes, StoredEntry] | None:
        try:
            block = self._block(os.path.join(self._directory, name))
            entries = block.entries(check_values=number not in self._good)
        except (DamagedBlockError, OSError) as error:
            self._say(name, error)
            return None
        self._good.add(number)
        return entries

    def _say(self, name: str, error: Exception) -> None:
        path = os.path.join(self._directory, name)
        logging.warning("%s: damaged, %s; what it held is encoded again", path, error)
        if isinstance(error, DamagedBlockError):  # what cannot be read now may be readable later
            _remove(path)

    def _remove_left_overs(self) -> None:
        for name in os.listdir(self._directory):
            path = os.path.join(self._directory, name)
            try:
                if name.endswith(SUFFIX + ".new") and time.time() - os.path.getmtime(path) > LEFT_OVER_SECONDS:
                    _remove(path)
            except OSError:  # another worker was faster
                continue


def cache_directory(flag: str | None, output: str) -> str:
    """The directory that `--cache` means; features that lie side by side share one, unless told otherwise."""
    if flag is None:
        return os.path.join(os.path.dirname(os.path.abspath(output)), CACHE_NAME)
    return "" if flag == "none" else flag


def _keys(digests: np.ndarray) -> np.ndarray:
    """The first 8 bytes of digests uint8 [n, 32], as uint64 [n]."""
    return np.ascontiguousarray(digests[:, :8]).view("<u8").reshape(-1)


def _remove(path: str) -> None:
    try:
        os.remove(path)
    except OSError:  # gone already, or a directory that others own: the check finds it again
        logging.info("%s: could not be removed", path)
