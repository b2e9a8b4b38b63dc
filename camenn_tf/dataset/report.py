"""`report.json`: what was wrong in the tables, and how much each field alone says about the label."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import numpy as np
from absl import logging
from apache_beam.io.filesystems import FileSystems

from camenn_tf.dataset.dataset_info import FieldInfo
from camenn_tf.dataset.faults import Faults
from camenn_tf.dataset.schema import MISSING_ID
from camenn_tf.dataset.splits import TRAIN, VALIDATION
from camenn_tf.dataset.storage import write_json

FILE_NAME = "report.json"
WARN_ABOVE = 0.8
_SMOOTHING = 20.0  # train samples at the mean rate that a value's own rate is mixed with


def write_report(
    directory: str, faults: dict[str, Faults], infos: Iterable[FieldInfo], counts: dict[str, np.ndarray]
) -> None:
    """Writes `report.json` and logs its warnings; `counts` are those of `field_report`, by name of the field."""
    fields = {info.name: field_report(info, counts[info.name]) for info in infos}
    for name, entry in fields.items():
        if "warning" in entry:
            logging.warning("field '%s': %s", name, entry["warning"])
    write_json(FileSystems.join(directory, FILE_NAME), {"faults": fault_report(faults), "fields": fields})


def fault_report(faults: dict[str, Faults]) -> dict[str, Any]:
    """By kind: count, share of the table's rows, examples."""
    return {
        kind: {"count": fault.count, "share": fault.share, "examples": fault.examples}
        for kind, fault in sorted(faults.items())
    }


def field_report(info: FieldInfo, counts: np.ndarray) -> dict[str, Any]:
    """Missing share by label and single-field AUC of one field.

    Args:
      info: the field.
      counts: int64 [splits, labels, size], samples by split, label and embedding row.
    """
    by_label = counts.sum(0)  # [labels, size]
    shares = by_label[:, MISSING_ID] / np.maximum(by_label.sum(1), 1)
    auc, how = single_field_auc(info, counts)
    out: dict[str, Any] = {
        "group": info.group,
        "kind": info.kind,
        "rows": info.size,
        "missing_share": {"bought": float(shares[1]), "not_bought": float(shares[0])},
        "auc": auc,
        "auc_of": how,
    }
    if auc is not None and auc > WARN_ABOVE:
        out["warning"] = f"this field alone has AUC {auc:.3f}: does it know the label?"
    return out


def single_field_auc(info: FieldInfo, counts: np.ndarray) -> tuple[float | None, str]:
    """How well one field alone orders samples by label, and of what; None where a label is absent.

    Numeric: rank AUC of the bucket (missing = below all), over train samples; either direction counts, so at least .5.
    Others: values scored by their smoothed share of purchases among train samples, judged on validation samples (on
    the train samples where validation has only one label).
    """
    train = counts[TRAIN].astype(np.float64)
    if info.kind == "numeric":
        auc = weighted_auc(np.arange(info.size), train)
        return (None if auc is None else max(auc, 1 - auc)), "rank in train"
    total = train.sum()
    rate = train[1].sum() / total if total else 0.0
    scores = (train[1] + _SMOOTHING * rate) / (train.sum(0) + _SMOOTHING)
    judged = counts[VALIDATION].astype(np.float64)
    auc, how = weighted_auc(scores, judged), "train rates in validation"
    if auc is None:
        auc, how = weighted_auc(scores, train), "train rates in train"
    return auc, how


def weighted_auc(scores: np.ndarray, counts: np.ndarray) -> float | None:
    """Probability that a positive scores above a negative, ties half; counts [labels, values]. None without either."""
    negatives, positives = counts.sum(1)
    if not negatives or not positives:
        return None
    _, rank = np.unique(scores, return_inverse=True)
    low, high = (np.bincount(rank, weights) for weights in counts)
    below = np.cumsum(low) - low
    return float((high * (below + low / 2)).sum() / (negatives * positives))
