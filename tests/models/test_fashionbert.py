"""FashionBERT over small batches, with frozen encoders and with encoders that train along."""

from __future__ import annotations

import dataclasses

import keras
import numpy as np
import pytest
import tensorflow as tf

from camenn_tf.encoders.scratch_image import ScratchImage
from camenn_tf.encoders.scratch_text import ScratchText
from camenn_tf.errors import UserError
from camenn_tf.models import MODELS, ModelSpec
from tests.models.model_cases import SPEC, random_batch, small_config, spread_weights

VOCABULARY = ["[PAD]", "[CLS]", "[SEP]", "[UNK]", "[MASK]", *"abcdefgh"]
both_kinds = pytest.mark.parametrize("frozen", [True, False], ids=["frozen", "trains_along"])
Outputs = dict[str, np.ndarray]


def make(frozen: bool = True, **settings: object) -> keras.Model:
    keras.utils.set_random_seed(3)
    config = small_config(name="fashionbert")
    config.fashionbert.update({"blocks": 2, **settings})
    return MODELS["fashionbert"](config, SPEC if frozen else learning_spec())


def learning_spec() -> ModelSpec:
    text = ScratchText(VOCABULARY, max_pieces=6, vocabulary_size=20, dim=12, layers=1, heads=2)
    image = ScratchImage(grid=2, patch_size=8, dim=10)
    return dataclasses.replace(
        SPEC,
        text_kind="pieces",
        text_pieces=len(VOCABULARY),
        text_mask=4,
        text_model=text.model,
        image_kind="pixels",
        image_shape=(8, 8, 3),
        image_model=image.model,
    )


def batch_for(frozen: bool, seed: int = 1) -> dict[str, tf.Tensor]:
    batch = random_batch(seed)
    if not frozen:
        rng = np.random.default_rng(seed)
        length = batch["items_text_length"].numpy()[:, None]
        ids = np.where(np.arange(8) < length, rng.integers(5, len(VOCABULARY), (len(length), 8)), 0)
        ids[:, 0] = np.where(length[:, 0] > 0, 1, 0)
        batch["items_piece_ids"] = tf.constant(ids, tf.int32)
        batch["items_pixels"] = tf.constant(rng.integers(0, 256, (len(length), 4, 8, 8, 3)), tf.uint8)
    return batch


def called(model: keras.Model, batch: dict[str, tf.Tensor], training: bool = False) -> Outputs:
    outputs = model({key: batch[key] for key in model.input}, training=training)
    return {task: np.asarray(part) for task, part in outputs.items()}


@both_kinds
def test_one_score_a_pair_and_no_losses_without_training(frozen: bool) -> None:
    outputs = called(make(frozen), batch_for(frozen))
    shapes = {task: part.shape for task, part in outputs.items()}
    masked = dict.fromkeys(("masked_text", "masked_patches"), (18, 2))
    assert shapes == {**dict.fromkeys(("ita", "tia", "match"), (18,)), **masked}
    assert all(part.dtype == np.float32 for part in outputs.values())
    assert np.all((outputs["ita"] > 0) & (outputs["ita"] < 1)) and np.ptp(outputs["ita"]) > 1e-4
    np.testing.assert_array_equal(outputs["ita"], outputs["tia"])
    np.testing.assert_array_equal(outputs["ita"], outputs["match"])
    assert not outputs["masked_text"].any() and not outputs["masked_patches"].any()


@both_kinds
def test_reads_texts_and_pictures_and_nothing_else(frozen: bool) -> None:
    model = make(frozen)
    content = ["items_text", "items_image"] if frozen else ["items_piece_ids", "items_pixels"]
    lengths = ["items_text_length", "items_has_image"]
    assert set(model.input) == {*content, *lengths, "alignment_text", "alignment_image"}
    spread_weights(model)
    batch = batch_for(frozen)
    for key in content:
        other = {**batch, key: batch_for(frozen, 2)[key]}
        assert np.abs(called(model, other)["ita"] - called(model, batch)["ita"]).max() > 1e-6, key


@both_kinds
def test_losses_are_those_of_hidden_tokens(frozen: bool) -> None:
    model, batch = make(frozen, text_share=0.5, patch_share=0.5), batch_for(frozen)
    outputs = called(model, batch, training=True)
    pieces = np.maximum(batch["items_text_length"].numpy() - 2, 0)[batch["alignment_text"].numpy()]
    patches = 4 * batch["items_has_image"].numpy()[batch["alignment_image"].numpy()]
    for task, most in (("masked_text", pieces), ("masked_patches", patches)):
        sums, counts = outputs[task].T
        assert np.all(counts <= most) and 0.25 < counts.sum() / most.sum() < 0.75
        np.testing.assert_array_equal(sums > 0, counts > 0)
    # An item is hidden once a step: rows of the same text predict the same pieces.
    for item in np.unique(batch["alignment_text"].numpy()):
        assert len(np.unique(outputs["masked_text"][batch["alignment_text"].numpy() == item, 1])) == 1


def seeds(model: keras.Model) -> list[keras.Variable]:
    """The states that say what is hidden next."""
    return [model.get_layer(name).seed_generator.state for name in ("masked_text", "masked_patches")]


