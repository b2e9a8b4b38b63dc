"""A .npy file whose first dimension is known only at its end."""

from __future__ import annotations

import os
import shutil
from collections.abc import Sequence
from types import TracebackType

import numpy as np


class NpyAppender:
    """Writes arrays one after the other, without holding them; the file appears when it is complete.

    Args:
      path: the .npy file.
      dtype: of the file.
      shape: of one entry, without the first dimension.
    """

    def __init__(self, path: str, dtype: str, shape: Sequence[int]) -> None:
        self._path, self._dtype, self._shape = path, np.dtype(dtype), tuple(shape)
        self._count = 0
        self._raw = open(path + ".raw", "wb+")  # noqa: SIM115 closed by __exit__

    def append(self, array: np.ndarray) -> None:
        """Adds entries, [n, *shape]."""
        if array.shape[1:] != self._shape:
            raise ValueError(f"{self._path}: entries of shape {array.shape[1:]}, expected {self._shape}")
        self._raw.write(np.ascontiguousarray(array, self._dtype).tobytes())
        self._count += len(array)

    def __enter__(self) -> NpyAppender:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        with self._raw:
            if kind is None:
                self._finish()
        os.remove(self._path + ".raw")

    def _finish(self) -> None:
        header = {
            "descr": np.lib.format.dtype_to_descr(self._dtype),
            "fortran_order": False,
            "shape": (self._count, *self._shape),
        }
        self._raw.seek(0)
        with open(self._path + ".new", "wb") as file:
            np.lib.format.write_array_header_1_0(file, header)
            shutil.copyfileobj(self._raw, file)
        os.replace(self._path + ".new", self._path)
