"""The files of a run: what it was made of, and its best weights."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Mapping
from typing import Any

import keras
from absl import logging
from ml_collections import ConfigDict

from camenn_tf.config import load_config, save_config
from camenn_tf.errors import UserError
from camenn_tf.locked import locked
from camenn_tf.plain_path import check_plain_path

CONFIG_FILE = "config.json"
SOURCES_FILE = "run.json"
HISTORY_FILE = "history.json"
WEIGHTS_FILE = "best.weights.h5"
LOCK_FILE = ".lock"


class RunDirectory:
    """A folder with `config.json`, `run.json` (dataset and features), checkpoints, logs and `best.weights.h5`.

    Args:
      path: the folder.
    """

    def __init__(self, path: str) -> None:
        self.path = os.path.abspath(path)

    def create_or_open(self, config: ConfigDict, sources: Mapping[str, str], chief: bool = True) -> None:
        """Makes the run, or makes sure that the run there is the same one.

        Args:
          config: the resolved configuration.
          sources: `dataset`, `features` (directories) and their fingerprints `dataset_fingerprint`,
            `features_fingerprint`.
          chief: whether this process may write.

        Raises:
          UserError: the folder holds a run of another configuration, dataset or features, or files that are no run's,
            or TensorFlow would not find checkpoints in it.
        """
        check_plain_path("output", self.path)  # checkpoints lie below
        if os.path.exists(self._file(CONFIG_FILE)):
            self._refuse_other(config, sources)
            return
        if chief:
            os.makedirs(self.path, exist_ok=True)
            strangers = sorted(set(os.listdir(self.path)) - {SOURCES_FILE, "tensorboard", "checkpoints"})
            strangers = [name for name in strangers if not name.endswith(".writing")]
            if strangers:
                raise UserError(
                    f"{self.path} holds '{strangers[0]}' but no {CONFIG_FILE}: not a run; name an empty --output"
                )
            self.write(SOURCES_FILE, json.dumps(dict(sources), indent=1, ensure_ascii=False) + "\n")
            save_config(config, self._file(f"{CONFIG_FILE}.writing"))
            # Last: a folder with this file is a run.
            os.replace(self._file(f"{CONFIG_FILE}.writing"), self._file(CONFIG_FILE))

    @contextlib.contextmanager
    def held(self, chief: bool = True) -> Iterator[None]:
        """Keeps other processes from training this run meanwhile, until this one ends or is killed.

        Of several workers the chief holds it for all. Raises UserError when another process does.
        """
        with contextlib.ExitStack() as stack:
            if chief and not self._lock(stack):
                raise UserError(f"{self.path}: another process is training this run; let it end, or stop it first")
            yield

    def load(self) -> tuple[ConfigDict, dict[str, str]]:
        """The run's configuration and sources. Raises UserError when the folder is no run."""
        for name in (CONFIG_FILE, SOURCES_FILE):
            if not os.path.exists(self._file(name)):
                raise UserError(f"{self._file(name)}: not there; make the run with python -m camenn_tf.train")
        with open(self._file(SOURCES_FILE), encoding="utf-8") as file:
            return load_config(self._file(CONFIG_FILE)), json.load(file)

    def finished(self) -> bool:
        """Whether the run's training came to its end."""
        if not os.path.exists(self._file(HISTORY_FILE)):
            return False
        with open(self._file(HISTORY_FILE), encoding="utf-8") as file:
            return bool(json.load(file)["finished"])

    def save_best_weights(self, model: keras.Model) -> None:
        """Writes `best.weights.h5`, aside and renamed."""
        temporary = self._file(f"writing.{WEIGHTS_FILE}")  # Keras insists on the ending
        model.save_weights(temporary)
        os.replace(temporary, self._file(WEIGHTS_FILE))

    def load_best_weights(self, model: keras.Model) -> None:
        """Fills a model of the run's configuration. Raises UserError before the run's first evaluation."""
        if not os.path.exists(self._file(WEIGHTS_FILE)):
            raise UserError(
                f"{self._file(WEIGHTS_FILE)}: not there yet; the run has had no evaluation, go on training it"
            )
        model.load_weights(self._file(WEIGHTS_FILE))

    def write(self, name: str, text: str) -> None:
        """Writes a file of the run, aside and renamed."""
        temporary = self._file(f"{name}.writing")
        with open(temporary, "w", encoding="utf-8") as file:
            file.write(text)
        os.replace(temporary, self._file(name))

    def _lock(self, stack: contextlib.ExitStack) -> bool:
        try:
            return stack.enter_context(locked(self._file(LOCK_FILE), wait=False))
        except OSError as error:  # some network file systems
            logging.warning("%s: there are no locks here (%s): see that one process alone trains it", self.path, error)
            return True

    def _file(self, name: str) -> str:
        return os.path.join(self.path, name)

    def _refuse_other(self, config: ConfigDict, sources: Mapping[str, str]) -> None:
        there, sources_there = self.load()
        differences = _differences(there.to_dict(), config.to_dict())
        # Folders may move; what is in them may not change.
        prints = {name: value for name, value in sources.items() if name.endswith("fingerprint")}
        differences += _differences({name: sources_there.get(name) for name in prints}, prints)
        if differences:
            raise UserError(
                f"{self.path} is a run of another configuration ({'; '.join(differences)}); take these values, or name "
                "another --output"
            )


def _differences(there: Mapping[str, Any], here: Mapping[str, Any], prefix: str = "") -> list[str]:
    found = []
    for key in sorted(set(there) | set(here)):
        old, new = there.get(key), here.get(key)
        if isinstance(old, Mapping) and isinstance(new, Mapping):
            found += _differences(old, new, f"{prefix}{key}.")
        elif old != new:
            found.append(f"{prefix}{key}: {old!r} there, {new!r} here")
    return found
