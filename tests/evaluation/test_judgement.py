"""Predictions, slices, truth, alignment and the report, on numbers small enough to work out by hand."""

import json
import math
import threading
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import tensorflow as tf

from camenn_tf.errors import UserError
from camenn_tf.evaluation import report as report_module
from camenn_tf.evaluation.alignment import fit_thresholds, judge_alignment
from camenn_tf.evaluation.conversion import judge_conversion
from camenn_tf.evaluation.predictions import Predictions, predict, save_predictions, scorer
from camenn_tf.evaluation.report import save_report, table, weights_fingerprint
from camenn_tf.evaluation.slices import slices
from camenn_tf.evaluation.truth import load_truth


def make_predictions() -> Predictions:
    return Predictions(
        sample=np.array([2, 3, 5, 7]),
        user=np.array([0, 0, 1, 1]),
        target=np.array([0, 1, 2, 1]),
        label=np.array([1, 0, 1, 0]),
        new_to_user=np.array([1, 0, 0, 1]),
        cvr=np.array([0.8, 0.3, 0.2, 0.6], np.float32),
    )


def test_slices() -> None:
    masks = slices(make_predictions(), np.array([0, 19, 20]), np.array([False, True, False]))
    assert {name: mask.tolist() for name, mask in masks.items()} == {
        "new_to_user": [True, False, False, True],
        "bought_before": [False, True, True, False],
        "item_unseen": [True, False, False, False],
        "item_rare": [False, True, False, True],
        "item_frequent": [False, False, True, False],
        "item_dirty": [False, True, False, True],
        "item_clean": [True, False, True, False],
    }
    assert "item_dirty" not in slices(make_predictions(), np.array([0, 19, 20]))


def test_conversion_by_hand() -> None:
    masks = {"new": np.array([True, False, False, True]), "bought": np.array([True, False, True, False])}
    report = judge_conversion(make_predictions(), masks, oracle=np.array([0.9, 0.1, 0.8, 0.2]))
    # Positives .8, .2 against negatives .3, .6: .8 beats both, .2 neither.
    assert (report["samples"], report["positives"], report["auc"]) == (4, 2, 0.5)
    assert report["gauc"] == 0.5  # user 0 right, user 1 wrong
    expected = -(math.log(0.8) + math.log(0.7) + math.log(0.2) + math.log(0.4)) / 4
    assert report["log_loss"] == pytest.approx(expected, abs=1e-7)
    assert report["oracle"]["auc"] == 1.0 and report["oracle"]["gauc"] == 1.0
    assert report["slices"]["new"]["auc"] == 1.0
    assert report["slices"]["bought"]["auc"] is None  # one class
    assert [part["positive_share"] for part in report["calibration"]] == [1.0, 0.0, 0.0, 1.0]


def test_truth_is_put_in_the_order_of_the_catalogue(tmp_path: Path) -> None:
    pq.write_table(
        pa.table({"item_id": ["b", "a"], "dirty": [True, False], "kind": ["x", "y"]}), tmp_path / "items.parquet"
    )
    pq.write_table(pa.table({"probability": [0.25, 0.5]}), tmp_path / "events.parquet")
    truth = load_truth(str(tmp_path), ["a", "b"])
    assert truth.dirty.tolist() == [False, True]
    assert truth.probability.tolist() == [0.25, 0.5]
    assert truth.probability_of(np.array([1, 0, 1])).tolist() == [0.5, 0.25, 0.5]
    with pytest.raises(UserError, match="2 events, but there is a sample 2"):
        truth.probability_of(np.array([0, 2]))
    with pytest.raises(UserError, match="item 'c'"):
        load_truth(str(tmp_path), ["a", "c"])
    pq.write_table(pa.table({"chance": [0.25]}), tmp_path / "events.parquet")
    with pytest.raises(UserError, match="no column 'probability'"):
        load_truth(str(tmp_path), ["a"])
    with pytest.raises(FileNotFoundError, match="--truth"):
        load_truth(str(tmp_path / "elsewhere"), ["a"])


