from __future__ import annotations

import dataclasses
import itertools
from collections.abc import Iterator
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf
from ml_collections import ConfigDict

from camenn_tf.models import MODELS
from camenn_tf.models.inspection import inspection_model
from tests.dtype_policy import dtype_policy
from tests.models.model_cases import SPEC, random_batch, small_config
from tests.reference.literal_camenn import LiteralCameNN


@pytest.fixture
def float64() -> Iterator[None]:
    with dtype_policy("float64"):
        yield


def built(config: ConfigDict, seed: int = 3) -> keras.Model:
    """A model whose every weight is drawn anew, so that biases and norms are not at their neutral start."""
    keras.utils.set_random_seed(seed)
    model = MODELS["camenn"](config, SPEC)
    rng = np.random.default_rng(seed)
    for variable in model.trainable_variables:
        variable.assign(variable.numpy() + 0.3 * rng.normal(size=variable.shape))
    return model


def without_alignment(batch: dict[str, tf.Tensor]) -> dict[str, tf.Tensor]:
    return {key: value for key, value in batch.items() if not key.startswith("alignment_")}


def outputs_and_gradients(form: Any, model: keras.Model, batch: dict[str, tf.Tensor]) -> tuple[dict, list]:
    read = {key: batch[key] for key in model.input} if form is model else batch
    with tf.GradientTape() as tape:
        outputs = form(read, training=True)
        for task, code in (("ita", 0), ("tia", 1)):  # with fixed shapes the other task's rows are computed too
            if task in outputs:
                asked = (batch["alignment_task"] == code) | (batch["alignment_task"] == 2)
                outputs[task] = tf.where(asked, outputs[task], 0.5)
        # Different weights a row, so that a mix-up of rows would show.
        loss = tf.add_n(
            [tf.reduce_sum(value * tf.cast(tf.range(1, 1 + tf.size(value)), value.dtype)) for value in outputs.values()]
        )
    variables = [variable.value for variable in model.trainable_variables]
    return outputs, tape.gradient(loss, variables, unconnected_gradients="zero")


def assert_agree(config: ConfigDict, tolerance: float, batch: dict[str, tf.Tensor] | None = None) -> None:
    model = built(config)
    batch = random_batch() if batch is None else batch
    literal = LiteralCameNN(model, config, SPEC)
    fast_outputs, fast_gradients = outputs_and_gradients(model, model, batch)
    outputs, gradients = outputs_and_gradients(literal, model, batch)
    assert sorted(fast_outputs) == sorted(outputs)
    for key, value in outputs.items():
        np.testing.assert_allclose(fast_outputs[key], value, rtol=0, atol=tolerance)
    dense = [[tf.convert_to_tensor(part).numpy() for part in parts] for parts in (fast_gradients, gradients)]
    # A gradient that is zero in exact arithmetic (the gate's with k = 1) is rounding noise in either form.
    noise = 1e-5 * max(np.abs(slow).max() for slow in dense[1])
    for variable, fast, slow in zip(model.trainable_variables, *dense, strict=True):
        assert np.abs(fast - slow).max() <= tolerance * max(np.abs(slow).max(), noise), variable.path


@pytest.mark.parametrize(
    "changes",
    [
        {},
        {"norm": "pre"},
        {"gate_position": "input"},
        {"gate_position": "printed", "norm": "pre"},
        {"experts_per_task": 4},
        {"experts_per_task": 1, "slot_embedding": False},
        {"field_tokens": "group"},
        {"field_logit": 5},
        {"field_logit": 5, "field_logit_content": True},
        {"use_text": False},
        {"use_images": False},
        {"use_text": False, "use_images": False},
    ],
    ids=lambda changes: "-".join(f"{key}={value}" for key, value in changes.items()) or "default",
)
def test_equals_the_literal_form_in_float64(changes: dict[str, Any], float64: None) -> None:
    assert_agree(small_config(**changes), 1e-9)


def test_what_is_not_used_is_not_encoded() -> None:
    pixels = keras.Input((SPEC.image_patches, 2, 2, 3), name="pixels")
    features = keras.layers.Dense(SPEC.image_dim)(keras.layers.Reshape((SPEC.image_patches, 12))(pixels))
    spec = dataclasses.replace(
        SPEC,
        text_kind="pieces",
        text_model=keras.Sequential([keras.Input((None,)), keras.layers.Embedding(9, SPEC.text_dim)], name="texts"),
        image_kind="pixels",
        image_shape=(2, 2, 3),
        image_model=keras.Model(pixels, features, name="pictures"),
    )

    def encoders(**changes: bool) -> set[str]:
        layers = {layer.name for layer in MODELS["camenn"](small_config(**changes), spec).layers}
        return layers & {"texts", "pictures"}

    assert encoders() == {"texts", "pictures"}
    assert encoders(use_text=False) == {"pictures"} and encoders(use_images=False) == {"texts"}


