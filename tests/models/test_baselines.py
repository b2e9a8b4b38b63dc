"""What every baseline must do; most formulas are tested with their layers."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from camenn_tf.errors import UserError
from camenn_tf.models import MODELS
from tests.models.model_cases import SPEC, random_batch, small_config, spread_weights, weights_without_gradient
from tests.reference import plain_baselines

BASELINES = sorted(set(MODELS) - {"camenn", "fashionbert", "mmoe", "mose"})
BEHAVIOUR = ("bst", "din")
every_baseline = pytest.mark.parametrize("name", BASELINES)


def build(name: str, content: bool = False, regularization: float = 0.01) -> keras.Model:
    keras.utils.set_random_seed(3)
    config = small_config(name=name)
    config.baseline.din_regularization = regularization
    config.baseline.update({"content": content, "hidden_units": (32, 16), "unit_sizes": (5,), "cin_units": (3, 2)})
    return MODELS[name](config, SPEC)


def called(model: keras.Model, batch: dict[str, tf.Tensor]) -> np.ndarray:
    return np.asarray(model({key: batch[key] for key in model.input})["cvr"])


def moved(model: keras.Model, batch: dict[str, tf.Tensor], key: str) -> bool:
    """Whether other values of this key give other scores."""
    other = random_batch(2)[key]
    return bool(np.any(np.abs(called(model, batch) - called(model, {**batch, key: other})) > 1e-7))


@every_baseline
@pytest.mark.parametrize("content", [False, True])
def test_reads_its_fields_and_nothing_else(name: str, content: bool) -> None:
    model, batch = build(name, content), random_batch(1)
    scores = called(model, batch)
    assert scores.shape == (6,) and scores.dtype == np.float32 and np.all((scores > 0) & (scores < 1))
    keys = {"fields", "target", "items_fields"} | ({"history"} if name in BEHAVIOUR else set())
    keys |= {"items_text", "items_text_length", "items_image", "items_has_image"} if content else set()
    assert set(model.input) == keys
    spread_weights(model)
    assert all(moved(model, batch, key) for key in keys)


@pytest.mark.parametrize(
    ("name", "slopes"),
    [
        ("fm", {}),
        *((name, {"slope": 0.0}) for name in ("wide_deep", "deepfm", "xdeepfm")),
        ("bst", {"slope": 0.3, "block_slope": 0.2}),
    ],
)
def test_scores_are_the_formulas_worked_out_in_numpy(name: str, slopes: dict[str, float]) -> None:
    keras.utils.set_random_seed(3)
    config = small_config(name=name, embedding_size=4, num_heads=2)
    config.baseline.update({"hidden_units": (6, 5), "cin_units": (3, 2)})
    model, batch = MODELS[name](config, SPEC), random_batch(1)
    spread_weights(model, 0.5)
    arrays = {key: batch[key].numpy() for key in model.input}

    def worked_out(**arguments: float) -> np.ndarray:
        logits = [getattr(plain_baselines, name)(model, arrays, sample, **arguments) for sample in range(6)]
        return np.asarray(1 / (1 + np.exp(-np.array(logits))))

    scores = called(model, batch)
    np.testing.assert_allclose(scores, worked_out(**slopes), rtol=0, atol=1e-5)
    for slope in slopes:  # units are negative, and matter
        assert np.abs(scores - worked_out(**{**slopes, slope: slopes[slope] + 0.1})).max() > 1e-3


def test_numbers_are_coded_as_asked() -> None:
    for code, ordered in (("one_hot", [False] * 4), ("ordinal", [False, True, False, True])):
        config = small_config(name="fm", numeric_code=code)
        assert list(MODELS["fm"](config, SPEC).get_layer("sample_field").ordered) == ordered
    with pytest.raises(UserError, match=r"model\.numeric_code is 'raw', expected one of one_hot, ordinal"):
        MODELS["fm"](small_config(name="fm", numeric_code="raw"), SPEC)


@every_baseline
def test_gradients_reach_every_weight(name: str) -> None:
    assert weights_without_gradient(build(name, content=True), random_batch(1)) == []


@every_baseline
def test_samples_do_not_see_each_other(name: str) -> None:
    model, batch = build(name), random_batch(1)
    part = {key: value[2:5] if key in ("fields", "target", "history") else value for key, value in batch.items()}
    np.testing.assert_allclose(called(model, part), called(model, batch)[2:5], atol=1e-6)


@pytest.mark.parametrize("name", BEHAVIOUR)
def test_padding_of_a_history_counts_nothing(name: str) -> None:
    model, batch = build(name), random_batch(1)
    fields = batch["items_fields"].numpy()
    fields[0] = [3, 2]  # of the padding item
    np.testing.assert_allclose(
        called(model, {**batch, "items_fields": tf.constant(fields)}), called(model, batch), atol=1e-6
    )


def embedding_gradients(model: keras.Model, batch: dict[str, tf.Tensor]) -> dict[str, tuple[np.ndarray, np.ndarray]]:
    """By layer of embeddings: the table, and its gradient in training."""
    weights = {w.path.split("/")[0]: w for w in model.trainable_weights if w.path.endswith("embeddings")}
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(model({key: batch[key] for key in model.input}, training=True)["cvr"])
    gradients = tape.gradient(loss, [weight.value for weight in weights.values()])
    return {
        name: (weight.numpy(), tf.convert_to_tensor(gradient).numpy())
        for (name, weight), gradient in zip(weights.items(), gradients, strict=True)
    }


def test_din_pulls_the_rows_of_the_batch_to_zero_by_their_train_counts() -> None:
    batch = random_batch(1)
    batch["target"], batch["history"] = tf.constant([1, 2, 2, 1, 2, 1]), tf.constant([[0, 0, 3]] * 6)  # not 4 to 8
    tables = []
    for strength in (0.0, 0.5):
        model = build("din", regularization=strength)
        spread_weights(model)
        tables.append(embedding_gradients(model, batch))
    plain, regularized = tables
    assert sorted(plain) == ["item_field", "sample_field"]
    for name, ids, fields in (
        ("sample_field", batch["fields"].numpy(), SPEC.sample_fields),
        ("item_field", batch["items_fields"].numpy()[[1, 2, 3]], SPEC.item_fields),
    ):
        table, added = plain[name][0], regularized[name][1] - plain[name][1]
        assert SPEC.train_counts is not None
        counts = np.concatenate([SPEC.train_counts[field.name] for field in fields])
        rows = np.unique(ids + np.cumsum([0, *(field.size for field in fields)])[:-1])
        expected = np.zeros_like(table)
        expected[rows] = 0.5 * table[rows] / np.maximum(counts[rows], 1)[:, None]
        np.testing.assert_allclose(added, expected, atol=1e-6)
        assert 0 < len(rows) < len(table)


def test_the_regularisation_changes_no_score_and_no_other_model() -> None:
    on, off = build("din", regularization=0.5), build("din", regularization=0.0)
    weights = {weight.path: weight for weight in off.trainable_weights}
    for weight in on.trainable_weights:  # in another order
        weight.assign(weights.pop(weight.path))
    assert not weights
    np.testing.assert_array_equal(called(on, random_batch(1)), called(off, random_batch(1)))
    assert not any("regularization" in layer.name for layer in (*off.layers, *build("bst").layers))


@pytest.mark.parametrize("name", ["bst", "deepfm", "din", "wide_deep", "xdeepfm"])
def test_models_of_long_vectors_are_folded_and_stay_the_same(name: str) -> None:
    models = []
    for fixed_shapes in (False, True):
        config = small_config(name=name, embedding_size=32)
        config.inputs.fixed_shapes = fixed_shapes
        models.append(MODELS[name](config, SPEC))
    assert [model.get_layer("hidden_1").folded for model in models] == [True, False]
    spread_weights(models[0])
    models[1].set_weights(models[0].get_weights())
    scores = [np.asarray(model({key: random_batch()[key] for key in model.input})["cvr"]) for model in models]
    np.testing.assert_allclose(scores[0], scores[1], rtol=0, atol=1e-5)
    assert np.ptp(scores[0]) > 0.01


LOAD = """
import sys
import numpy as np
import camenn_tf.models
import keras
inputs = dict(np.load(sys.argv[2]))
expected = inputs.pop("expected")
got = np.asarray(keras.saving.load_model(sys.argv[1])(inputs)["cvr"])
assert np.abs(got - expected).max() <= 1e-6, np.abs(got - expected).max()
"""


def test_saved_ones_are_the_same_in_a_new_process(tmp_path: Path) -> None:
    checks = []
    for name in BASELINES:
        model, batch = build(name, content=True), random_batch(1)
        model.save(tmp_path / f"{name}.keras")
        arrays = {key: batch[key].numpy() for key in model.input}
        np.savez(tmp_path / f"{name}.npz", expected=called(model, batch), **arrays)
        checks.append((tmp_path / f"{name}.keras", tmp_path / f"{name}.npz"))
    script = "\n".join(
        LOAD.replace("sys.argv[1]", repr(str(model))).replace("sys.argv[2]", repr(str(arrays)))
        for model, arrays in checks
    )
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr[-2000:]
