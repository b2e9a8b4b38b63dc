"""What identifies an encoder: its name, its weights and its settings."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np


def fingerprint(name: str, settings: Mapping[str, Any], weights: str = "") -> str:
    """Hash of an encoder: SHA-256 over name, settings and the hash of its weights, 16 hexadecimal digits.

    Args:
      name: the encoder's registered name.
      settings: JSON-able values that change what it computes; no paths, since moving a file changes nothing.
      weights: hash of the weights (`hash_arrays`); empty for an encoder that trains along: its weights
        belong to a run.
    """
    text = json.dumps([name, settings, weights], sort_keys=True, ensure_ascii=True)
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def hash_arrays(arrays: Iterable[np.ndarray]) -> str:
    """Hash of arrays in order: SHA-256 over dtype, shape and bytes of each, 16 hexadecimal digits."""
    digest = hashlib.sha256()
    for array in arrays:
        digest.update(f"{array.dtype.str}{array.shape}".encode())
        digest.update(np.ascontiguousarray(array).tobytes())
    return digest.hexdigest()[:16]


def hash_lines(lines: Iterable[str]) -> str:
    """Hash of a vocabulary: SHA-256 over its lines in order, 16 hexadecimal digits."""
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()[:16]
