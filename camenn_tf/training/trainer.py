"""The training loop: one for one device, several devices and several machines, and exact across restarts."""

from __future__ import annotations

import json
import os
import time
from collections.abc import Sequence
from typing import Any

import keras
import tensorflow as tf
from absl import logging
from ml_collections import ConfigDict

from camenn_tf.inputs.batch_pipeline import BatchPipeline
from camenn_tf.training.best_weights import BestWeights
from camenn_tf.training.checkpoints import Checkpoints
from camenn_tf.training.distribute import distribute
from camenn_tf.training.divergence import check_loss, check_weights_finite
from camenn_tf.training.losses import is_adaptive, joint_weights, warm_up_steps, warm_up_weights
from camenn_tf.training.meters import Meters
from camenn_tf.training.resumable_stopping import ResumableStopping
from camenn_tf.training.run_directory import RunDirectory
from camenn_tf.training.run_state import JOINT, WARM_UP, RunState
from camenn_tf.training.step_log import StepLog
from camenn_tf.training.strategy import is_chief, worker_name
from camenn_tf.training.train_step import TrainStep, spread_seeds
from camenn_tf.training.validator import Validator, monitored
from camenn_tf.training.weight_average import WeightAverage

REPORT_SECONDS = 5.0  # longest time between two reports to the callbacks


