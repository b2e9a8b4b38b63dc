"""Early stopping that goes on where it was."""

from __future__ import annotations

from typing import Any

import keras

from camenn_tf.training.best_weights import BestWeights
from camenn_tf.training.run_state import RunState


class ResumableStopping(keras.callbacks.EarlyStopping):
    """Keras's early stopping on a metric that rises, with the best weights restored at the end.

    After each evaluation its state is copied to where checkpoints find it, `state.stopping` and `best`; a run that goes
    on takes it up from there.

    Args:
      monitor: the metric.
      patience: evaluations without a better one.
      state: of the run; restored before training begins.
      best: keeps the weights of the best evaluation, restored likewise.
    """

    def __init__(self, monitor: str, patience: int, state: RunState, best: BestWeights) -> None:
        super().__init__(monitor=monitor, mode="max", patience=patience, restore_best_weights=True)
        self._state = state
        self._kept = best

    def on_train_begin(self, logs: dict[str, float] | None = None) -> None:
        """Begins anew, or where the restored state stands."""
        super().on_train_begin(logs)
        there: dict[str, Any] = self._state.stopping
        if not there:
            return
        # A Python float, as at first: Keras compares those in float32, where a float64 loses to its own rounding.
        self.best = float(there["best"])
        for name in ("wait", "best_epoch", "stopped_epoch"):
            setattr(self, name, int(there[name]))
        self.best_weights = self._kept.values()

    def on_epoch_end(self, epoch: int, logs: dict[str, float] | None = None) -> None:
        """Judges the evaluation and keeps what came of it."""
        super().on_epoch_end(epoch, logs)
        names = ("best", "wait", "best_epoch", "stopped_epoch")
        self._state.stopping = {name: float(getattr(self, name)) for name in names}
        if self.best_epoch == epoch:
            self._kept.keep(self.best_weights)
