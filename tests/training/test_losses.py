"""Losses, meters and the learning rate, by numbers worked out by hand."""

from __future__ import annotations

import math

import keras
import numpy as np
import pytest
import tensorflow as tf

from camenn_tf.errors import UserError
from camenn_tf.training import losses
from camenn_tf.training.meters import Meters
from camenn_tf.training.optimizer import WarmUpSchedule, is_decayed, make_optimizer
from camenn_tf.training.train_step import check_jit
from tests.training.fakes import fake_config

TASKS = ("cvr", "ita", "tia")


def test_cross_entropy_is_a_weighted_sum() -> None:
    value = losses.cross_entropy_sum(
        tf.constant([1.0, 0.0, 1.0]), tf.constant([0.5, 0.25, 0.9]), tf.constant([1.0, 2.0, 0.0])
    )
    assert float(value) == pytest.approx(math.log(2) - 2 * math.log(0.75), rel=1e-6)


def test_certain_errors_and_empty_batches_stay_finite() -> None:
    assert float(losses.cross_entropy_sum(tf.constant([1.0]), tf.constant([0.0]), tf.constant([1.0]))) == pytest.approx(
        -math.log(1e-7), rel=1e-5
    )
    nothing = tf.zeros([0])
    assert float(losses.cross_entropy_sum(nothing, nothing, nothing)) == 0.0


def test_a_positive_row_counts_in_both_alignment_tasks() -> None:
    batch = {
        "weight": tf.constant([1.0]),
        "alignment_weight": tf.constant([1.0, 1.0, 1.0, 0.0]),
        "alignment_task": tf.constant([2, 0, 1, 2]),
    }
    weights = losses.row_weights(batch, TASKS)
    assert weights["ita"].numpy().tolist() == [1, 1, 0, 0]
    assert weights["tia"].numpy().tolist() == [1, 0, 1, 0]
    assert losses.row_weights(batch, ("match",))["match"].numpy().tolist() == [2, 1, 1, 0]


def test_tasks_left_out() -> None:
    assert losses.active_tasks(fake_config(), dict.fromkeys(TASKS)) == TASKS
    assert losses.active_tasks(fake_config(alignment={"ita": False}), dict.fromkeys(TASKS)) == ("cvr", "tia")
    no_tia = {"weights": {"tia": 0.0}, "warmup_weights": {"tia": 0.0}}
    assert losses.active_tasks(fake_config(alignment=no_tia), dict.fromkeys(TASKS)) == ("cvr", "ita")
    warmup_alone = {"weights": {"tia": 0.0}}
    assert losses.active_tasks(fake_config(alignment=warmup_alone), dict.fromkeys(TASKS)) == TASKS
    without_warmup = {**warmup_alone, "warmup_steps": 0}
    assert losses.active_tasks(fake_config(alignment=without_warmup), dict.fromkeys(TASKS)) == ("cvr", "ita")
    with_match = fake_config(alignment={"weights": {"match": 1.0}})
    assert losses.active_tasks(with_match, dict.fromkeys((*TASKS, "match"))) == (*TASKS, "match")
    assert losses.active_tasks(fake_config(), {"cvr": None}) == ("cvr",)


def test_warm_up_steps_have_weights_of_their_own() -> None:
    alignment = {"weights": {"ita": 2.0, "tia": 0.0}, "warmup_weights": {"ita": 0.0, "match": 20.0}}
    config, outputs = fake_config(alignment=alignment), dict.fromkeys((*TASKS, "match"))
    assert losses.joint_weights(config, outputs) == {"cvr": 1.0, "ita": 2.0}
    assert losses.warm_up_weights(config, outputs) == {"tia": 1.0, "match": 20.0}
    assert losses.active_tasks(config, outputs) == (*TASKS, "match")


def test_a_warm_up_of_nothing_is_refused() -> None:
    config = fake_config(alignment={"warmup_weights": {"ita": 0.0, "tia": 0.0}})
    with pytest.raises(UserError, match=r"alignment\.warmup_steps=3, but alignment\.warmup_weights"):
        losses.check_weights(config)
    config.alignment.warmup_steps = 0
    losses.check_weights(config)


def test_weights_below_zero_are_refused() -> None:
    with pytest.raises(UserError, match=r"alignment\.weights\.ita=-1\.0: expected 0 \(off\) or more"):
        losses.check_weights(fake_config(alignment={"weights": {"ita": -1.0}}))


