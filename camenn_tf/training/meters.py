"""Running sums of the steps since the last evaluation, and the means they make."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import tensorflow as tf

from camenn_tf import metrics
from camenn_tf.training.adaptive_weights import adaptive_weights
from camenn_tf.training.losses import BINS, OWN_LOSSES


class Meters:
    """Adds up what train steps return; its state goes into checkpoints, so a resumed run reports the same means.

    Args:
      weights: the tasks in the order of the sums, and their weights: `loss` is their weighted sum, as in `TrainStep`.
      adaptive: whether `adaptive_weights` multiply them; of several steps those of the mean losses.
    """

    def __init__(self, weights: Mapping[str, float], adaptive: bool = False) -> None:
        self.tasks = tuple(weights)
        self._adaptive = adaptive
        self._factors = np.array(list(weights.values()))
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

    @property
    def samples(self) -> float:
        """Weight of the samples of conversion, so far; of a model without conversion that of its first task's rows."""
        sums = dict(zip(self.tasks, self._sums["weight"], strict=True))
        return float(sums.get("cvr", next(iter(sums.values()), 0.0)))

    def means(self) -> dict[str, float]:
        """`loss`, `<task>_loss`, `cvr_auc` (by bins of the score), `ita_accuracy`, `tia_accuracy`, given rows."""
        means = self._losses(self._sums["loss_sum"], self._sums["weight"], suffix="_loss")
        for task, right, weight in zip(self.tasks, self._sums["correct"], self._sums["weight"], strict=True):
            if task not in ("cvr", *OWN_LOSSES) and weight > 0:
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
        factors = self._factors
        if self._adaptive:
            factors = factors * adaptive_weights(tf.constant(mean), tf.constant(weights > 0)).numpy()
        return {"loss": float((factors * mean).sum()), **losses}
