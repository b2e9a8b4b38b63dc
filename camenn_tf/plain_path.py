"""Paths that TensorFlow opens again: it reads some characters of a checkpoint's path as a pattern."""

from __future__ import annotations

import os

from camenn_tf.errors import UserError

_PATTERN = ("[", "\\")  # * and ? match themselves


def check_plain_path(flag: str, path: str) -> None:
    """Raises UserError where checkpoints or weights of a SavedModel could be written below a path, but never read."""
    whole = os.path.abspath(path)
    for character in _PATTERN:
        if character in whole:
            raise UserError(
                f"--{flag}={path}: TensorFlow takes '{character}' in {whole} for a part of a pattern and would not "
                "find there what it wrote; name another directory"
            )
