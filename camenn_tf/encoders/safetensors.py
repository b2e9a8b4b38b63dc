"""A reader of safetensors files: a JSON header and raw little-endian numbers (format of huggingface/safetensors)."""

from __future__ import annotations

import json
import math
import os
from types import TracebackType
from typing import Any

import numpy as np

from camenn_tf.errors import UserError

DTYPES = {"F64": "<f8", "F32": "<f4", "F16": "<f2", "I64": "<i8", "I32": "<i4", "U8": "|u1", "BOOL": "|b1"}
LONGEST_HEADER = 100_000_000  # bytes, the format's own bound


class Safetensors:
    """An open file; a context manager. Nothing is read but the header until a tensor is asked for.

    Args:
      path: the file.

    Attributes:
      shapes: of all tensors, by name.

    Raises:
      UserError: no such file, or one whose header and length do not agree.
    """

    def __init__(self, path: str) -> None:
        self._path = path
        if not os.path.isfile(path):
            raise UserError(f"{path}: no such file")
        size = os.path.getsize(path)
        with open(path, "rb") as file:
            length = int.from_bytes(file.read(8), "little")
            if size < 8 or length > min(size - 8, LONGEST_HEADER):
                raise self._damaged("its header does not fit into it")
            try:
                header = json.loads(file.read(length).decode("utf-8"))
            except ValueError as error:
                raise self._damaged(f"its header is no JSON: {error}") from error
        self._start = 8 + length
        self._entries = {name: self._entry(name, entry) for name, entry in _tensors(header)}
        last = max((begin + count for _, _, begin, count in self._entries.values()), default=0)
        if self._start + last > size:
            raise self._damaged(f"it has {size} bytes, its header tells of {self._start + last}")
        self.shapes: dict[str, tuple[int, ...]] = {name: entry[1] for name, entry in self._entries.items()}
        self._file = open(path, "rb")  # noqa: SIM115, closed by __exit__

    def __enter__(self) -> Safetensors:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._file.close()

    def read(self, name: str) -> np.ndarray:
        """The numbers of a tensor, in the file's dtype."""
        dtype, shape, begin, count = self._entries[name]
        self._file.seek(self._start + begin)
        return np.frombuffer(self._file.read(count), dtype).reshape(shape)

    def _entry(self, name: str, entry: Any) -> tuple[str, tuple[int, ...], int, int]:
        """dtype, shape, first byte and bytes."""
        try:
            dtype, shape, (begin, end) = entry["dtype"], tuple(int(n) for n in entry["shape"]), entry["data_offsets"]
        except (TypeError, KeyError, ValueError) as error:
            raise self._damaged(f"its header is not complete for {name}") from error
        if dtype not in DTYPES:
            raise UserError(f"{self._path}: {name} is {dtype}, expected one of {', '.join(DTYPES)}")
        count = math.prod(shape) * np.dtype(DTYPES[dtype]).itemsize
        if min(shape, default=0) < 0 or begin < 0 or end - begin != count:
            raise self._damaged(f"{name} has shape {list(shape)} and {end - begin} bytes")
        return DTYPES[dtype], shape, begin, count

    def _damaged(self, why: str) -> UserError:
        return UserError(f"{self._path}: is no whole safetensors file, {why}; fetch it again")


def _tensors(header: Any) -> list[tuple[str, Any]]:
    return [(name, entry) for name, entry in header.items() if name != "__metadata__"]
