"""Text encoders in TF-Hub's BERT format."""

from __future__ import annotations

import dataclasses
import json
import shutil
import subprocess
import sys
from pathlib import Path
from urllib.error import URLError

import keras
import numpy as np
import pytest
import tensorflow as tf
import tensorflow_hub

from camenn_tf.encoders.tfhub_files import read_vocabulary
from camenn_tf.encoders.tfhub_text import TfHubText
from camenn_tf.errors import UserError
from camenn_tf.models import MODELS
from camenn_tf.training.optimizer import is_decayed
from tests.encoders.bert_files import (
    DIM,
    VOCABULARY,
    make_bert,
    write_hub_model,
    write_hub_preprocessor,
    write_vocabulary,
)
from tests.models.model_cases import SPEC, random_batch, small_config

IDS = np.array([[1, 5, 60, 2], [1, 7, 2, 0], [0, 0, 0, 0]], np.int32)


@pytest.fixture(scope="module")
def hub(tmp_path_factory: pytest.TempPathFactory) -> str:
    return write_hub_model(make_bert(), tmp_path_factory.mktemp("bert") / "hub")


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> str:
    """A model with other weights that brings no vocabulary."""
    return write_hub_model(make_bert(seed=2), tmp_path_factory.mktemp("bare") / "hub", vocabulary=())


def test_padding_changes_no_state_and_has_none(hub: str) -> None:
    model = TfHubText(hub, max_pieces=6).model
    short, padded = model(IDS[:1]).numpy(), model(np.pad(IDS[:1], [(0, 0), (0, 3)])).numpy()
    np.testing.assert_allclose(padded[:, :4], short, atol=1e-6)
    assert short.shape == (1, 4, DIM) and not padded[:, 4:].any()


def test_frozen_by_default(hub: str) -> None:
    encoder = TfHubText(hub, max_pieces=6)
    assert not encoder.trains_along and not encoder.model.trainable_variables
    np.testing.assert_array_equal(encoder.model(IDS, training=True), encoder.model(IDS, training=False))


def test_trained_along_every_weight_learns_but_the_pooler(hub: str) -> None:
    encoder = TfHubText(hub, max_pieces=6, trains_along=True)
    model = encoder.model
    assert encoder.trains_along and np.any(model(IDS, training=True).numpy() != model(IDS, training=False).numpy())
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(model(IDS, training=True) ** 3)
    variables = model.trainable_variables
    gradients = [
        tf.convert_to_tensor(part) for part in tape.gradient(total, [variable.value for variable in variables])
    ]
    idle = {variable.name for variable, gradient in zip(variables, gradients, strict=True) if not np.any(gradient)}
    assert len(variables) == 23 and idle == {"pooled_dense_kernel", "pooled_dense_bias"}
    assert all(np.isfinite(gradient).all() for gradient in gradients)


def test_camenn_trains_it_along(hub: str) -> None:
    encoder = TfHubText(hub, max_pieces=6, trains_along=True)
    spec = dataclasses.replace(SPEC, text_kind="pieces", text_dim=DIM, text_model=encoder.model)
    model, batch = MODELS["camenn"](small_config(), spec), random_batch()
    del batch["items_text"]
    batch["items_piece_ids"] = tf.constant(np.random.default_rng(1).integers(1, 60, [9, 8]), tf.int32)
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(model(batch, training=True)["cvr"])
    own = {variable.path: variable for variable in encoder.model.trainable_variables}
    assert len(own) == 23 and own.keys() <= {variable.path for variable in model.trainable_variables}
    kernels = [variable.value for path, variable in own.items() if path.endswith("kernel") and "pooled" not in path]
    assert len(kernels) == 6
    assert all(np.any(tf.convert_to_tensor(part)) for part in tape.gradient(loss, kernels))
    decayed = {path.removeprefix("transformer_layer_0_") for path in own if is_decayed(path)}
    dense = {"query", "key", "value", "attention_output"}
    assert decayed == {f"self_attention_layer_{name}_kernel" for name in dense} | {
        "feedforward_intermediate_dense_kernel",
        "feedforward_output_dense_kernel",
        "pooled_dense_kernel",
        "token_embedding_embeddings",
    }


