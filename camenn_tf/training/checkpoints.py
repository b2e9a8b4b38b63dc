"""Checkpoints, each a folder of its own, written aside and renamed, and read only after every byte was checked."""

from __future__ import annotations

import re
from typing import Any

import tensorflow as tf
from absl import logging

from camenn_tf.errors import UserError

_NAME = re.compile(r"\d{8}")
_PREFIX = "state"


class Checkpoints:
    """Saves and restores a run's state, and keeps the newest few.

    Every worker of a multi-worker run calls `save` and `restore` alike; only the chief's files stay.

    Args:
      directory: `checkpoints/` of the run, on storage that all workers share.
      keep: how many to keep.
      chief: whether this process is the chief.
      worker: name of this process, another for each worker, for that of its temporary files.
      trackables: what to save, for `tf.train.Checkpoint`; all its variables exist already.
    """

    def __init__(self, directory: str, keep: int, chief: bool, worker: str, **trackables: Any) -> None:
        self._directory = directory
        self._keep = keep
        self._chief = chief
        self._worker = worker
        self._checkpoint = tf.train.Checkpoint(**trackables)
        self._damaged: list[str] = []

    def save(self) -> None:
        """Writes a checkpoint, then drops the oldest."""
        temporary = tf.io.gfile.join(self._directory, f".writing-{self._worker}")
        tf.io.gfile.makedirs(temporary)
        verbosity = logging.get_verbosity()
        logging.set_verbosity(logging.WARNING)  # TensorFlow tells how long each shard took
        try:
            self._checkpoint.write(tf.io.gfile.join(temporary, _PREFIX))
        finally:
            logging.set_verbosity(verbosity)
        if not self._chief:
            tf.io.gfile.rmtree(temporary)
            return
        self._set_damaged_aside()
        numbers = self._numbers()
        name = f"{(numbers[-1] if numbers else 0) + 1:08d}"
        tf.io.gfile.rename(temporary, tf.io.gfile.join(self._directory, name))
        for number in numbers[: max(0, len(numbers) + 1 - self._keep)]:
            tf.io.gfile.rmtree(self._path(number))

    def restore(self) -> bool:
        """Restores the newest checkpoint that is whole, with a warning for each that is not; False if there is none.

        Raises UserError for one that holds other variables, as those of other versions of the program may.
        """
        if self._chief:
            for name in tf.io.gfile.glob(tf.io.gfile.join(self._directory, ".writing-*")):
                tf.io.gfile.rmtree(name)
        for number in reversed(self._numbers()):
            prefix = tf.io.gfile.join(self._path(number), _PREFIX)
            fault = _fault(prefix)
            if fault is None:
                try:
                    self._checkpoint.read(prefix).assert_consumed()
                except (AssertionError, ValueError) as error:
                    raise UserError(
                        f"{self._path(number)} holds other variables than this version of the program trains: "
                        "remove the run's directory, or name another --output"
                    ) from error
                return True
            logging.warning("%s is damaged (%s), going back to the one before", self._path(number), fault)
            self._damaged.append(self._path(number))
        return False

    def _numbers(self) -> list[int]:
        if not tf.io.gfile.isdir(self._directory):
            return []
        names = (name.rstrip("/") for name in tf.io.gfile.listdir(self._directory))
        return sorted(int(name) for name in names if _NAME.fullmatch(name))

    def _path(self, number: int) -> str:
        return str(tf.io.gfile.join(self._directory, f"{number:08d}"))

    def _set_damaged_aside(self) -> None:
        # Only now, when all workers have passed `restore` and none can miss what the others saw.
        for path in self._damaged:
            target = f"{path}.damaged"
            if tf.io.gfile.exists(target):
                tf.io.gfile.rmtree(target)
            tf.io.gfile.rename(path, target)
        self._damaged = []


def _fault(prefix: str) -> str | None:
    """Reads every tensor (their checksums are checked then), since a failed restore would leave half a state behind."""
    try:
        reader = tf.train.load_checkpoint(prefix)
        for name in reader.get_variable_to_shape_map():
            reader.get_tensor(name)
    except (tf.errors.OpError, ValueError, IndexError, RuntimeError) as error:
        return str(error).splitlines()[0][:200]
    return None
