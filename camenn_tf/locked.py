"""One process at a time: a lock that ends with the process that holds it, and with the children it was handed to."""

from __future__ import annotations

import contextlib
import fcntl
import os
from collections.abc import Iterator


@contextlib.contextmanager
def locked(path: str, wait: bool = True) -> Iterator[bool]:
    """Holds the lock of this file, which is made if need be.

    Child processes hold it too if they are started with `close_fds=False`: where the holder is killed, a training run
    that it had started keeps the lock until it ends, so that nobody writes into the same directory meanwhile.

    Args:
      path: the file.
      wait: whether to wait for another process.

    Yields:
      Whether the lock is held; always, if `wait`.
    """
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    with open(path, "w", encoding="utf-8") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        os.set_inheritable(file.fileno(), True)
        yield True