def tiny_model() -> keras.Model:
    """Cvr = sigmoid of the only field; it reads two of the keys of a batch."""
    fields = keras.Input((1,), dtype="int32", name="fields")
    target = keras.Input((), dtype="int32", name="target")
    logit = keras.layers.Dense(1, kernel_initializer="ones")(keras.ops.cast(fields, "float32"))
    return keras.Model({"fields": fields, "target": target}, {"cvr": keras.ops.sigmoid(logit[:, 0]) + 0.0 * target})


def test_predict_scores_each_sample_once_and_drops_filler() -> None:
    def batch(sample: list[int], field: list[int], weight: list[float]) -> dict[str, tf.Tensor]:
        rows = tf.constant(sample, tf.int64)
        return {
            "fields": tf.constant(field)[:, tf.newaxis],
            "target": tf.ones_like(sample),
            "label": tf.ones([len(sample)]),
            "weight": tf.constant(weight),
            "sample": rows,
            "user": rows + 10,
            "new_to_user": rows * 0,
            "target_row": rows + 20,
        }

    batches = [batch([1, 2], [0, 1], [1, 1]), batch([3, 1], [-1, 0], [1, 0])]
    spec = {name: tf.TensorSpec([None, *value.shape[1:]], value.dtype) for name, value in batches[0].items()}
    done: list[int] = []
    result = predict(scorer(tiny_model(), spec), batches, done.append)
    assert done == [2, 3]
    assert result.sample.tolist() == [1, 2, 3]
    assert result.user.tolist() == [11, 12, 13]
    assert result.target.tolist() == [21, 22, 23]
    assert result.label.tolist() == [1, 1, 1]
    np.testing.assert_allclose(result.cvr, 1 / (1 + np.exp([-0.0, -1.0, 1.0])), rtol=1e-6)


def test_predictions_file(tmp_path: Path) -> None:
    path = tmp_path / "predictions-test.parquet"
    masks = {"new_to_user": np.array([True, False, False, True])}
    save_predictions(make_predictions(), str(path), ["i0", "i1", "i2"], ["u0", "u1"], masks)
    columns = pq.read_table(path).to_pydict()
    assert columns["item"] == ["i0", "i1", "i2", "i1"]
    assert columns["user"] == ["u0", "u0", "u1", "u1"]
    assert columns["sample"] == [2, 3, 5, 7] and columns["label"] == [1, 0, 1, 0]
    assert columns["cvr"] == pytest.approx([0.8, 0.3, 0.2, 0.6])
    assert columns["new_to_user"] == [True, False, False, True]
    assert [file.name for file in tmp_path.iterdir()] == ["predictions-test.parquet"]


