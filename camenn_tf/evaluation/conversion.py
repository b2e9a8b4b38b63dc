"""Judges conversion scores: overall, by user, by decile and by slice, beside the oracle where there is one."""

from __future__ import annotations

import dataclasses
from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from camenn_tf import metrics
from camenn_tf.evaluation.predictions import Predictions

Scores = npt.NDArray[np.floating[Any]]


def judge_conversion(
    predictions: Predictions, masks: Mapping[str, npt.NDArray[np.bool_]], oracle: Scores | None = None
) -> dict[str, Any]:
    """All conversion metrics of one split.

    Args:
      predictions: the samples, [n].
      masks: slices, [n] bool by name.
      oracle: [n], the world's own probabilities, where they are known.

    Returns:
      `samples`, `positives`, `auc`, `gauc` (by user, weighted by samples), `log_loss`, `calibration` (deciles),
      `slices` by name and, with an oracle, `oracle`: JSON-able, NaN as None.

    Raises:
      ValueError: scores are not finite probabilities, or lengths differ.
    """
    everything = np.ones(len(predictions.label), bool)
    report = _scores(predictions, everything, oracle)
    report["calibration"] = [
        dataclasses.asdict(part) for part in metrics.calibration(predictions.label, predictions.cvr)
    ]
    report["slices"] = {name: _scores(predictions, mask, oracle) for name, mask in masks.items()}
    return report


def _scores(predictions: Predictions, mask: npt.NDArray[np.bool_], oracle: Scores | None = None) -> dict[str, Any]:
    label, user = predictions.label[mask], predictions.user[mask]
    report: dict[str, Any] = {"samples": len(label), "positives": int(label.sum())}
    report |= _three(label, predictions.cvr[mask], user)
    if oracle is not None:
        report["oracle"] = _three(label, oracle[mask], user)
    return report


def _three(label: npt.NDArray[Any], score: Scores, user: npt.NDArray[Any]) -> dict[str, float | None]:
    values = {
        "auc": metrics.auc(label, score),
        "gauc": metrics.grouped_auc(label, score, user),
        "log_loss": metrics.log_loss(label, score),
    }
    # JSON has no NaN: a slice of one class has no AUC, and says so with null.
    return {name: None if np.isnan(value) else value for name, value in values.items()}