class Trainer:
    """Trains a model: alignment warm-up, then epochs with evaluations, until early stopping or the last epoch.

    Keras callbacks are driven as `fit` does, with an evaluation in the place of an epoch: on_epoch_end(evaluation,
    logs) gets the running means and `Validator`'s metrics. on_train_batch_end(step, logs) gets logs only every
    `train.tensorboard_steps` steps or 5 seconds (empty otherwise), so that the devices need not wait for the host.
    `ResumableStopping` on `monitored(model)` is always there.

    A run that was stopped goes on from its newest whole checkpoint, and with `train.deterministic` makes exactly the
    losses and weights of a run that was not stopped.

    Args:
      config: the whole configuration.
      model: uncompiled, built in the strategy's scope.
      train_pipeline: of the train split.
      validator: judges the model.
      run: the open run directory.
      strategy: the devices.
      callbacks: further callbacks; after early stopping in order.

    Attributes:
      state: position and history; `state.finished` tells whether anything is left to do.
      train_steps: the compiled step of each stage, with its optimizer.
    """

    def __init__(
        self,
        config: ConfigDict,
        model: keras.Model,
        train_pipeline: BatchPipeline,
        validator: Validator,
        run: RunDirectory,
        strategy: tf.distribute.Strategy,
        callbacks: Sequence[keras.callbacks.Callback] = (),
    ) -> None:
        self.config = config
        self.model = model
        self.pipeline = train_pipeline
        self.validator = validator
        self.run = run
        self.strategy = strategy
        self.state = RunState()
        self._warm_up_steps = warm_up_steps(config, model.output)
        self.total_steps = self._warm_up_steps + config.train.epochs * train_pipeline.steps_per_epoch
        spec = distribute(strategy, train_pipeline).element_spec
        weights = {WARM_UP: warm_up_weights(config, model.output), JOINT: joint_weights(config, model.output)}
        steps = {WARM_UP: self._warm_up_steps, JOINT: self.total_steps - self._warm_up_steps}
        self._average = WeightAverage(model, strategy, config.optimizer.average)
        # Each stage's schedule begins anew: a warm-up must not use up the rates that joint training needs.
        self.train_steps = {
            stage: TrainStep(
                model, strategy, spec, config, tasks, steps[stage], self._average if stage == JOINT else None
            )
            for stage, tasks in weights.items()
            if tasks
        }
        with strategy.scope():
            # Callbacks look for model.optimizer; nothing else of `compile` is used.
            model.compile(optimizer=self.train_steps[JOINT].optimizer, jit_compile=False)
        self._meters = {stage: Meters(tasks, is_adaptive(config)) for stage, tasks in weights.items()}
        self._chief = is_chief(strategy)
        self._step_log = StepLog(run.path, self._chief)
        self._best = BestWeights(model, run, self._chief)
        self._checkpoints = self._make_checkpoints()
        stopping = ResumableStopping(monitored(model), config.train.patience, self.state, self._best)
        self._callbacks = keras.callbacks.CallbackList([stopping, *callbacks], model=model)
        self._pending: list[tf.Tensor] = []
        self._last_report = 0.0
        self._speed = (0.0, 0.0)  # samples and seconds of the timed joint steps since the last evaluation
        self._untimed = 1  # a stage's first step, which is mostly tracing

    @property
    def meters(self) -> Meters:
        """Of the current stage."""
        return self._meters[self.state.position.stage]

    def fit(self) -> dict[str, float]:
        """Trains from where the run stands to its end; the model has the best weights then.

        Returns:
          The logs of the best evaluation.
        """
        self.model.stop_training = False
        resumed = self._checkpoints.restore()
        spread_seeds(self.model, self.strategy)
        self._step_log.rewind(self.state.position.total)
        if resumed:
            self._resume()
        self._callbacks.set_params({"epochs": len(self._ends()) * self.config.train.epochs, "steps": self.total_steps})
        self._callbacks.on_train_begin()
        if not self.state.finished:
            self._train()
        self._callbacks.on_train_end()
        return self.state.evaluations[int(self.state.stopping["best_epoch"])]

    def _train(self) -> None:
        position = self.state.position
        self._last_report = time.monotonic()
        if position.stage == WARM_UP:
            if position.step < self._warm_up_steps:
                data = distribute(self.strategy, self.pipeline, start_step=position.step, warm_up=True)
                self._steps(iter(data), self._warm_up_steps)
            position.stage, position.step = JOINT, 0
            self._untimed = 1
        while not self.state.finished:
            data = iter(distribute(self.strategy, self.pipeline, position.epoch, position.step))
            for end in self._ends():
                if end > position.step and not self.state.finished:
                    self._callbacks.on_epoch_begin(position.evaluation)
                    self._steps(data, end)
                    self._evaluate()

    def _steps(self, data: Any, end: int) -> None:
        """Trains up to step `end` of the stage or epoch."""
        position = self.state.position
        train_step = self.train_steps[position.stage]
        while position.step < end:
            self._callbacks.on_train_batch_begin(position.total)
            self._pending.append(train_step(next(data)))
            position.step += 1
            position.total += 1
            save = position.total % self.config.train.checkpoint_steps == 0
            report = save or position.step == end or position.total % self.config.train.tensorboard_steps == 0
            report = report or time.monotonic() - self._last_report > REPORT_SECONDS
            if self._untimed and len(self._pending) == 1:
                self._wait_for_first()
            self._callbacks.on_train_batch_end(position.total - 1, self._report() if report else {})
            if save or position.step == end:
                check_weights_finite(self.model, position.total, self.config)
            # At the end of a part of an epoch the evaluation saves.
            if save and (position.step < end or position.stage == WARM_UP):
                self._save()

    def _report(self) -> dict[str, float]:
        """Waits for the steps since the last report; their means and speed."""
        position = self.state.position
        entries = []
        before = self.meters.samples
        for number, totals in enumerate(self._pending, start=1 - len(self._pending)):
            losses = self.meters.add(self.train_steps[position.stage].unpack(totals.numpy()))
            check_loss(losses["loss"], position.total + number, self.config)
            place = {"total": position.total - 1 + number, "step": position.step - 1 + number}
            entries.append({"stage": position.stage, "epoch": position.epoch, **place, **losses})
        if not entries:
            return {}
        now = time.monotonic()
        seconds = max(now - self._last_report, 1e-9)
        self._last_report = now
        self.state.seconds += seconds
        self._pending = []
        self._step_log.append(entries)
        timed = len(entries) - self._untimed
        self._untimed = 0
        if not timed:
            return {}
        step_rows = self.config.alignment.warmup_batch_size  # items
        if position.stage == JOINT:
            step_rows = (self.meters.samples - before) / len(entries)
            self._speed = (self._speed[0] + step_rows * timed, self._speed[1] + seconds)
        return {
            **self.meters.means(),
            "learning_rate": float(self.train_steps[position.stage].optimizer.learning_rate),
            "samples_per_second": step_rows * timed / seconds,
            "steps_per_second": timed / seconds,
        }

    def _wait_for_first(self) -> None:
        self._pending[0].numpy()
        now = time.monotonic()
        logging.info("traced and ran the first step in %.0f s", now - self._last_report)
        self.state.seconds += now - self._last_report
        self._last_report = now

    def _evaluate(self) -> None:
        """Validates, lets the callbacks judge, and saves; all of them see the averaged weights, if there are some."""
        started = time.monotonic()
        with self._average.in_place():
            self._judge()
        self.state.seconds += time.monotonic() - started
        self._save()
        self._write_history()
        self._last_report = time.monotonic()

    def _judge(self) -> None:
        position = self.state.position
        logs = {**self.meters.means(), **self.validator()}
        samples, seconds = self._speed
        self._speed = (0.0, 0.0)
        place = {"epoch": position.epoch, "step": position.step, "total": position.total}
        self.state.speed = samples / max(seconds, 1e-9)
        self.state.evaluations.append({**logs, **place})
        evaluation = position.evaluation
        position.evaluation += 1
        if position.step == self.pipeline.steps_per_epoch:
            position.epoch, position.step = position.epoch + 1, 0
        self.meters.reset()
        self._callbacks.on_epoch_end(evaluation, logs)
        self.state.finished = bool(self.model.stop_training) or position.epoch >= self.config.train.epochs

    def _ends(self) -> list[int]:
        """Steps of an epoch after which there is an evaluation; the last is the epoch's end."""
        steps, count = self.pipeline.steps_per_epoch, max(1, self.config.train.evaluations_per_epoch)
        return sorted({-(-steps * part // count) for part in range(1, count + 1)})

    def _make_checkpoints(self) -> Checkpoints:
        # A flat list of variables: Keras does not show TensorFlow the dropout seeds as parts of the model.
        return Checkpoints(
            os.path.join(self.run.path, "checkpoints"),
            self.config.train.keep_checkpoints,
            self._chief,
            worker_name(self.strategy),
            model=[variable.value for variable in self.model.variables],
            optimizers={
                stage: [variable.value for variable in step.optimizer.variables]
                for stage, step in self.train_steps.items()
            },
            average=self._average.variables,
            best=self._best.variables,
            state=self.state,
        )

    def _save(self) -> None:
        self.state.meters = self.meters.state()
        self._checkpoints.save()

    def _resume(self) -> None:
        position = self.state.position
        self.meters.load(self.state.meters)
        if self.state.finished:
            logging.info("%s: training is finished already, nothing to do", self.run.path)
        else:
            place = f"step {position.step} of epoch {position.epoch + 1}" if position.stage == JOINT else "the warm-up"
            logging.info("%s: going on from %s (%d steps done)", self.run.path, place, position.total)
        if self.state.evaluations:  # what the checkpoint knows, which the files may not, or not any more
            self._best.write_again()
            self._write_history()

    def _write_history(self) -> None:
        if self._chief:
            history = {
                "finished": self.state.finished,
                "parameters": self.model.count_params(),
                "best_evaluation": int(self.state.stopping["best_epoch"]),
                "seconds": round(self.state.seconds, 3),
                "samples_per_second": round(self.state.speed, 1),
                "evaluations": self.state.evaluations,
            }
            self.run.write("history.json", json.dumps(history, indent=1) + "\n")