def test_alignment_and_its_controls() -> None:
    # Items 1, 2, 3; positives (1, 1), (2, 2), (3, 3), negatives (1, 2), (2, 3), (3, 1); a filler row at the end.
    batch = {
        "alignment_text": tf.constant([1, 2, 3, 1, 2, 3, 1]),
        "alignment_image": tf.constant([1, 2, 3, 2, 3, 1, 1]),
        "alignment_label": tf.constant([1.0, 1, 1, 0, 0, 0, 0]),
        "alignment_weight": tf.constant([1.0, 1, 1, 1, 1, 1, 0]),
    }

    def score(given: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        text, image = given["alignment_text"], given["alignment_image"]
        same = tf.where((text == image) & (text != 2), 0.9, 0.1)  # does not know item 2
        return {"ita": tf.where(image == 0, tf.cast(text == 1, tf.float32), same), "tia": tf.ones_like(same)}

    report = judge_alignment(score, [batch])
    assert report["ita"]["pairs"] == 6
    assert report["ita"]["accuracy"] == pytest.approx(5 / 6)
    assert report["ita"]["auc"] == pytest.approx((2 * 3 + 3 * 0.5) / 9)
    assert report["ita"]["text_only"] == 0.5  # favours one text, right once and wrong once
    assert report["ita"]["image_only"] == 0.5
    assert report["tia"]["accuracy"] == 0.5
    assert fit_thresholds(score, [batch], ("ita",)) == {"ita": pytest.approx(0.9)}
    assert fit_thresholds(score, []) == {}
    moved = judge_alignment(score, [batch], thresholds={"ita": 0.05})["ita"]
    assert moved["fitted_accuracy"] == 0.5 and moved["fitted_threshold"] == 0.05  # everything above it
    assert judge_alignment(score, [])["ita"] == {
        "pairs": 0,
        "accuracy": None,
        "auc": None,
        "text_only": None,
        "image_only": None,
    }


def make_report(weights: str = "w") -> dict[str, object]:
    pair = {"pairs": 6, "accuracy": 0.8125, "auc": 0.875, "text_only": 0.5, "image_only": 0.5}
    cvr = judge_conversion(make_predictions(), {"nothing": np.zeros(4, bool)}, np.array([0.9, 0.1, 0.8, 0.2]))
    return {"split": "test", "weights": weights, "cvr": cvr, "alignment": {"clean": {"ita": pair}}}


def test_table_shows_every_number_that_is_there() -> None:
    text = table(make_report())
    lines = [line.split() for line in text.splitlines()]
    assert ["all", "4", "2", "0.5000", "0.5000", "0.7764", "1.0000", "1.0000", "0.1643"] in lines
    assert ["ita", "clean", "6", "0.8125", "0.8750", "0.5000", "0.5000"] in lines
    assert "nothing" not in text
    assert max(len(line) for line in text.splitlines()) <= 110


def test_reports_of_other_weights_are_dropped(tmp_path: Path) -> None:
    run = str(tmp_path)
    save_report(run, "test", make_report("old"))
    save_report(run, "validation", make_report("new"))
    path = save_report(run, "test", make_report("new"))
    with open(path, encoding="utf-8") as file:
        stored = json.load(file)
    assert {name: part["weights"] for name, part in stored.items()} == {"validation": "new", "test": "new"}
    assert sorted(file.name for file in tmp_path.iterdir()) == ["metrics.json", "metrics.json.lock"]


def test_a_report_that_comes_meanwhile_is_not_lost(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    other = threading.Thread(target=save_report, args=(str(tmp_path), "validation", make_report()))
    read = report_module._reports_of

    def read_and_dawdle(path: str, weights: str) -> dict[str, Any]:
        found = read(path, weights)
        if not other.ident:
            other.start()
            other.join(0.5)  # it waits for the lock, or else has written by now
        return found

    monkeypatch.setattr(report_module, "_reports_of", read_and_dawdle)
    path = save_report(str(tmp_path), "test", make_report())
    other.join()
    assert set(json.loads(Path(path).read_text())) == {"validation", "test"}


def test_files_that_another_process_is_writing_are_left_alone(tmp_path: Path) -> None:
    for name in ("metrics.json", "predictions-test.parquet"):
        (tmp_path / f"{name}.1.part").write_text("half")
        (tmp_path / f"{name}.part").write_text("half")
    save_report(str(tmp_path), "test", make_report())
    save_predictions(make_predictions(), str(tmp_path / "predictions-test.parquet"), ["a", "b", "c"], ["d", "e"], {})
    assert all(part.read_text() == "half" for part in tmp_path.glob("*.part")) and len([*tmp_path.glob("*.part")]) == 4


def test_weights_fingerprint_follows_the_weights() -> None:
    model = tiny_model()
    before = weights_fingerprint(model)
    assert weights_fingerprint(model) == before
    model.set_weights([value + 1 for value in model.get_weights()])
    assert weights_fingerprint(model) != before