def test_equals_the_literal_form_in_full_alignment_context(float64: None) -> None:
    config = small_config()
    config.alignment.context = "full"
    assert_agree(config, 1e-9)


@pytest.mark.parametrize("gate_position", ["output", "input"])
def test_fixed_shapes_equal_the_literal_form(gate_position: str, float64: None) -> None:
    config = small_config(gate_position=gate_position, field_logit=4)
    config.inputs.fixed_shapes = True
    assert_agree(config, 1e-9)


def test_equals_the_literal_form_in_float32() -> None:
    assert_agree(small_config(), 1e-4)


def test_training_leaves_out_the_same_features_in_all_patches_of_an_image() -> None:
    keras.utils.set_random_seed(1)
    model = MODELS["camenn"](small_config(image_dropout=0.5), SPEC)
    layer, features = model.get_layer("image_dropout"), np.ones((40, SPEC.image_patches, SPEC.image_dim), "float32")
    left = layer(features, training=True).numpy()
    assert set(np.unique(left)) == {0.0, 2.0}
    np.testing.assert_array_equal(left, np.broadcast_to(left[:, :1], left.shape))
    assert (left[0] != left[1]).any()
    np.testing.assert_array_equal(layer(features), features)
    batch = random_batch()
    read = {key: batch[key] for key in model.input}
    assert np.abs(model(read, training=True)["cvr"] - model(read)["cvr"]).max() > 1e-6


def test_without_alignment_tasks_only_conversion_is_computed(float64: None) -> None:
    config = small_config()
    config.alignment.ita = config.alignment.tia = False
    assert_agree(config, 1e-9, without_alignment(random_batch()))


def test_more_padding_changes_no_score() -> None:
    config = small_config()
    model, batch = built(config), random_batch(text_length=5)
    wider = {**batch, "items_text": tf.pad(batch["items_text"], [[0, 0], [0, 3], [0, 0]], constant_values=7.0)}
    wider["items_image"] = tf.where(batch["items_has_image"][:, None, None], batch["items_image"], 5.0)
    for key, value in model(batch).items():
        np.testing.assert_allclose(model(wider)[key], value, rtol=0, atol=1e-6)


def test_scores_do_not_depend_on_the_other_rows() -> None:
    config = small_config()
    config.alignment.ita = config.alignment.tia = False
    model, batch = built(config), without_alignment(random_batch())
    whole = model(batch)["cvr"].numpy()
    for row in range(len(whole)):
        alone = {key: batch[key][row : row + 1] for key in ("fields", "history", "target")}
        np.testing.assert_allclose(model({**batch, **alone})["cvr"], whole[row : row + 1], rtol=0, atol=1e-6)


def test_an_unchosen_expert_gets_no_gradient() -> None:
    config = small_config(experts_per_task=1)
    config.alignment.ita = config.alignment.tia = False
    model, batch = built(config), without_alignment(random_batch(samples=1))
    inspected = inspection_model(model)
    assert inspected is not None
    experts = inspected(batch)["cvr_experts"].numpy()
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(model(batch)["cvr"])
    variables = [variable.value for variable in model.trainable_variables]
    gradients = tape.gradient(loss, variables, unconnected_gradients="zero")
    reached = {
        int(variable.path.split("expert_")[1].split("/")[0])
        for variable, gradient in zip(model.trainable_variables, gradients, strict=True)
        if "expert_" in variable.path and np.any(tf.convert_to_tensor(gradient).numpy())
    }
    assert reached == {int(experts[0, 0])}


def test_batches_without_samples_or_without_alignment_rows() -> None:
    model, batch = built(small_config()), random_batch()
    whole = model(batch)
    no_samples = {key: value[:0] if key in ("fields", "history", "target") else value for key, value in batch.items()}
    no_samples["alignment_sample"] = tf.fill([len(batch["alignment_sample"])], -1)
    outputs = model(no_samples)
    assert outputs["cvr"].shape == (0,)
    alone = np.asarray(batch["alignment_sample"]) < 0
    np.testing.assert_allclose(outputs["ita"].numpy()[alone], whole["ita"].numpy()[alone], rtol=0, atol=1e-6)
    no_rows = {key: value[:0] if key.startswith("alignment_") else value for key, value in batch.items()}
    np.testing.assert_allclose(model(no_rows)["cvr"], whole["cvr"], rtol=0, atol=1e-6)
    assert model(no_rows)["ita"].shape == (0,)


