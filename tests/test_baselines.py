"""A baseline goes the whole way that CameNN goes: training, evaluation, export."""

from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest
import tensorflow as tf

from camenn_tf.evaluation.evaluate_run import evaluate_run
from camenn_tf.inputs.catalogue import Catalogue
from camenn_tf.inputs.item_store import ItemStore
from camenn_tf.serving.export_run import export_run
from camenn_tf.training.train_run import train_run
from tests.small_run import SmallRun, shared_small_run, small_config
from tests.test_export import numbers, strings, user_request


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
    # the same with the catalogue outside: requests bring it, with the fields that DIN reads of bought items
    outside = tf.saved_model.load(export_run(str(tmp_path / "run"), str(tmp_path / "outside"), max_items=0))
    given = {**request, **catalogue_features(run), **candidate_fields(run, columns["item"][row])}
    np.testing.assert_allclose(outside.signatures["rank"](**given)["cvr"], [columns["cvr"][row]], atol=1e-5)
    assert tf.size(request["history_item_ids"]) > 0
    blank = {**given, "items_fields": tf.zeros_like(given["items_fields"])}
    assert np.abs(outside.signatures["rank"](**blank)["cvr"] - columns["cvr"][row]).max() > 1e-5


def catalogue_features(run: SmallRun) -> dict[str, tf.Tensor]:
    """All items as `rank` takes them where the catalogue is not inside."""
    catalogue, store = Catalogue.load(str(run.dataset)), ItemStore.open(str(run.features))
    features = store.gather(np.arange(catalogue.size))
    return {
        "feature_item_ids": tf.constant(list(catalogue.item_ids)),
        "items_fields": tf.constant(catalogue.fields, tf.int32),
        "items_piece_ids": tf.constant(features.text),
        "items_text_length": tf.constant(features.text_length),
        "items_pixels": tf.constant(features.image),
        "items_has_image": tf.constant(features.has_image),
    }


def candidate_fields(run: SmallRun, item_id: str) -> dict[str, tf.Tensor]:
    row = run.items["item_id"].index(item_id)
    item = {key: column[row] for key, column in run.items.items()}
    return {
        "item_id": strings([item_id]),
        "price": numbers([item["price"]]),
        "shop": strings([item["shop"]]),
    }
