"""Rows that frame a model's result: gradient boosting on the observed and on the true fields, and the oracle.

`experiments.references` is the command.
"""

from __future__ import annotations

import os
from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import tensorflow as tf
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import log_loss, roc_auc_score
from threadpoolctl import threadpool_limits

from camenn_tf.dataset.dataset_info import SPLITS, DatasetInfo, load_dataset_info
from camenn_tf.dataset.schema import MISSING_ID
from camenn_tf.evaluation.truth import load_truth
from camenn_tf.inputs.catalogue import Catalogue

MOST_CATEGORIES = 255  # scikit-learn's limit; a field with more values (ids) goes in as a number
# trees by the number of train samples: few samples need small, unlike trees
SMALL_DATA = 100_000
_SMALL: dict[str, Any] = {"max_leaf_nodes": 8, "min_samples_leaf": 100, "max_features": 0.3}
_LARGE: dict[str, Any] = {"max_leaf_nodes": 31, "min_samples_leaf": 50, "max_features": 0.3}
_ALWAYS: dict[str, Any] = {
    "max_iter": 400,
    "learning_rate": 0.05,
    "l2_regularization": 10.0,
    "early_stopping": False,
}

Records = dict[str, np.ndarray]
Columns = dict[str, tuple[np.ndarray, bool]]  # name -> values [n], whether they are categories


def read_split(directory: str, info: DatasetInfo, split: str) -> Records:
    """The records of a split: sample, user, target, label, new_to_user [n] each, fields [n, Fb]."""
    width = len(info.sample_fields)
    spec = {name: tf.io.FixedLenFeature([], tf.int64) for name in ("sample", "user", "target", "label", "new_to_user")}
    spec["fields"] = tf.io.FixedLenFeature([width], tf.int64)
    files = [os.path.join(directory, name) for name, _ in info.splits[split].shards]
    parts: dict[str, list[np.ndarray]] = {name: [] for name in spec}
    for batch in tf.data.TFRecordDataset(files).batch(8192):
        for name, values in tf.io.parse_example(batch, spec).items():
            parts[name].append(values.numpy())
    return {name: np.concatenate(values) for name, values in parts.items()}


def observed_columns(info: DatasetInfo, records: Records, catalogue: np.ndarray) -> Columns:
    """All fields of the schema as value ids; missing ones are NaN.

    Args:
      info: of the dataset.
      records: of `read_split`.
      catalogue: item fields by catalogue row, int [items, Fi].
    """
    out: Columns = {}
    for place, field in enumerate(info.sample_fields):
        out[field.name] = _column(info, field.name, records["fields"][:, place])
    for place, field in enumerate(info.item_fields):
        out[field.name] = _column(info, field.name, catalogue[records["target"], place])
    return out


def true_columns(info: DatasetInfo, observed: Columns, truth: Any, samples: np.ndarray) -> Columns:
    """The columns of the truth's events (text = categories) with the user, context and cross fields, without ids."""
    names = [field.name for field in info.sample_fields if field.size <= MOST_CATEGORIES]
    out = {name: observed[name] for name in names}
    for name in truth.column_names:
        if name in ("row", "probability"):
            continue
        values = np.asarray(truth[name].to_numpy())
        if values.dtype == object:
            out[f"true_{name}"] = (np.unique(values, return_inverse=True)[1][samples].astype(float), True)
        else:
            out[f"true_{name}"] = (values[samples].astype(float), False)
    return out


def judge(label: np.ndarray, probability: np.ndarray, new: np.ndarray) -> dict[str, Any]:
    """AUC and log loss of all samples, and under `new_to_user` of those in `new` (None if they have one label only)."""
    out: dict[str, Any] = {"new_to_user": None}
    out["auc"], out["log_loss"] = float(roc_auc_score(label, probability)), float(log_loss(label, probability))
    new = new > 0
    if len(np.unique(label[new])) == 2:
        auc, loss = roc_auc_score(label[new], probability[new]), log_loss(label[new], probability[new])
        out["new_to_user"] = {"auc": float(auc), "log_loss": float(loss)}
    return out


