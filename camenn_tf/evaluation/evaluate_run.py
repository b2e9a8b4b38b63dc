"""Evaluates a trained run on a split: predictions, metrics, alignment."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from typing import Any

import pyarrow.parquet as pq
from absl import logging

from camenn_tf.dataset.dataset_info import load_dataset_info
from camenn_tf.errors import UserError
from camenn_tf.evaluation.alignment_report import KEYS, alignment_report, alignment_tasks
from camenn_tf.evaluation.conversion import judge_conversion
from camenn_tf.evaluation.open_split import open_split
from camenn_tf.evaluation.predictions import SAMPLE_KEYS, predict, save_predictions, scorer
from camenn_tf.evaluation.report import save_report, weights_fingerprint
from camenn_tf.evaluation.slices import slices
from camenn_tf.evaluation.truth import Truth, load_truth
from camenn_tf.inputs.batch_pipeline import BatchPipeline
from camenn_tf.training.run import LoadedRun, load_run

REPORT_SECONDS = 10.0


def evaluate_run(
    run_dir: str, splits: Sequence[str], truth_dir: str = "", dataset_dir: str = "", features_dir: str = ""
) -> dict[str, Any]:
    """Scores splits with the run's best weights; writes `metrics.json` and `predictions-<split>.parquet` into the run.

    Args:
      run_dir: the run.
      splits: of `test` and `validation`.
      truth_dir: the truth of a generated world, for the oracle and for dirty and clean items; empty = there is none.
      dataset_dir: where the dataset lies now, if it has moved.
      features_dir: where the features lie now, if they have moved.

    Returns:
      By split the report: `split`, `weights`, `dataset` and, for models that have the tasks, `cvr` and `alignment`.
      A model without conversion has no predictions.

    Raises:
      UserError: no run, other data, no samples in a split, or a truth of other tables.
    """
    run = load_run(run_dir, dataset_dir, features_dir)
    _refuse_empty(run.dataset_dir, splits)
    first = open_split(run, splits[0], SAMPLE_KEYS + (KEYS if _aligns(run) else ()))
    truth = load_truth(truth_dir, list(first.catalogue.item_ids)) if truth_dir else None
    score = scorer(run.model, first.element_spec)  # traced once: the same for all splits
    return {split: _evaluate_split(run, first.of_split(split), score, truth) for split in splits}


def _refuse_empty(dataset_dir: str, splits: Sequence[str]) -> None:
    known = load_dataset_info(dataset_dir).splits
    for split in splits:
        if split not in known or not known[split].samples:
            raise UserError(
                f"{dataset_dir}: split '{split}' has no samples; prepare the dataset with a larger share of it"
            )


def _aligns(run: LoadedRun) -> bool:
    return bool(alignment_tasks(run))


def _evaluate_split(run: LoadedRun, pipeline: BatchPipeline, score: Any, truth: Truth | None) -> dict[str, Any]:
    report: dict[str, Any] = {
        "split": pipeline.split,
        "weights": weights_fingerprint(run.model),
        "dataset": pipeline.info.fingerprint,
    }
    if "cvr" in run.model.output:
        report["cvr"] = _conversion(run, pipeline, score, truth)
    if _aligns(run):
        report["alignment"] = alignment_report(run, pipeline, score, truth)
    logging.info("all numbers: %s", save_report(run.run_dir, pipeline.split, report))
    return report


def _conversion(run: LoadedRun, pipeline: BatchPipeline, score: Any, truth: Truth | None) -> dict[str, Any]:
    """Judges the split's samples, and writes their scores."""
    split, catalogue = pipeline.split, pipeline.catalogue
    predictions = predict(score, pipeline.dataset(), progress(pipeline.info.splits[split].samples))
    masks = slices(predictions, catalogue.train_samples, None if truth is None else truth.dirty)
    oracle = None if truth is None else truth.probability_of(predictions.sample, predictions.target)
    users = pq.read_table(os.path.join(run.dataset_dir, "users.parquet"), columns=["user_id"])["user_id"].to_pylist()
    path = os.path.join(run.run_dir, f"predictions-{split}.parquet")
    save_predictions(predictions, path, list(catalogue.item_ids), users, masks)
    logging.info("scores of each sample: %s", path)
    return judge_conversion(predictions, masks, oracle)


def progress(samples: int, seconds: float = REPORT_SECONDS) -> Callable[[int], None]:
    """Logs how far it is, every `seconds` and at the end."""
    started = last = time.monotonic()

    def tell(done: int) -> None:
        nonlocal last
        now = time.monotonic()
        if now - last >= seconds or done == samples:
            last = now
            logging.info("scored %d of %d samples (%.0f a second)", done, samples, done / max(now - started, 1e-9))

    return tell
