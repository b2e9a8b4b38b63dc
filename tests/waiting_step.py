"""A step that says that it has begun (first argument) and ends when it may (second)."""

from __future__ import annotations

import pathlib
import sys
import time

if __name__ == "__main__":
    started, end = map(pathlib.Path, sys.argv[1:])
    started.touch()
    for _ in range(1200):
        if end.exists():
            break
        time.sleep(0.05)