def boosting_row(columns: dict[str, Columns], records: dict[str, Records], seed: int = 1) -> dict[str, Any]:
    """Gradient boosting fitted on train and judged on validation, then fitted on both and judged on test."""
    out: dict[str, Any] = {"settings": boosting_settings(len(records["train"]["label"]))}
    for split, known in (("validation", ("train",)), ("test", ("train", "validation"))):
        probability = boosted(columns, records, known, [split], seed)[split]
        out[split] = judge(records[split]["label"], probability, records[split]["new_to_user"])
    return out


def boosting_settings(samples: int) -> dict[str, Any]:
    """What scikit-learn's boosting is given for so many train samples, besides its seed and the kinds of fields."""
    return {**_ALWAYS, **(_SMALL if samples < SMALL_DATA else _LARGE)}


def boosted(
    columns: dict[str, Columns], records: dict[str, Records], known: Sequence[str], asked: Sequence[str], seed: int
) -> dict[str, np.ndarray]:
    """Probabilities [n] of the asked splits from gradient boosting fitted on the known ones."""
    tables = {s: np.column_stack([values for values, _ in columns[s].values()]) for s in {*known, *asked}}
    model = HistGradientBoostingClassifier(
        categorical_features=[is_category for _, is_category in columns["train"].values()],
        random_state=seed,
        **boosting_settings(len(records["train"]["label"])),
    )
    with threadpool_limits(1):  # waiting for each other, its threads take minutes on cores that others use too
        model.fit(np.concatenate([tables[s] for s in known]), np.concatenate([records[s]["label"] for s in known]))
        return {split: model.predict_proba(tables[split])[:, 1] for split in asked}


def references(dataset: str, truth: str | None) -> dict[str, Any]:
    """All rows; with a truth also each boosting row's share of the oracle's lift over .5 on the test split.

    Raises:
      UserError: it is the truth of other tables.
    """
    info = load_dataset_info(dataset)
    records = {split: read_split(dataset, info, split) for split in SPLITS}
    catalogue = Catalogue.load(dataset)
    known = _true_events(truth, catalogue, records) if truth else None  # before anything that takes long
    observed = {split: observed_columns(info, records[split], catalogue.fields) for split in SPLITS}
    rows = {"observed": boosting_row(observed, records)}
    out: dict[str, Any] = {"dataset": info.fingerprint, "rows": rows}
    if known is not None:
        events, probability = known
        true = {s: true_columns(info, observed[s], events, records[s]["sample"]) for s in SPLITS}
        rows["true"] = boosting_row(true, records)
        rows["oracle"] = {
            s: judge(records[s]["label"], probability[s], records[s]["new_to_user"]) for s in ("validation", "test")
        }
        lift = rows["oracle"]["test"]["auc"] - 0.5
        out["share_of_lift"] = {name: (rows[name]["test"]["auc"] - 0.5) / lift for name in ("observed", "true")}
    return out


def _true_events(directory: str, catalogue: Catalogue, records: dict[str, Records]) -> tuple[pa.Table, dict[str, Any]]:
    """The truth's events, of which row n is sample n, and each split's probabilities."""
    truth = load_truth(directory, list(catalogue.item_ids))
    probabilities = {split: truth.probability_of(part["sample"], part["target"]) for split, part in records.items()}
    return pq.read_table(os.path.join(directory, "events.parquet")), probabilities


def _column(info: DatasetInfo, name: str, ids: np.ndarray) -> tuple[np.ndarray, bool]:
    field = info.info(name)
    values = np.where(ids == MISSING_ID, np.nan, ids.astype(float))
    return values, field.kind != "numeric" and field.size <= MOST_CATEGORIES
