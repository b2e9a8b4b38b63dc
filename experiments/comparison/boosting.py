"""Gradient boosting on the same fields, what a practitioner would try first: the same JSON as any other run."""

from __future__ import annotations

import hashlib
import json
import os
import tempfile
import time
from typing import Any

import numpy as np
import pyarrow.parquet as pq

from experiments.comparison.conversion_entries import conversion_entries
from experiments.comparison.data import DATA
from experiments.comparison.final_runs import SEEDS, STUDY
from experiments.comparison.run_trials import Options, made
from experiments.comparison.test_uses import log_test_use
from experiments.steps import commit, write_result

# Networks look at validation weeks for early stopping alone; boosting has no use for them but to learn from them.
KNOWN = {"boosting": ("train",), "boosting_more": ("train", "validation")}
DATA_NAME = "bench"
FORMERLY = "reference_rows"  # what the log's first lines have as configuration of any fit


def run_boosting(options: Options) -> None:
    """Fits what has no JSON yet: one run an arm and seed."""
    for seed in dict.fromkeys((*SEEDS, *options.seeds)):
        for arm in KNOWN:
            path = os.path.join(options.results, STUDY, f"{arm}-{seed}.json")
            if not options.wants(arm, seed) or os.path.exists(path):
                continue
            with options.held(f"{STUDY}-{arm}-{seed}") as held:
                if held and not os.path.exists(path):
                    fitted, scores = _fitted(arm, seed, options)
                    log_test_use(_use(fitted, scores), os.path.join(options.results, "test_uses.jsonl"), FORMERLY)
                    write_result(path, fitted)
                    print(f"wrote {path}", flush=True)


def _fitted(arm: str, seed: int, options: Options) -> tuple[dict[str, Any], dict[str, np.ndarray]]:
    """The JSON of a fit, and its scores by split."""
    from camenn_tf.dataset.dataset_info import load_dataset_info  # --help should not wait for TensorFlow
    from camenn_tf.evaluation.conversion import judge_conversion
    from camenn_tf.evaluation.predictions import Predictions, save_predictions
    from camenn_tf.evaluation.slices import slices
    from camenn_tf.inputs.catalogue import Catalogue
    from experiments.reference_rows import boosted, boosting_settings, observed_columns, read_split

    source = DATA[DATA_NAME]
    made(source, options.output, options.images)
    dataset, started, made_by = source.path(options.output, "dataset"), time.monotonic(), commit()
    info, catalogue = load_dataset_info(dataset), Catalogue.load(dataset)
    asked = [split for split in ("validation", "test") if split not in KNOWN[arm]]
    records = {split: read_split(dataset, info, split) for split in {*KNOWN[arm], *asked}}
    columns = {split: observed_columns(info, part, catalogue.fields) for split, part in records.items()}
    scores = boosted(columns, records, KNOWN[arm], asked, seed)
    seconds = time.monotonic() - started
    users = pq.read_table(os.path.join(dataset, "users.parquet"), columns=["user_id"])["user_id"].to_pylist()
    result: dict[str, Any] = {
        "kind": STUDY,
        "arm": arm,
        "model": "gradient boosting",
        "seed": seed,
        "data": DATA_NAME,
        "dataset": info.fingerprint,
        "commit": made_by,
        "wall_seconds": round(seconds),
        "config": {"boosting": boosting_settings(len(records["train"]["label"])), "fitted_on": list(KNOWN[arm])},
    }
    for split in asked:
        part = {name: records[split][name] for name in ("sample", "user", "target", "label", "new_to_user")}
        predictions = Predictions(**part, cvr=scores[split].astype(np.float32))
        masks = slices(predictions, catalogue.train_samples)
        result[split] = {"cvr": judge_conversion(predictions, masks)}
        with tempfile.TemporaryDirectory() as folder:
            path = os.path.join(folder, "predictions.parquet")
            save_predictions(predictions, path, list(catalogue.item_ids), users, masks)
            entries = conversion_entries({split: path}, source.path(options.output, "tables"), source.shown)
        for name, entry in entries.items():
            result.setdefault(name, {}).update(entry)
    return result, scores


def _use(fitted: dict[str, Any], scores: dict[str, np.ndarray]) -> dict[str, Any]:
    """Logged before anything of the scores is written: a fit that is killed has shown nothing.

    Trees have no file of weights; the hash of what they say stands for them, so that the same fit may be made again.
    """
    known = {key: fitted[key] for key in ("arm", "seed", "dataset", "commit")}
    configuration = _hash(json.dumps(fitted["config"], sort_keys=True).encode())
    said = _hash(*(scores[split].astype(np.float32).tobytes() for split in sorted(scores)))
    return {"study": STUDY, "configuration": configuration, "weights": said, **known}


def _hash(*parts: bytes) -> str:
    return hashlib.sha256(b"".join(parts)).hexdigest()[:16]