@both_kinds
def test_what_is_hidden_comes_from_states_that_checkpoints_hold(frozen: bool) -> None:
    model, batch = make(frozen, text_share=0.5, patch_share=0.5), batch_for(frozen)
    kept = [state.numpy() for state in seeds(model)]
    paths = {id(variable): variable.path for variable in model.variables}
    assert all(paths[id(state)].endswith("seed_generator_state") for state in seeds(model))  # as `spread_seeds` asks
    one, two = called(model, batch, training=True), called(model, batch, training=True)
    for state, value in zip(seeds(model), kept, strict=True):
        state.assign(value)
    again = called(model, batch, training=True)
    for task in ("masked_text", "masked_patches"):
        assert (one[task] != two[task]).any()
    if frozen:  # the encoders that train along have noise of their own
        np.testing.assert_array_equal(one["match"], again["match"])
    np.testing.assert_array_equal(one["masked_text"][:, 1], again["masked_text"][:, 1])


def test_hidden_patches_are_predicted_and_not_seen() -> None:
    model, batch = make(patch_share=0.99999), batch_for(True)
    kept = [state.numpy() for state in seeds(model)]
    found = []
    for image in (batch["items_image"], random_batch(2)["items_image"]):
        for state, value in zip(seeds(model), kept, strict=True):
            state.assign(value)
        found.append(called(model, {**batch, "items_image": image}, training=True))
    np.testing.assert_array_equal(found[0]["match"], found[1]["match"])
    assert found[0]["masked_patches"][:, 1].max() == 4
    assert np.abs(found[0]["masked_patches"] - found[1]["masked_patches"]).max() > 1e-2


@both_kinds
def test_gradients_reach_every_weight(frozen: bool) -> None:
    model, batch = make(frozen, text_share=0.5, patch_share=0.5), batch_for(frozen)
    batch = {key: value for key, value in batch.items() if key in model.input}
    spread_weights(model)
    with tf.GradientTape() as tape:
        outputs = model(batch, training=True)
        loss = tf.add_n([tf.reduce_sum(outputs[task]) for task in ("match", "masked_text", "masked_patches")])
    gradients = tape.gradient(loss, [weight.value for weight in model.trainable_weights], unconnected_gradients="zero")
    still = [
        weight.path
        for weight, gradient in zip(model.trainable_weights, gradients, strict=True)
        if not np.any(tf.convert_to_tensor(gradient).numpy())
    ]
    assert still == []


@both_kinds
def test_padding_of_texts_and_other_rows_change_nothing(frozen: bool) -> None:
    model, batch = make(frozen), batch_for(frozen)
    whole = called(model, batch)["ita"]
    part = {key: value[3:7] if key.startswith("alignment_") else value for key, value in batch.items()}
    np.testing.assert_allclose(called(model, part)["ita"], whole[3:7], atol=1e-6)
    if frozen:
        beyond = np.arange(8)[:, None] >= batch["items_text_length"].numpy()[:, None, None]
        junk = {**batch, "items_text": batch["items_text"] + 100.0 * beyond}
        np.testing.assert_allclose(called(model, junk)["ita"], whole, atol=1e-6)


@both_kinds
@pytest.mark.parametrize("training", [False, True])
def test_no_rows_and_rows_of_nothing(frozen: bool, training: bool) -> None:
    model, batch = make(frozen), batch_for(frozen)
    none = {key: value[:0] if key.startswith("alignment_") else value for key, value in batch.items()}
    outputs = called(model, none, training)
    assert outputs["ita"].shape == (0,) and outputs["masked_text"].shape == (0, 2)
    nothing = tf.constant([0, 0, 3])
    empty = {**batch, "alignment_text": nothing, "alignment_image": nothing}
    scores = called(model, empty)["ita"]
    assert np.isfinite(scores).all() and scores[0] == scores[1] != scores[2]


def test_fixed_shapes_change_nothing() -> None:
    free, batch = make(), batch_for(True)
    config = small_config(name="fashionbert")
    config.fashionbert.blocks = 2
    config.inputs.fixed_shapes = True
    fixed = MODELS["fashionbert"](config, SPEC)
    fixed.set_weights(free.get_weights())
    np.testing.assert_allclose(called(fixed, batch)["ita"], called(free, batch)["ita"], atol=1e-6)


@pytest.mark.parametrize("norm", ["post", "pre"])
def test_as_many_blocks_as_asked_for(norm: str) -> None:
    config = small_config(name="fashionbert", norm=norm)
    names = {layer.name for layer in MODELS["fashionbert"](config, SPEC).layers}
    assert {name for name in names if name.startswith("block_")} == {"block_1", "block_2", "block_3"}
    assert ("backbone_norm" in names) == (norm == "pre")


@pytest.mark.parametrize(
    ("section", "key", "value", "message"),
    [
        ("fashionbert", "blocks", 0, "fashionbert.blocks is 0, expected at least 1"),
        ("fashionbert", "text_share", 1.0, "fashionbert.text_share is 1.0, expected at least 0 and below 1"),
        ("fashionbert", "patch_share", -0.1, "fashionbert.patch_share is -0.1"),
        ("model", "use_images", False, "model.use_images=False"),
    ],
)
def test_a_wrong_value_is_named(section: str, key: str, value: object, message: str) -> None:
    config = small_config(name="fashionbert")
    config[section][key] = value
    with pytest.raises(UserError, match=message):
        MODELS["fashionbert"](config, SPEC)


def test_tasks_and_mask_are_needed() -> None:
    config = small_config(name="fashionbert")
    config.alignment.ita = False
    assert set(MODELS["fashionbert"](config, SPEC).output) == {"tia", "match", "masked_text", "masked_patches"}
    with pytest.raises(UserError, match=r"no \[MASK\]"):
        MODELS["fashionbert"](config, dataclasses.replace(learning_spec(), text_mask=None))
    config.alignment.tia = False
    with pytest.raises(UserError, match=r"alignment\.ita=False and alignment\.tia=False"):
        MODELS["fashionbert"](config, SPEC)
