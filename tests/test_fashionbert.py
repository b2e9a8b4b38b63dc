"""FashionBERT, which has no conversion, goes the way that the others go: training, evaluation, export."""

import json
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import tensorflow as tf
from apache_beam.options.pipeline_options import PipelineOptions
from ml_collections import ConfigDict

from camenn_tf.dataset.preparation import prepare
from camenn_tf.encoders.encoding import encode_dataset
from camenn_tf.evaluation.evaluate_run import evaluate_run
from camenn_tf.evaluation.report import table
from camenn_tf.serving.export_run import export_run
from camenn_tf.training.train_run import train_run
from tests.serving.small_shop import picture
from tests.small_run import ITEMS, SET_ASIDE, small_config, write_tables


def config_of() -> ConfigDict:
    config = small_config()
    config.model.name = "fashionbert"
    config.fashionbert.blocks = 1
    config.inputs.batch_size = 64
    # what only CameNN has is in every configuration, and must not disturb
    config.alignment.update({"warmup_steps": 2, "warmup_batch_size": 6, "context": "full", "fraction": 1.0})
    config.train.update({"epochs": 1, "strategy": "one_device", "checkpoint_steps": 2})
    return config


@pytest.fixture(scope="module")
def shop(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    """Dataset and features of the small shop, half of its set-aside items for validation."""
    out = tmp_path_factory.mktemp("fashionbert")
    items = write_tables(out / "tables")[0]
    items["alignment_split"] = [""] * ITEMS + ["test", "validation"] * (SET_ASIDE // 2)
    pq.write_table(pa.table(items), out / "tables" / "items.parquet")
    config, options = small_config(), PipelineOptions([])
    prepare(str(out / "tables"), str(out / "dataset"), config.prepare, options)
    encode_dataset(str(out / "dataset"), str(out / "features"), config.encode.to_dict(), options)
    return str(out / "dataset"), str(out / "features")


@pytest.fixture(scope="module")
def run(shop: tuple[str, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("fashionbert_run") / "run"
    train_run(config_of(), *shop, str(path))
    return path


def test_it_is_trained_and_stopped_by_its_alignment(run: Path) -> None:
    history = json.loads((run / "history.json").read_text())
    assert history["finished"] and history["samples_per_second"] > 0
    for entry in history["evaluations"]:
        assert not any("cvr" in name for name in entry)
        assert entry["val_alignment_auc"] == (entry["val_ita_auc"] + entry["val_tia_auc"]) / 2
        assert {"match_loss", "masked_text_loss", "masked_patches_loss", "match_accuracy"} <= set(entry)
        assert "masked_text_accuracy" not in entry
    steps = [json.loads(line) for line in (run / "steps.jsonl").read_text().splitlines()]
    assert [step["stage"] for step in steps[:3]] == ["warm_up", "warm_up", "joint"]
    assert all(np.isfinite(step["loss"]) and step["match"] > 0 for step in steps)
    assert any(step.get("masked_text", 0) > 0 for step in steps)


def test_alignment_alone_is_judged(run: Path) -> None:
    report = evaluate_run(str(run), ["test"])["test"]
    assert "cvr" not in report and not list(run.glob("predictions-*"))
    tasks = report["alignment"]["all"]
    assert tasks["ita"] == tasks["tia"] and tasks["ita"]["pairs"] >= 4
    printed = table(report)
    assert "ita all" in printed and "conversion" not in printed and "decile" not in printed


def test_pairs_are_all_that_is_served(run: Path, tmp_path: Path) -> None:
    served = tf.saved_model.load(export_run(str(run), str(tmp_path / "model")))
    assert set(served.signatures) == {"align", "serving_default"}
    texts, images = tf.constant(["red apple 0", "chai", ""]), tf.constant([picture((9, 200, 40)), b"broken", b""])
    scores = served.signatures["align"](texts=texts, images=images)
    np.testing.assert_array_equal(scores["ita"], scores["tia"])
    assert len(np.unique(scores["ita"])) == 3