def test_the_answer_of_an_alignment_row_cannot_be_copied_from_its_context() -> None:
    """Cross and item fields and history slots with the target or the donor do not reach ITA and TIA."""
    model, batch = built(small_config()), random_batch()
    changed = dict(batch)
    crosses = np.asarray(batch["fields"]).copy()
    crosses[:, 3] = (crosses[:, 3] + 1) % 6
    changed["fields"] = tf.constant(crosses)
    changed["items_fields"] = (batch["items_fields"] + 1) % 4
    before, after = model(batch), model(changed)
    seen = np.abs(after["cvr"] - before["cvr"]).max()  # what conversion, which reads these fields, makes of them
    assert seen > 1e-3
    for key in ("ita", "tia"):  # nothing, but for the last bits of float32
        np.testing.assert_allclose(after[key], before[key], rtol=0, atol=5e-7)
    sample, text = np.asarray(batch["alignment_sample"]), np.asarray(batch["alignment_text"])
    row = int(np.flatnonzero(sample >= 0)[0])
    history = np.asarray(batch["history"]).copy()
    history[sample[row]] = 0
    history[sample[row], 1] = text[row]
    hidden = model({**batch, "history": tf.constant(history)})["ita"].numpy()[row]
    history[sample[row], 1] = 0
    np.testing.assert_allclose(model({**batch, "history": tf.constant(history)})["ita"].numpy()[row], hidden, atol=1e-7)


def test_saves_and_loads_with_equal_scores(tmp_path: Any) -> None:
    model, batch = built(small_config()), random_batch()
    model.save(tmp_path / "camenn.keras")
    loaded = keras.models.load_model(tmp_path / "camenn.keras")
    for key, value in model(batch).items():
        np.testing.assert_array_equal(loaded(batch)[key], value)


def test_options_that_are_not_known_are_refused() -> None:
    for key, value in (("norm", "none"), ("gate_position", "side"), ("field_tokens", "all"), ("experts_per_task", 5)):
        with pytest.raises(ValueError, match=str(value)):
            MODELS["camenn"](small_config(**{key: value}), SPEC)


def test_encoders_that_train_along_get_gradients() -> None:
    ids = keras.Input((None,), dtype="int32")
    text_model = keras.Model(ids, keras.layers.Embedding(20, SPEC.text_dim)(ids))
    pixels = keras.Input((SPEC.image_patches, 2, 2, 3), dtype="uint8")
    flat = keras.layers.Reshape((SPEC.image_patches, 12))(keras.layers.Rescaling(1 / 255)(pixels))
    image_model = keras.Model(pixels, keras.layers.Dense(SPEC.image_dim)(flat))
    spec = dataclasses.replace(
        SPEC,
        text_kind="pieces",
        image_kind="pixels",
        image_shape=(2, 2, 3),
        text_model=text_model,
        image_model=image_model,
    )
    model, batch = MODELS["camenn"](small_config(), spec), random_batch()
    rng = np.random.default_rng(1)
    batch["items_piece_ids"] = tf.constant(rng.integers(1, 20, [9, 8]), tf.int32)
    batch["items_pixels"] = tf.constant(rng.integers(0, 256, [9, 4, 2, 2, 3]), tf.uint8)
    del batch["items_text"], batch["items_image"]
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(model(batch)["cvr"])
    names = [variable.value for variable in itertools.chain(text_model.variables, image_model.trainable_variables)]
    assert all(np.any(tf.convert_to_tensor(part).numpy()) for part in tape.gradient(loss, names))


def test_gates_before_and_after_the_choice_agree() -> None:
    model, batch = built(small_config()), random_batch()
    inspected = inspection_model(model)
    assert inspected is not None
    gates = inspected(batch)
    assert gates["cvr_probabilities"].shape == (6, 4)
    for task in ("cvr", "ita", "tia"):
        probabilities, experts = gates[f"{task}_probabilities"].numpy(), gates[f"{task}_experts"].numpy()
        np.testing.assert_array_equal(np.argsort(-probabilities, 1)[:, :2], experts)
