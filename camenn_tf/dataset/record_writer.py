"""Serialises many tf.train.Example records at once, and frames records as a TFRecord file.

A record of int64 lists is nothing but varints: tags, lengths and ASCII names are bytes below 128, and such a byte is
the varint of itself. So a batch of records is a matrix of numbers, of which each is written as a varint.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable, Mapping
from typing import BinaryIO

import google_crc32c
import numpy as np

_EXAMPLE_FEATURES = 0x0A  # Example.features
_MAP_ENTRY = 0x0A  # Features.feature
_ENTRY_KEY, _ENTRY_VALUE = 0x0A, 0x12
_INT64_LIST = 0x1A  # Feature.int64_list
_PACKED_VALUES = 0x0A  # Int64List.value
_ROWS = 4096  # records serialised at a time, which bounds the matrix


def serialize(features: Mapping[str, np.ndarray], lengths: Mapping[str, np.ndarray] | None = None) -> list[bytes]:
    """One tf.train.Example a row.

    Args:
      features: integers [n] or [n, columns] by ASCII name of less than 128 characters.
      lengths: for features of varying length, how many of a row's last columns are values, int [n].
    """
    rows = len(next(iter(features.values())))
    out: list[bytes] = []
    for start in range(0, rows, _ROWS):
        part = slice(start, start + _ROWS)
        cut = {name: length[part] for name, length in (lengths or {}).items()}
        out += _serialize({name: values[part] for name, values in features.items()}, cut)
    return out


def write_records(file: BinaryIO, records: Iterable[bytes]) -> None:
    """Writes a TFRecord file: length, its checksum, the record, its checksum."""
    for record in records:
        size = struct.pack("<Q", len(record))
        file.write(b"".join((size, _masked_crc(size), record, _masked_crc(record))))


def _masked_crc(data: bytes) -> bytes:
    crc = google_crc32c.value(data)
    return struct.pack("<I", (((crc >> 15) | (crc << 17)) + 0xA282EAD8) & 0xFFFFFFFF)


def _serialize(features: dict[str, np.ndarray], lengths: dict[str, np.ndarray]) -> list[bytes]:
    """The matrix of all numbers, [rows, numbers], and how many bytes each takes, 0 = not written."""
    blocks: list[np.ndarray] = []
    sizes: list[np.ndarray] = []
    for name, values in features.items():
        values = values.reshape(len(values), -1).astype(np.int64)
        width = _varint_sizes(values)
        if name in lengths:
            width = np.where(np.arange(values.shape[1]) >= values.shape[1] - lengths[name][:, np.newaxis], width, 0)
        packed = width.sum(1)
        # an entry from the inside out: packed values, Int64List, Feature, map entry
        listed = packed + _varint_sizes(packed) + 1
        feature = listed + _varint_sizes(listed) + 1
        key = [_ENTRY_KEY, len(name), *name.encode("ascii")]
        entry = len(key) + feature + _varint_sizes(feature) + 1
        heads = _columns(_MAP_ENTRY, entry, *key, _ENTRY_VALUE, feature, _INT64_LIST, listed, _PACKED_VALUES, packed)
        blocks += [heads, values]
        sizes += [_varint_sizes(heads), width]
    total = sum(size.sum(1) for size in sizes)
    start = _columns(_EXAMPLE_FEATURES, np.asarray(total))
    return _write_varints(np.concatenate([start, *blocks], 1), np.concatenate([_varint_sizes(start), *sizes], 1))


def _columns(*parts: int | np.ndarray) -> np.ndarray:
    rows = next(len(part) for part in parts if isinstance(part, np.ndarray))
    return np.stack([np.broadcast_to(np.asarray(part, np.int64), rows) for part in parts], axis=1)


def _varint_sizes(values: np.ndarray) -> np.ndarray:
    """Bytes of each varint: one for every 7 bits; negative numbers take 10."""
    unsigned = values.astype(np.int64).view(np.uint64) if values.flags.c_contiguous else values.astype(np.uint64)
    sizes = np.ones(values.shape, np.int64)
    for byte in range(1, 10):
        more = unsigned >= np.uint64(1 << (7 * byte))
        if not more.any():
            break
        sizes += more
    return sizes


def _write_varints(values: np.ndarray, sizes: np.ndarray) -> list[bytes]:
    """The bytes of each row."""
    ends = np.cumsum(sizes.ravel())
    starts = ends - sizes.ravel()
    unsigned = np.ascontiguousarray(values).view(np.uint64).ravel()
    flat_sizes = sizes.ravel()
    out = np.zeros(int(ends[-1]), np.uint8)
    for byte in range(int(sizes.max())):
        here = np.flatnonzero(flat_sizes > byte)
        bits = (unsigned[here] >> np.uint64(7 * byte)) & np.uint64(127)
        more = (flat_sizes[here] > byte + 1).astype(np.uint8) << 7
        out[starts[here] + byte] = bits.astype(np.uint8) | more
    data = out.tobytes()
    row_ends = ends.reshape(sizes.shape)[:, -1].tolist()
    return [data[begin:end] for begin, end in zip([0, *row_ends[:-1]], row_ends, strict=True)]