def test_fingerprints(hub: str, bare: str, tmp_path: Path) -> None:
    frozen, along = TfHubText(hub, 6), TfHubText(hub, 6, trains_along=True)
    vocabulary = write_vocabulary(tmp_path / "vocab.txt")
    assert TfHubText(str(shutil.copytree(hub, tmp_path / "hub")), 6).fingerprint == frozen.fingerprint
    assert TfHubText(bare, 6, vocabulary=vocabulary).fingerprint != frozen.fingerprint
    # Trained along, only pieces are stored.
    other = TfHubText(bare, 6, vocabulary=vocabulary, trains_along=True)
    assert other.fingerprint == along.fingerprint != frozen.fingerprint
    assert TfHubText(hub, 5, trains_along=True).fingerprint != along.fingerprint


def test_its_config_builds_it_again(hub: str) -> None:
    encoder = TfHubText(hub, 6, trains_along=True)
    again = TfHubText(**{key: value for key, value in encoder.config.items() if key != "name"})
    assert encoder.config["name"] == "tfhub" and again.config == encoder.config


FRESH = """
import json, sys
import tensorflow as tf
cpu = tf.config.list_physical_devices("CPU")[0]
tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * 2)
import keras, numpy as np
from camenn_tf.encoders.tfhub_text import TfHubText
hub, file, ids = sys.argv[1], sys.argv[2], np.array(json.loads(sys.argv[3]), np.int32)
loaded = keras.models.load_model(file)(ids).numpy()
ends = []
for devices in (["CPU:0"], ["CPU:0", "CPU:1"]):
    strategy = tf.distribute.MirroredStrategy(devices)
    encoder = TfHubText(hub, 6, trains_along=True)
    with strategy.scope():
        model = encoder.model
        optimizer = keras.optimizers.SGD(1e-2)
        optimizer.build(model.trainable_variables)
    def step(ids):
        with tf.GradientTape() as tape:
            loss = tf.reduce_sum(model(ids, training=False)[..., 0])
        variables = model.trainable_variables
        gradients = tape.gradient(loss, [v.value for v in variables], unconnected_gradients="zero")
        optimizer.apply([tf.convert_to_tensor(gradient) for gradient in gradients], variables)
    for _ in range(2):
        strategy.run(step, args=(strategy.experimental_distribute_values_from_function(
            lambda context: tf.constant(ids[context.replica_id_in_sync_group::len(devices)])),))
    ends.append(np.concatenate([v.numpy().ravel() for v in model.trainable_variables]))
start = np.concatenate([v.numpy().ravel() for v in TfHubText(hub, 6, trains_along=True).model.trainable_variables])
gap, moved = np.abs(ends[0] - ends[1]).max(), np.abs(ends[0] - start).max()
print(json.dumps({"loaded": loaded.tolist(), "gap": float(gap), "moved": float(moved)}))
"""


def test_reloads_in_a_fresh_process_and_trains_on_two_devices(hub: str, tmp_path: Path) -> None:
    model = TfHubText(hub, max_pieces=6, trains_along=True).model
    changed = [w + 0.1 if w.dtype == np.float32 else w for w in model.get_weights()]
    model.set_weights(changed)  # what is reloaded must be the file's weights, not TF-Hub's
    model.save(tmp_path / "text.keras")
    arguments = [hub, str(tmp_path / "text.keras"), json.dumps(IDS.tolist())]
    done = subprocess.run(
        [sys.executable, "-c", FRESH, *arguments], check=True, capture_output=True, text=True, timeout=300
    )
    answer = json.loads(done.stdout.splitlines()[-1])
    np.testing.assert_allclose(answer["loaded"], model(IDS), atol=1e-5)
    assert answer["gap"] < 1e-5 < 1e-2 < answer["moved"]


@pytest.mark.parametrize("lower", [True, False])
def test_the_preprocessor_says_whether_it_lower_cases(bare: str, tmp_path: Path, lower: bool) -> None:
    preprocessor = write_hub_preprocessor(tmp_path / "preprocessor", lower)
    encoder = TfHubText(bare, max_pieces=6, preprocessor=preprocessor)
    ids, _ = encoder.tokenize(["A apple"])
    assert ids.numpy()[0, 1] == (VOCABULARY.index("a") if lower else VOCABULARY.index("[UNK]"))


