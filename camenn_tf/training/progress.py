"""Progress as plain lines: readable in a terminal and in a log file alike."""

from __future__ import annotations

import time

import keras
from absl import logging

from camenn_tf.training.validator import monitored

QUIET_SECONDS = 2.0


class Progress(keras.callbacks.Callback):
    """A line when the trainer reports (every `train.tensorboard_steps` steps or 5 seconds), one an evaluation.

    Reports within 2 seconds of the last line are passed over, but for the last of the warm-up and of all.

    Args:
      warm_up_steps: length of the alignment warm-up.
      steps_per_epoch: of the joint stage.
      total_steps: of all stages and epochs.
    """

    def __init__(self, warm_up_steps: int, steps_per_epoch: int, total_steps: int) -> None:
        super().__init__()
        self._warm_up_steps = warm_up_steps
        self._steps_per_epoch = steps_per_epoch
        self._total_steps = total_steps
        self._last_line = -QUIET_SECONDS

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        """Logs where the run stands, its losses, its speed and the longest it may still take."""
        if not logs or not self._is_due(batch):
            return
        if batch < self._warm_up_steps:
            place = f"warm-up {batch + 1}/{self._warm_up_steps}"
            samples, steps, what = "items/s", self._warm_up_steps, " of the warm-up"  # later steps take longer
        else:
            epoch, step = divmod(batch - self._warm_up_steps, self._steps_per_epoch)
            place = f"epoch {epoch + 1} step {step + 1}/{self._steps_per_epoch}"
            samples, steps, what = "samples/s", self._total_steps, ""
        seconds = (steps - batch - 1) / logs["steps_per_second"]
        speed = f"{logs['samples_per_second']:.0f} {samples}"
        logging.info("%s  %s  %s  at most %s left%s", place, _numbers(logs), speed, _duration(seconds), what)

    def _is_due(self, batch: int) -> bool:
        now = time.monotonic()
        due = now - self._last_line >= QUIET_SECONDS or batch + 1 in (self._warm_up_steps, self._total_steps)
        if due:
            self._last_line = now
        return due

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Logs the validation metrics."""
        values = {name.removeprefix("val_"): value for name, value in (logs or {}).items() if name.startswith("val_")}
        logging.info("evaluation %d: validation %s", epoch + 1, _numbers(values))

    def on_train_end(self, logs: dict[str, float] | None = None) -> None:
        """Tells why the training ended."""
        if self.model.stop_training:
            name = metric_name(monitored(self.model))
            logging.info("stopped early: %s no longer rises; the best weights are restored", name)


def metric_name(key: str) -> str:
    """`val_cvr_auc` as a person writes it: validation CVR AUC."""
    return key.replace("val_", "validation ").replace("_", " ").replace("cvr", "CVR").replace("auc", "AUC")


def _numbers(logs: dict[str, float]) -> str:
    shown = [(name, value) for name, value in logs.items() if name.endswith(("loss", "auc", "accuracy"))]
    return "  ".join(f"{name.replace('_', ' ')} {value:.4f}" for name, value in shown)


def _duration(seconds: float) -> str:
    minutes, rest = divmod(int(seconds), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02d}:{rest:02d}" if hours else f"{minutes}:{rest:02d}"
