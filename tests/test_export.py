"""Export of a run: what is served for raw tables is what evaluation computed from the prepared dataset."""

import dataclasses
import json
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow.parquet as pq
import pytest
import tensorflow as tf

from camenn_tf.dataset.dataset_info import load_dataset_info
from camenn_tf.errors import UserError
from camenn_tf.evaluation.evaluate_run import evaluate_run
from camenn_tf.inputs.catalogue import Catalogue
from camenn_tf.serving import export_run as export_module
from camenn_tf.serving.export_run import build_recommender, export_run, size_on_disk, unpadded_model
from camenn_tf.training.run import load_run
from camenn_tf.training.run_directory import RunDirectory
from tests.small_run import ITEMS, SmallRun, shared_small_run, small_config


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> SmallRun:
    return shared_small_run(tmp_path_factory)


@pytest.fixture(scope="module")
def exported(run: SmallRun) -> Path:
    return Path(export_run(str(run.run), str(run.run.parent / "model"), version=2))


@pytest.fixture(scope="module")
def signatures(exported: Path) -> Any:
    served = tf.saved_model.load(str(exported))
    return {name: (function, served) for name, function in served.signatures.items()}  # the functions alone would die


@pytest.fixture(scope="module")
def evaluated(run: SmallRun) -> dict[str, list[Any]]:
    evaluate_run(str(run.run), ["test"])
    columns: dict[str, list[Any]] = pq.read_table(run.run / "predictions-test.parquet").to_pydict()
    return columns


def numbers(values: list[Any]) -> tf.Tensor:
    return tf.constant([np.nan if value is None else value for value in values], tf.float32)


def strings(values: list[Any]) -> tf.Tensor:
    return tf.constant([value or "" for value in values], tf.string)


def user_request(run: SmallRun, sample: int) -> dict[str, tf.Tensor]:
    """User, context, cross fields and history of an event, straight from the tables."""
    events = run.events
    user = run.users["user_id"].index(events["user_id"][sample])
    bought = [
        events["item_id"][row]
        for row in range(sample)
        if events["user_id"][row] == events["user_id"][sample] and events["label"][row]
    ]
    return {
        "history_item_ids": strings(bought),
        "user_id": strings([run.users["user_id"][user]]),
        "age": numbers([run.users["age"][user]]),
        "hour": strings([events["hour"][sample]]),
        "seen": numbers([events["seen"][sample]]),
    }


def test_raw_tables_served_give_the_evaluated_scores(
    run: SmallRun, signatures: Any, evaluated: dict[str, list[Any]]
) -> None:
    rank = signatures["rank"][0]
    samples = range(0, len(evaluated["sample"]), 2)
    served = []
    for place in samples:
        request = user_request(run, evaluated["sample"][place])
        candidates = strings([evaluated["item"][place]])
        served.append(float(rank(**request, candidate_item_ids=candidates)["cvr"][0]))
    expected = [evaluated["cvr"][place] for place in samples]
    np.testing.assert_allclose(served, expected, rtol=0, atol=1e-5)
    assert np.ptp(expected) > 1e-2


def test_every_item_as_new_as_it_is_known(run: SmallRun, signatures: Any, evaluated: dict[str, list[Any]]) -> None:
    request = user_request(run, evaluated["sample"][-1])
    items = {name: column[:ITEMS] for name, column in run.items.items()}
    known = signatures["rank"][0](
        **{**request, "seen": tf.repeat(request["seen"], ITEMS)}, candidate_item_ids=strings(items["item_id"])
    )["cvr"]
    new = signatures["rank_new"][0](
        **{**request, "seen": tf.repeat(request["seen"], ITEMS)},
        candidate_texts=strings(items["text"]),
        candidate_images=strings([(run.tables / path).read_bytes() if path else b"" for path in items["image"]]),
        item_id=strings(items["item_id"]),
        price=numbers(items["price"]),
        shop=strings(items["shop"]),
    )["cvr"]
    np.testing.assert_allclose(known, new, rtol=0, atol=1e-5)
    assert np.ptp(known) > 100 * 1e-5  # else equality would say nothing


def test_a_version_below_one_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    config = small_config()
    config.export.version = 0
    RunDirectory(str(tmp_path / "run")).create_or_open(config, {"dataset": "nowhere", "features": "nowhere"})
    for version in (None, 0):
        with pytest.raises(UserError, match=r"export\.version=0: .*--version"):
            export_run(str(tmp_path / "run"), str(tmp_path / "model"), version)


def test_a_version_that_is_no_saved_model_is_refused_before_anything_is_read(tmp_path: Path) -> None:
    RunDirectory(str(tmp_path / "run")).create_or_open(small_config(), {"dataset": "nowhere", "features": "nowhere"})
    (tmp_path / "years" / "2024").mkdir(parents=True)
    (tmp_path / "years" / "2024" / "notes.txt").touch()
    with pytest.raises(UserError, match=r"years/2024: exists and has no saved_model\.pb"):
        export_run(str(tmp_path / "run"), str(tmp_path / "years"), 2024)


def test_a_place_that_tensorflow_would_not_read_again_is_refused(tmp_path: Path) -> None:
    RunDirectory(str(tmp_path / "run")).create_or_open(small_config(), {})
    with pytest.raises(UserError, match=r"--output=.*part of a pattern"):
        export_run(str(tmp_path / "run"), str(tmp_path / "a[1]"), 1)


def test_a_longer_history_than_the_datasets_is_refused(
    run: SmallRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = dataclasses.replace(load_dataset_info(str(run.dataset)), history_length=2)
    monkeypatch.setattr(export_module, "load_dataset_info", lambda directory: info)
    with pytest.raises(UserError, match=r"model\.history_length=3: the dataset keeps 2"):
        export_run(str(run.run), str(tmp_path / "model"))
    assert not (tmp_path / "model").exists()


def test_description(exported: Path) -> None:
    description = json.loads((exported / "assets.extra" / "signatures.json").read_text())
    assert description["items"] == 18 and description["items_inside"] is True
    assert description["fields"]["price"] == {"field": "price", "group": "item", "kind": "numeric", "missing": "NaN"}
    assert exported.name == "2"
    assert size_on_disk(str(exported)) > 10_000


def test_a_larger_catalogue_stays_outside(run: SmallRun) -> None:
    opened = load_run(str(run.run))
    info, catalogue = load_dataset_info(opened.dataset_dir), Catalogue.load(opened.dataset_dir)
    specs = build_recommender(opened, info, catalogue, inside=False).specs()["rank"]
    assert {"feature_item_ids", "items_piece_ids", "items_pixels", "items_has_image", "price"} < set(specs)


def test_a_model_of_fixed_shapes_is_served_without_padding(run: SmallRun) -> None:
    opened = load_run(str(run.run))
    with opened.config.unlocked():
        opened.config.inputs.fixed_shapes = True
    model = unpadded_model(opened)
    assert model is not opened.model
    text = next(tensor for tensor in model.inputs if tensor.name == "items_piece_ids")
    assert text.shape == (None, None)
    for mine, its in zip(model.get_weights(), opened.model.get_weights(), strict=True):
        np.testing.assert_array_equal(mine, its)