def test_without_a_preprocessor_the_encoder_says_it_or_the_vocabulary(hub: str, tmp_path: Path) -> None:
    said = write_hub_model(make_bert(), tmp_path / "hub", lower_case=False)
    capitals = write_vocabulary(tmp_path / "capitals.txt", [*VOCABULARY, "A"])
    unknown, small = VOCABULARY.index("[UNK]"), VOCABULARY.index("b")
    for path, vocabulary, expected in ((hub, "", small), (said, "", unknown), (hub, capitals, unknown)):
        ids, _ = TfHubText(path, max_pieces=6, vocabulary=vocabulary).tokenize(["B"])
        assert ids.numpy().tolist() == [[1, expected, 2]]


def test_a_piece_of_a_line_separator_is_one_piece(tmp_path: Path) -> None:
    pieces = ("[PAD]", "\u2028", "##\u2028", "a")
    assert read_vocabulary(write_vocabulary(tmp_path / "vocab.txt", pieces)) == pieces


def test_the_defaults_are_handles_and_an_unreachable_site_is_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    asked = []

    def resolve(handle: str) -> str:
        asked.append(handle)
        raise URLError("no network")

    monkeypatch.setattr(tensorflow_hub, "resolve", resolve)
    with pytest.raises(UserError, match=r"encode.text.path=tensorflow/bert_zh_L-12_H-768_A-12/4: .* cannot be reached"):
        TfHubText("", max_pieces=50)
    with pytest.raises(UserError, match=r"encode.text.path=https://example.org/bert/1: .*=DIRECTORY"):
        TfHubText("https://example.org/bert/1", max_pieces=50)
    assert asked == ["https://tfhub.dev/tensorflow/bert_zh_L-12_H-768_A-12/4", "https://example.org/bert/1"]


def test_the_default_encoder_comes_with_its_preprocessor(monkeypatch: pytest.MonkeyPatch, hub: str) -> None:
    def resolve(handle: str) -> str:
        if "preprocess" in handle:
            raise URLError(handle)
        return hub

    monkeypatch.setattr(tensorflow_hub, "resolve", resolve)
    with pytest.raises(UserError, match=r"encode.text.preprocessor=tensorflow/bert_zh_preprocess/3"):
        TfHubText("", max_pieces=6)
    assert TfHubText("tensorflow/bert_zh_L-12_H-768_A-12/4", max_pieces=6).preprocessor == ""


def test_unusable_models(bare: str, tmp_path: Path, hub: str) -> None:
    with pytest.raises(UserError, match=r"encode.text.path=/no/such: no such directory, and no handle"):
        TfHubText("/no/such", max_pieces=6)
    with pytest.raises(UserError, match=r"encode.text.path=.*: has no saved_model.pb"):
        TfHubText(str(tmp_path), max_pieces=6)
    with pytest.raises(UserError, match=r"encode.text.vocabulary is empty, .*=FILE, .*preprocessor=DIRECTORY"):
        TfHubText(bare, max_pieces=6)
    with pytest.raises(UserError, match=r"encode.text.vocabulary=/no/such: no such file"):
        TfHubText(bare, max_pieces=6, vocabulary="/no/such")
    with pytest.raises(UserError, match=r"encode.text.max_pieces=11: .* has no 13 positions"):
        TfHubText(hub, max_pieces=11)
    with pytest.raises(UserError, match=r"encode.text.preprocessor=.*: expected a model from strings"):
        TfHubText(hub, max_pieces=6, preprocessor=hub)


def test_a_model_of_another_format(tmp_path: Path) -> None:
    module = tf.Module()
    tf.saved_model.save(module, str(tmp_path / "empty"))
    with pytest.raises(UserError, match=r"encode.text.path=.*cannot be called or has no variables"):
        TfHubText(str(tmp_path / "empty"), max_pieces=6)
    network = keras.Sequential([keras.Input([3]), keras.layers.Dense(2)])
    network.export(str(tmp_path / "dense"), verbose=False)
    with pytest.raises(UserError, match=r"encode.text.path="):
        TfHubText(str(tmp_path / "dense"), max_pieces=6)
