"""Reads a weights file of old PyTorch by numpy alone, and lets it do nothing but hold arrays.

A pickle can name any function of any module and call it. This reader knows four names, and stops at every other one.

The file (torch.save before its zip format): three small pickles (magic number, version, byte order), one with the
arrays' names, shapes and places, one with the storages' keys, then each storage in that order: its length as a 64 bit
number, and its values.
"""

from __future__ import annotations

import collections
import dataclasses
import pickle
from typing import Any, BinaryIO

import numpy as np

MAGIC = 0x1950A86A20F9469CFC6C
VERSION = 1001
DTYPES = {"FloatStorage": "<f4", "LongStorage": "<i8"}  # plain strings: a pickle can change the insides of others


@dataclasses.dataclass(frozen=True)
class _Array:
    """An array before its storage has been read."""

    storage: str
    offset: int
    shape: tuple[int, ...]
    strides: tuple[int, ...]  # in values; they are not always those of C order


class _Reader(pickle.Unpickler):
    """An unpickler of state dicts and nothing else."""

    def __init__(self, file: BinaryIO) -> None:
        super().__init__(file)
        self.dtypes: dict[str, str] = {}
        self.sizes: dict[str, int] = {}

    def find_class(self, module: str, name: str) -> Any:
        if (module, name) == ("collections", "OrderedDict"):
            return collections.OrderedDict
        if (module, name) == ("torch._utils", "_rebuild_tensor_v2"):
            return self._array
        if module == "torch" and name in DTYPES:
            return DTYPES[name]
        raise pickle.UnpicklingError(f"the file names {module}.{name}, which no weights file needs")

    def persistent_load(self, pid: Any) -> str:
        kind, dtype, key, _, size, _ = pid
        if kind != "storage" or dtype not in DTYPES.values():
            raise pickle.UnpicklingError(f"unknown object {pid!r}")
        self.dtypes[key], self.sizes[key] = dtype, int(size)
        return str(key)

    @staticmethod
    def _array(storage: str, offset: int, shape: tuple[int, ...], strides: tuple[int, ...], *_: Any) -> _Array:
        return _Array(storage, int(offset), tuple(shape), tuple(strides))


def read_torch_weights(path: str) -> dict[str, np.ndarray]:
    """Arrays of a legacy torch state dict by their names.

    Raises:
      pickle.UnpicklingError: another format, cut short, or the pickle names anything that weights do not need.
    """
    with open(path, "rb") as file:
        for expected in (MAGIC, VERSION):
            if _Reader(file).load() != expected:
                raise pickle.UnpicklingError(f"{path}: not in torch's format of before 1.6")
        if not _Reader(file).load()["little_endian"]:
            raise pickle.UnpicklingError(f"{path}: written on a big-endian machine")
        reader = _Reader(file)
        state = reader.load()
        storages: dict[str, np.ndarray] = {}
        for key in _Reader(file).load():
            size, dtype = int.from_bytes(file.read(8), "little"), np.dtype(reader.dtypes[key])
            content = file.read(size * dtype.itemsize)
            if size != reader.sizes[key] or len(content) != size * dtype.itemsize:
                raise pickle.UnpicklingError(f"{path}: storage {key} is cut short")
            storages[key] = np.frombuffer(content, dtype)
    return {name: _rebuilt(array, storages[array.storage]) for name, array in state.items()}


def _rebuilt(array: _Array, storage: np.ndarray) -> np.ndarray:
    last = array.offset + sum((side - 1) * step for side, step in zip(array.shape, array.strides, strict=True))
    if min((array.offset, *array.strides)) < 0 or (0 not in array.shape and last >= storage.size):
        raise pickle.UnpicklingError(f"an array of shape {array.shape} reaches out of its storage")
    steps = [step * storage.itemsize for step in array.strides]
    return np.lib.stride_tricks.as_strided(storage[array.offset :], array.shape, steps, writeable=False).copy()
