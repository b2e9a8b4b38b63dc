"""Paths as they are kept in `features.json`."""

from __future__ import annotations

import os


def stored_path(name: str) -> str:
    """What a setting names, so that it is found from any working directory.

    Args:
      name: a file, a directory, a checkpoint's prefix, a URL, a handle of a hub, or empty.

    Returns:
      The absolute path if it is there, else the name as it is.
    """
    there = bool(name) and (os.path.exists(name) or os.path.exists(f"{name}.index"))
    return os.path.abspath(name) if there else name
