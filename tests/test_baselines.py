"""A baseline goes the whole way that CameNN goes: training, evaluation, export."""

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import tensorflow as tf

from camenn_tf.evaluation.evaluate_run import evaluate_run
from camenn_tf.serving.export_run import export_run
from camenn_tf.training.train_run import train_run
from tests.small_run import SmallRun, shared_small_run, small_config
from tests.test_export import user_request


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> SmallRun:
    return shared_small_run(tmp_path_factory)


def test_din_with_content_is_trained_judged_and_served(run: SmallRun, tmp_path: Path) -> None:
    config = small_config()
    config.model.name = "din"
    config.baseline.update({"content": True, "hidden_units": (8,), "unit_sizes": (4,)})
    # what only CameNN has is in every configuration, and must not disturb
    config.alignment.update({"warmup_steps": 3})
    config.train.update({"epochs": 1, "strategy": "one_device"})
    train_run(config, str(run.dataset), str(run.features), str(tmp_path / "run"))
    report = evaluate_run(str(tmp_path / "run"), ["test"], str(run.truth))["test"]
    assert "alignment" not in report and report["cvr"]["samples"] > 0
    columns = pq.read_table(tmp_path / "run" / "predictions-test.parquet").to_pydict()
    model = tf.saved_model.load(export_run(str(tmp_path / "run"), str(tmp_path / "model")))
    assert set(model.signatures) == {"rank", "rank_new", "serving_default"}
    for row in (0, 7, 20):
        request = {
            **user_request(run, columns["sample"][row]),
            "candidate_item_ids": tf.constant([columns["item"][row]]),
        }
        np.testing.assert_allclose(model.signatures["rank"](**request)["cvr"], [columns["cvr"][row]], atol=1e-5)
