"""What early stopping watches, with and without conversion."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from camenn_tf.errors import UserError
from camenn_tf.metrics import log_loss
from camenn_tf.training.progress import metric_name
from camenn_tf.training.validator import Validator, check_both_classes, monitored
from tests.training.fakes import FakePipeline, fake_config, fake_model


def validator(pairs: bool, *tasks: str) -> Validator:
    config, whole = fake_config(), fake_model()
    model = keras.Model(whole.input, {task: whole.output[task] for task in tasks})
    data = FakePipeline(config, "validation", samples=50)
    batches = data.alignment_batches() if pairs else None
    return Validator(model, tf.distribute.get_strategy(), data, batches, config)  # type: ignore[arg-type]


def test_a_model_without_conversion_is_judged_by_its_pairs() -> None:
    logs = validator(True, "ita", "tia")()
    assert set(logs) == {"val_alignment_auc", *(f"val_{t}_{m}" for t in ("ita", "tia") for m in ("auc", "accuracy"))}
    assert logs["val_ita_auc"] != logs["val_tia_auc"]
    assert logs["val_alignment_auc"] == pytest.approx((logs["val_ita_auc"] + logs["val_tia_auc"]) / 2)
    one = validator(True, "tia")()
    assert one["val_alignment_auc"] == one["val_tia_auc"] == logs["val_tia_auc"]


def test_with_conversion_there_is_no_such_mean() -> None:
    assert "val_alignment_auc" not in validator(True, "cvr", "ita", "tia")()
    assert set(validator(False, "cvr")()) == {"val_cvr_auc", "val_cvr_loss"}


def test_a_task_that_the_model_lacks_has_no_scores() -> None:
    assert set(validator(True, "cvr", "tia")()) == {
        "val_cvr_auc", "val_cvr_loss", "val_tia_accuracy", "val_tia_auc",
    }  # fmt: skip


def test_a_certain_score_costs_what_evaluation_says() -> None:
    config, model = fake_config(), fake_model()
    data = FakePipeline(config, "validation", samples=50)
    model.get_layer("cvr").bias.assign([100.0])
    loss = Validator(model, tf.distribute.get_strategy(), data, None, config)()["val_cvr_loss"]  # type: ignore[arg-type]
    labels = np.concatenate([batch["label"][batch["weight"] > 0] for batch in data.dataset().as_numpy_iterator()])
    assert loss == pytest.approx(log_loss(labels, np.ones(50, np.float32)), rel=1e-6)
    assert 9.0 < loss < 16.0  # a float32 beside 1 is 1.2e-7 away


def test_both_classes_are_needed() -> None:
    check_both_classes(2, 1)
    for samples, positives in ((0, 0), (5, 0), (5, 5)):
        with pytest.raises(UserError, match=rf"has {samples} samples to judge by, {positives} of them bought"):
            check_both_classes(samples, positives)


def test_nothing_to_judge_by_is_an_error() -> None:
    with pytest.raises(UserError, match="no pairs of text and image"):
        validator(False, "ita", "tia")()


def test_what_is_watched_and_what_it_is_called() -> None:
    whole = fake_model()
    assert monitored(whole) == "val_cvr_auc" and metric_name("val_cvr_auc") == "validation CVR AUC"
    pairs = keras.Model(whole.input, {"ita": whole.output["ita"]})
    assert monitored(pairs) == "val_alignment_auc"
    assert metric_name("val_alignment_auc") == "validation alignment AUC"
