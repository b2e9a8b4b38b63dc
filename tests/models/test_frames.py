"""The frames of Table 4."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from camenn_tf.models import MODELS
from camenn_tf.models.frames import trunk_weights, width_for
from tests.models.model_cases import SPEC, random_batch, small_config, spread_weights, weights_without_gradient
from tests.reference.plain_baselines import mmoe

FRAMES = ("mmoe", "mose")
every_frame = pytest.mark.parametrize("name", FRAMES)


def build(name: str, fixed: bool = False) -> keras.Model:
    keras.utils.set_random_seed(3)
    config = small_config(name=name, num_experts=2)
    config.inputs.fixed_shapes = fixed
    return MODELS[name](config, SPEC)


def called(model: keras.Model, batch: dict[str, tf.Tensor]) -> dict[str, np.ndarray]:
    return {task: np.asarray(values) for task, values in model({key: batch[key] for key in model.input}).items()}


@every_frame
def test_as_many_weights_as_camenn(name: str) -> None:
    camenn = build("camenn").count_params()
    assert abs(build(name).count_params() - camenn) <= 0.1 * camenn


def test_weights_of_the_trunk_are_counted_right() -> None:
    model = build("camenn")
    trunk = ("shared_bottom", "mixture_of_experts", "gate_", "tower_")
    own = sum(layer.count_params() for layer in model.layers if layer.name.startswith(trunk))
    assert trunk_weights(small_config(num_experts=2)) == own


@pytest.mark.parametrize("name", [*FRAMES, "camenn"])
def test_the_fields_own_logit_is_added_to_that_of_conversion(name: str) -> None:
    keras.utils.set_random_seed(3)
    model, batch = MODELS[name](small_config(name=name, num_experts=2, field_logit=4), SPEC), random_batch(1)
    layer = model.get_layer("field_logit")
    layer.kernel.assign(np.zeros(layer.kernel.shape))
    without = called(model, batch)
    layer.bias.assign([np.log(2)])
    outputs = called(model, batch)
    odds = {task: without[task] / (1 - without[task]) for task in without}
    np.testing.assert_allclose(outputs["cvr"] / (1 - outputs["cvr"]), 2 * odds["cvr"], rtol=1e-4)
    np.testing.assert_array_equal(outputs["ita"], without["ita"])
    assert weights_without_gradient(model, batch) == []


def test_the_nearest_width() -> None:
    assert width_for(17, lambda width: width * width) == 4
    assert width_for(22, lambda width: width * width) == 5


@every_frame
def test_scores_of_all_tasks(name: str) -> None:
    batch = random_batch(1)
    outputs = called(build(name), batch)
    assert {task: len(part) for task, part in outputs.items()} == {"cvr": 6, "ita": 18, "tia": 18}
    assert all(part.dtype == np.float32 and np.all((part > 0) & (part < 1)) for part in outputs.values())
    np.testing.assert_array_equal(outputs["ita"][batch["alignment_task"].numpy() == 1], 0.5)


def small(name: str) -> keras.Model:
    """A frame of few weights, all of them drawn anew."""
    keras.utils.set_random_seed(3)
    model = MODELS[name](small_config(name=name, embedding_size=4, num_heads=1, feed_forward=1, num_experts=2), SPEC)
    spread_weights(model, 0.5)
    return model


def test_mmoe_is_its_formula_worked_out_in_numpy() -> None:
    model, batch = small("mmoe"), random_batch(1)
    outputs, tasks = called(model, batch), batch["alignment_task"].numpy()
    means = keras.Model(model.input, {task: model.get_layer(f"mixing_{task}").input for task in outputs})
    for task, rows in called(means, batch).items():
        plain, straight = (
            np.array([1 / (1 + np.exp(-mmoe(model, task, row, slope))) for row in rows]) for slope in (0.0, 0.1)
        )
        scores = outputs[task] if task == "cvr" else outputs[task][tasks != {"ita": 1, "tia": 0}[task]]
        np.testing.assert_allclose(scores, plain, rtol=0, atol=1e-5)
        assert np.abs(plain - straight).max() > 1e-3 and np.ptp(plain) > 1e-2  # units are negative, and matter


@every_frame
def test_a_number_added_to_the_scores_of_all_experts_changes_nothing(name: str) -> None:
    model, batch = small(name), random_batch(1, samples=2, items=4, text_length=2)
    before = called(model, batch)
    for task in before:
        bias = model.get_layer(f"mixing_{task}").bias
        bias.assign(bias + 2.0)
    after = called(model, batch)
    for task, values in before.items():  # shares are a softmax
        np.testing.assert_allclose(after[task], values, rtol=0, atol=1e-6)


@every_frame
def test_gradients_reach_every_weight(name: str) -> None:
    assert weights_without_gradient(build(name), random_batch(1)) == []


@every_frame
def test_rows_do_not_see_each_other(name: str) -> None:
    model, batch = build(name), random_batch(1)
    none = {key: value[:0] if key.startswith("alignment_") else value for key, value in batch.items()}
    part = {key: value[2:5] if key in ("fields", "target", "history") else value for key, value in none.items()}
    np.testing.assert_allclose(called(model, part)["cvr"], called(model, batch)["cvr"][2:5], atol=1e-6)


@every_frame
def test_padding_changes_nothing(name: str) -> None:
    free, fixed, batch = build(name), build(name, fixed=True), random_batch(1)
    fixed.set_weights(free.get_weights())
    ours, padded = called(free, batch), called(fixed, batch)
    for task, code in (("cvr", None), ("ita", 1), ("tia", 0)):
        rows = slice(None) if code is None else batch["alignment_task"].numpy() != code
        np.testing.assert_allclose(padded[task][rows], ours[task][rows], atol=1e-6)


@pytest.mark.parametrize("name", ["camenn", *FRAMES])
@pytest.mark.parametrize("fixed", [False, True])
@pytest.mark.parametrize("flag", ["use_text", "use_images"])
def test_content_that_is_not_used_is_no_input(name: str, fixed: bool, flag: str) -> None:
    config = small_config(name=name, num_experts=2, **{flag: False})
    config.inputs.fixed_shapes = fixed
    model, batch = MODELS[name](config, SPEC), random_batch(1)
    left_out = {"use_text": "items_text", "use_images": "items_image"}[flag]
    assert {"items_text", "items_image"} - model.input.keys() == {left_out}
    assert all(np.isfinite(part).all() for part in called(model, batch).values())
