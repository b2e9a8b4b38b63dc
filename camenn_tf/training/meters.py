"""Running sums of the steps since the last evaluation, and the means they make."""

from __future__ import annotations

from typing import Any

import numpy as np
from ml_collections import ConfigDict

from camenn_tf.evaluation import metrics
from camenn_tf.training.losses import BINS, task_factors


class Meters:
    """Adds up what train steps return; its state goes into checkpoints, so a resumed run reports the same means.

    Args:
      tasks: names of the tasks, in the order of the sums.
      config: section `alignment` is read: `loss` is the tasks' weighted sum, as the train step has it.
    """

    def __init__(self, tasks: tuple[str, ...], config: ConfigDict) -> None:
        self.tasks = tasks
        self._joint, self._warmup = task_factors(config, tasks)
        self.reset()

    def reset(self) -> None:
        """Forgets all steps."""
        self._sums = {name: np.zeros(len(self.tasks)) for name in ("loss_sum", "weight", "correct")}
        self._sums["histogram"] = np.zeros((2, BINS))

    def add(self, parts: dict[str, np.ndarray]) -> dict[str, float]:
        """Adds one step (`TrainStep.unpack`) and returns its own losses: `loss`, and `<task>` where it has rows."""
        for name, values in parts.items():
            self._sums[name] += values.astype(np.float64)
        return self._losses(parts["loss_sum"], parts["weight"], suffix="")

    def rows(self) -> dict[str, float]:
        """Weight of the rows of each task, so far."""
        return {task: float(weight) for task, weight in zip(self.tasks, self._sums["weight"], strict=True)}

    def means(self) -> dict[str, float]:
        """`loss`, `<task>_loss`, `cvr_auc` (by bins of the score), `ita_accuracy`, `tia_accuracy`, given rows."""
        means = self._losses(self._sums["loss_sum"], self._sums["weight"], suffix="_loss")
        for task, right, weight in zip(self.tasks, self._sums["correct"], self._sums["weight"], strict=True):
            if task != "cvr" and weight > 0:
                means[f"{task}_accuracy"] = float(right / weight)
        if (self._sums["histogram"].sum(axis=1) > 0).all():
            label = np.repeat([0, 1], BINS)
            score = np.tile(np.arange(BINS), 2)
            means["cvr_auc"] = metrics.auc(label, score, self._sums["histogram"].ravel())
        return means

    def state(self) -> dict[str, Any]:
        """JSON-able form that `load` reads."""
        return {name: values.tolist() for name, values in self._sums.items()}

    def load(self, state: dict[str, Any]) -> None:
        """Continues from `state`."""
        self._sums = {name: np.array(values, np.float64) for name, values in state.items()}

    def _losses(self, sums: np.ndarray, weights: np.ndarray, suffix: str) -> dict[str, float]:
        mean = np.divide(sums, weights, out=np.zeros(len(self.tasks)), where=weights > 0)
        losses = {f"{task}{suffix}": float(mean[i]) for i, task in enumerate(self.tasks) if weights[i] > 0}
        factors = (
            self._joint if f"cvr{suffix}" in losses else self._warmup
        )  # warm-up steps, and they alone, have no samples
        return {"loss": float((factors * mean).sum()), **losses}
