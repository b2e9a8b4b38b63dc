"""A file of the cache: some entries, what they belong to, and checksums that tell a damaged file."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Sequence
from typing import Any, BinaryIO, NamedTuple

import numpy as np

DIGEST_BYTES = 32
SUFFIX = ".block"
FORMAT = 1
_MAX_HEADER = 4096


class DamagedBlockError(Exception):
    """A file of the cache is not as it was written."""


class StoredEntry(NamedTuple):
    """Where an entry lies: `rows` rows from byte `offset` of the file `path`."""

    path: str
    offset: int
    rows: int


class CacheBlock:
    """An entry is an array [rows, *shape]; it goes by the SHA-256 of the text or picture it was made from.

    The file: a line of JSON (sizes, type and SHA-256 of the two parts that follow); digests, 32 bytes each, and rows,
    int64 each; all values one after the other. The first two are enough to know what is there.

    Args:
      path: the file.
      dtype: of values.
      shape: of a row.
    """

    def __init__(self, path: str, dtype: str, shape: Sequence[int]) -> None:
        self.path, self._dtype, self._shape = path, np.dtype(dtype), tuple(shape)

    def write(self, digests: Sequence[bytes], entries: Sequence[np.ndarray]) -> None:
        """Writes the file aside and renames it, so that it is there whole or not at all."""
        rows = np.array([len(entry) for entry in entries], np.int64)
        index = b"".join(digests) + rows.tobytes()
        values = b"".join(np.ascontiguousarray(entry, self._dtype).tobytes() for entry in entries)
        header = {
            **self._expected(len(entries)),
            "index": hashlib.sha256(index).hexdigest(),
            "values": hashlib.sha256(values).hexdigest(),
        }
        aside = self.path + ".new"
        with open(aside, "wb") as file:
            file.write(json.dumps(header).encode() + b"\n" + index + values)
        os.replace(aside, self.path)

    def digests(self) -> np.ndarray:
        """What the file holds: uint8 [n, 32]. Raises DamagedBlockError, OSError."""
        with open(self.path, "rb") as file:
            return self._index(file)[1]

    def entries(self, check_values: bool) -> dict[bytes, StoredEntry]:
        """Where each entry lies.

        Args:
          check_values: whether to read all values and compare their checksum.

        Raises:
          DamagedBlockError: header, index, size or values are not as they were written.
          OSError: the file cannot be read.
        """
        with open(self.path, "rb") as file:
            header, digests, rows = self._index(file)
            start = file.tell()
            row_bytes = self._row_bytes
            if os.fstat(file.fileno()).st_size != start + int(rows.sum()) * row_bytes:
                raise DamagedBlockError("it is shorter or longer than it says")
            if check_values and hashlib.file_digest(file, "sha256").hexdigest() != header["values"]:
                raise DamagedBlockError("its values do not have the checksum they were written with")
        offsets = start + np.cumsum(rows * row_bytes) - rows * row_bytes
        return {
            digest.tobytes(): StoredEntry(self.path, int(offset), int(count))
            for digest, offset, count in zip(digests, offsets, rows, strict=True)
        }

    def read(self, file: BinaryIO, entry: StoredEntry) -> np.ndarray:
        """An entry, [rows, *shape], out of the opened file."""
        file.seek(entry.offset)
        values = np.frombuffer(file.read(entry.rows * self._row_bytes), self._dtype)
        return values.reshape(entry.rows, *self._shape)

    @property
    def _row_bytes(self) -> int:
        return self._dtype.itemsize * int(np.prod(self._shape, dtype=np.int64))

    def _expected(self, entries: int) -> dict[str, Any]:
        return {"format": FORMAT, "entries": entries, "dtype": self._dtype.str, "shape": list(self._shape)}

    def _index(self, file: BinaryIO) -> tuple[dict[str, Any], np.ndarray, np.ndarray]:
        """Header, digests [n, 32] and rows [n]; the file then stands at the first value."""
        header = self._header(file.readline(_MAX_HEADER))
        count = header["entries"]
        index = file.read(count * (DIGEST_BYTES + 8))
        if hashlib.sha256(index).hexdigest() != header["index"]:
            raise DamagedBlockError("its list of entries does not have the checksum it was written with")
        digests = np.frombuffer(index, np.uint8, count * DIGEST_BYTES).reshape(count, DIGEST_BYTES)
        return header, digests, np.frombuffer(index, np.int64, count, count * DIGEST_BYTES)

    def _header(self, line: bytes) -> dict[str, Any]:
        try:
            header: dict[str, Any] = json.loads(line)
            known = self._expected(int(header["entries"]))
            checksums = header["index"], header["values"]
        except (ValueError, KeyError, TypeError) as error:  # also bytes that are no text
            raise DamagedBlockError("its first line cannot be read") from error
        if header != {**known, "index": checksums[0], "values": checksums[1]} or known["entries"] < 0:
            raise DamagedBlockError(f"its first line is not that of {self._dtype} values {list(self._shape)}")
        return header