def test_meters_add_steps_up_and_come_back_from_json() -> None:
    weights = {"cvr": 1.0, "ita": 2.0, "tia": 1.0}
    meters = Meters(weights)
    histogram = np.zeros((2, losses.BINS), np.float32)
    histogram[0, [10, 50]] = 1  # negatives
    histogram[1, [50, 90]] = 1  # positives: of 4 pairs 3 are right and 1 is tied
    step = {
        "loss_sum": np.array([4.0, 3.0, 0.0], np.float32),
        "weight": np.array([4.0, 2.0, 0.0], np.float32),
        "correct": np.array([3.0, 1.0, 0.0], np.float32),
        "histogram": histogram,
    }
    assert meters.add(step) == {"loss": 1.0 + 2 * 1.5, "cvr": 1.0, "ita": 1.5}
    other = Meters(weights)
    other.load(meters.state())
    other.add({**step, "loss_sum": np.array([8.0, 3.0, 0.0], np.float32)})
    means = other.means()
    assert means["cvr_loss"] == 12 / 8
    assert means["loss"] == 12 / 8 + 2 * 1.5
    assert means["ita_accuracy"] == 0.5
    assert means["cvr_auc"] == 3.5 / 4
    assert "tia_loss" not in means


def test_smoothing_moves_the_targets_of_alignment_rows_alone() -> None:
    batch = {"label": tf.constant([1.0, 0.0]), "alignment_label": tf.constant([1.0, 0.0, 1.0])}
    np.testing.assert_allclose(losses.target(batch, "ita", 0.3), [0.85, 0.15, 0.85], rtol=1e-6)
    np.testing.assert_array_equal(losses.target(batch, "match", 0.0), [1.0, 0.0, 1.0])
    np.testing.assert_array_equal(losses.target(batch, "cvr", 0.3), [1.0, 0.0])


def test_learning_rate_rises_then_falls_to_zero() -> None:
    rate = WarmUpSchedule(0.4, warmup_steps=4, total_steps=12, schedule="cosine")
    got = [float(rate(step)) for step in (0, 3, 8, 12)]
    assert got == pytest.approx([0.1, 0.4, 0.2, 0.0], abs=1e-6)
    again = WarmUpSchedule.from_config(rate.get_config())
    assert float(again(8)) == float(rate(8))
    assert float(WarmUpSchedule(0.4, 0, 12)(7)) == pytest.approx(0.4)


@pytest.mark.parametrize(
    ("path", "decayed"),
    [
        ("tower_cvr/encoder/feed_forward/kernel", True),
        ("tower_cvr/encoder/feed_forward/bias", False),
        ("shared_bottom/norm/gamma", False),
        ("item_tokens/position_embedding/embeddings", False),
        ("row_tokens/slot_embedding", False),
        ("sample_field_tokens/embeddings", True),
        ("nasnet/normal_conv_1_5/kernel", True),
        ("bert/layer_norm/offset", False),
    ],
)
def test_which_variables_decay(path: str, decayed: bool) -> None:
    assert is_decayed(path) == decayed


def test_decay_is_decoupled() -> None:
    config = fake_config(optimizer={"learning_rate": 0.5, "weight_decay": 0.1})
    model = keras.Sequential(
        [keras.Input((1,)), keras.layers.Dense(1, bias_initializer="ones", kernel_initializer="ones")]
    )
    optimizer = make_optimizer(config, model, total_steps=1)
    optimizer.apply([tf.zeros([1, 1]), tf.zeros([1])], model.trainable_variables)
    kernel, bias = model.get_weights()
    assert kernel[0, 0] == pytest.approx(1 - 0.5 * 0.1)  # no gradient: only decay moves it
    assert bias[0] == 1.0


def test_jit_needs_fixed_shapes_and_all_experts() -> None:
    with pytest.raises(UserError, match=r"inputs\.fixed_shapes.*model\.experts_per_task"):
        check_jit(fake_config(inputs={"fixed_shapes": True}, model={"experts_per_task": 2, "num_experts": 4}))
    check_jit(fake_config(inputs={"fixed_shapes": True}, model={"experts_per_task": 4, "num_experts": 4}))
