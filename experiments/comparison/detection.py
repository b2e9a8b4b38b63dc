"""How well a model's alignment scores find items whose text or picture is spoilt."""

from __future__ import annotations

import os
from typing import Any

import numpy as np
import numpy.typing as npt
import pyarrow.parquet as pq

from experiments.comparison.trial import Trial

# What text and picture can tell; a wrong shelf is seen in neither.
FAULTS = ("vague_title", "wrong_title", "blurred_image", "wrong_image")
Bools = npt.NDArray[np.bool_]


def detection(trial: Trial, run: str, output: str) -> dict[str, Any]:
    """`detection` for a model with alignment tasks: by group of items how its lowest scores fall on spoilt ones."""
    from camenn_tf.evaluation.own_pairs import own_pair_scores  # --help should not wait for TensorFlow

    scores = own_pair_scores(run)
    if scores is None:
        return {}
    truth = pq.read_table(os.path.join(trial.source.truth(output), "items.parquet")).to_pydict()
    place = {item: row for row, item in enumerate(truth["item_id"])}
    rows = [place[item] for item in scores.item_ids]
    faults = {name: np.asarray(truth[name], bool)[rows] for name in FAULTS}
    spoilt = np.logical_or.reduce(list(faults.values()))
    groups = {"all": np.ones(len(rows), bool), "unseen in train": scores.train_samples == 0}
    return {
        "detection": {
            name: {
                **judged(spoilt[group], scores.fit[group]),
                "found": {
                    fault: float(np.mean(scores.fit[group & mask] < 0.5)) if (group & mask).any() else None
                    for fault, mask in faults.items()
                },
            }
            for name, group in groups.items()
        }
    }


def judged(spoilt: Bools, fit: npt.NDArray[Any]) -> dict[str, Any]:
    """Precision and recall of `fit` < .5, and of as many lowest scores as there are spoilt items; ROC AUC.

    Args:
      spoilt: [n].
      fit: [n], high where text and image fit.
    """
    flagged, count = fit < 0.5, int(spoilt.sum())
    lowest = np.zeros(len(fit), bool)
    lowest[np.argsort(fit, kind="stable")[:count]] = True
    below = fit[spoilt][:, None] < fit[~spoilt][None, :]
    ties = fit[spoilt][:, None] == fit[~spoilt][None, :]
    return {
        "items": len(fit),
        "spoilt": count,
        "flagged": int(flagged.sum()),
        "precision": _share(spoilt, flagged),
        "recall": _share(flagged, spoilt),
        "precision_at_count": _share(spoilt, lowest),
        "auc": float(np.mean(below + 0.5 * ties)) if below.size else None,
    }


def _share(of: Bools, among: Bools) -> float | None:
    """The share of `among` that is `of`; None of nothing."""
    return float(np.mean(of[among])) if among.any() else None
