"""Evaluation of a run, from its files to its files."""

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
from absl import logging as absl_logging
from sklearn import metrics as reference

from camenn_tf.evaluation.evaluate_run import evaluate_run, progress
from tests.small_run import EVENTS, SmallRun, shared_small_run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> SmallRun:
    return shared_small_run(tmp_path_factory)


@pytest.fixture(scope="module")
def report(run: SmallRun) -> dict[str, Any]:
    found: dict[str, Any] = evaluate_run(str(run.run), ["test"], str(run.truth))["test"]
    return found


def test_predictions_are_the_test_split_with_the_events_own_labels(run: SmallRun, report: dict[str, Any]) -> None:
    columns = pq.read_table(run.run / "predictions-test.parquet").to_pydict()
    assert len(columns["sample"]) == report["cvr"]["samples"]
    # The last quarter of the events, in order.
    assert columns["sample"] == list(range(EVENTS - len(columns["sample"]), EVENTS))
    for name, table in (("user", "user_id"), ("item", "item_id"), ("label", "label")):
        assert columns[name] == [run.events[table][sample] for sample in columns["sample"]]
    assert np.ptp(columns["cvr"]) > 1e-3


def test_metrics_are_those_of_scikit_learn_on_the_predictions(run: SmallRun, report: dict[str, Any]) -> None:
    columns = pq.read_table(run.run / "predictions-test.parquet").to_pydict()
    label, cvr = np.array(columns["label"]), np.array(columns["cvr"])
    assert report["cvr"]["auc"] == pytest.approx(reference.roc_auc_score(label, cvr), abs=1e-12)
    assert report["cvr"]["log_loss"] == pytest.approx(reference.log_loss(label, cvr.astype(np.float64)), abs=1e-12)
    assert report["cvr"]["oracle"]["auc"] == 1.0  # this truth knows the labels
    slices = report["cvr"]["slices"]
    assert slices["item_dirty"]["samples"] + slices["item_clean"]["samples"] == len(label)
    dirty = np.array([int(item[1:]) % 3 == 0 for item in columns["item"]])
    assert slices["item_dirty"]["auc"] == pytest.approx(reference.roc_auc_score(label[dirty], cvr[dirty]), abs=1e-12)
    assert sum(part["samples"] for part in report["cvr"]["calibration"]) == len(label)


def test_new_to_user_is_what_the_events_say(run: SmallRun, report: dict[str, Any]) -> None:
    events = list(zip(run.events["user_id"], run.events["item_id"], run.events["label"], strict=True))
    first = EVENTS - report["cvr"]["samples"]
    bought_before = sum((*events[row][:2], 1) in events[:row] for row in range(first, EVENTS))
    assert report["cvr"]["slices"]["bought_before"]["samples"] == bought_before


def test_alignment_pairs_and_controls(report: dict[str, Any]) -> None:
    # Six items set aside, each once with its own image and once with another's; four of them are clean.
    assert {name: part["ita"]["pairs"] for name, part in report["alignment"].items()} == {"all": 12, "clean": 8}
    for tasks in report["alignment"].values():
        for part in tasks.values():
            assert part["text_only"] == part["image_only"] == 0.5
            assert 0 <= part["auc"] <= 1


def test_files_of_the_run(run: SmallRun, report: dict[str, Any]) -> None:
    stored = json.loads((run.run / "metrics.json").read_text())
    assert stored == {"test": json.loads(json.dumps(report))}
    assert not list(run.run.glob("*.part"))


def test_progress_is_told_at_the_end_and_now_and_then(caplog: pytest.LogCaptureFixture) -> None:
    absl_logging.set_verbosity(absl_logging.INFO)
    with caplog.at_level("INFO", logger="absl"):
        tell = progress(100, seconds=1000.0)
        tell(10)
        assert not caplog.messages
        tell(100)
    assert caplog.messages[0].startswith("scored 100 of 100 samples")


def test_a_directory_that_is_no_run_is_an_error_in_words(tmp_path: Path) -> None:
    command = [sys.executable, "-m", "camenn_tf.evaluate", f"--run={tmp_path}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "camenn_tf.train" in done.stderr and "Traceback" not in done.stderr
