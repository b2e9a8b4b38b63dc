"""Builds a trainer of the fakes, in this process or (as a program) in one that a test may kill."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Sequence

import keras
import numpy as np
import tensorflow as tf
from ml_collections import ConfigDict

from camenn_tf.training.run_directory import RunDirectory
from camenn_tf.training.strategy import is_chief, make_strategy
from camenn_tf.training.trainer import Trainer
from camenn_tf.training.validator import Validator
from tests.training.fakes import FakePipeline, fake_config, fake_model

SOURCES = {"dataset": "d", "features": "f", "dataset_fingerprint": "1", "features_fingerprint": "2"}


def make_trainer(
    config: ConfigDict,
    path: str,
    strategy: tf.distribute.Strategy,
    dropout: float = 0.0,
    callbacks: Sequence[keras.callbacks.Callback] = (),
) -> Trainer:
    """A trainer of the fake model over the fake pipeline."""
    run = RunDirectory(path)
    run.create_or_open(config, SOURCES, is_chief(strategy))
    with strategy.scope():
        model = fake_model(dropout)
    validation = FakePipeline(config, "validation", samples=50)
    validator = Validator(model, strategy, validation, validation.alignment_batches(), config)  # type: ignore[arg-type]
    train = FakePipeline(config)
    return Trainer(config, model, train, validator, run, strategy, callbacks)  # type: ignore[arg-type]


class KillAt(keras.callbacks.Callback):
    """Ends the process with SIGKILL after a step, as a power cut would."""

    def __init__(self, step: int) -> None:
        super().__init__()
        self._step = step

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        if batch == self._step:
            os.kill(os.getpid(), 9)


def main(argv: Sequence[str]) -> None:
    """`harness.py '{"path":, "config":, "strategy":, "logical_cpus":, "dropout":, "kill":}'`; writes `weights`."""
    task = json.loads(argv[1])
    strategy = make_strategy(task.get("strategy", "one_device"), task.get("logical_cpus", 0))
    config = fake_config(**task.get("config", {}))
    keras.utils.set_random_seed(config.seed)
    if config.train.deterministic:
        tf.config.experimental.enable_op_determinism()
    callbacks = [KillAt(task["kill"])] if "kill" in task else []
    trainer = make_trainer(config, task["path"], strategy, task.get("dropout", 0.0), callbacks)
    trainer.fit()
    optimizer = [v.numpy() for step in trainer.train_steps.values() for v in step.optimizer.variables]
    np.savez(task["weights"], *trainer.model.get_weights(), *optimizer)


if __name__ == "__main__":
    main(sys.argv)
