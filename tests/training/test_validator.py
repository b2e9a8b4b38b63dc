"""What early stopping watches, with and without conversion."""

from __future__ import annotations

import keras
import pytest
import tensorflow as tf

from camenn_tf.errors import UserError
from camenn_tf.training.progress import metric_name
from camenn_tf.training.validator import Validator, monitored
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


def test_nothing_to_judge_by_is_an_error() -> None:
    with pytest.raises(UserError, match="no pairs of text and image"):
        validator(False, "ita", "tia")()


def test_what_is_watched_and_what_it_is_called() -> None:
    whole = fake_model()
    assert monitored(whole) == "val_cvr_auc" and metric_name("val_cvr_auc") == "validation CVR AUC"
    pairs = keras.Model(whole.input, {"ita": whole.output["ita"]})
    assert monitored(pairs) == "val_alignment_auc"
    assert metric_name("val_alignment_auc") == "validation alignment AUC"
