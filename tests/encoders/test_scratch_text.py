"""The text encoder that trains along."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from camenn_tf.encoders.scratch_text import ScratchText
from camenn_tf.encoders.word_pieces import SPECIAL
from camenn_tf.errors import UserError

VOCABULARY = (*SPECIAL, "apple", "##s", "fresh", "红", "富", "士")
TEXTS = ["fresh apples 红富士", "", "apple", "apple"]


def make(**changes: int) -> ScratchText:
    keras.utils.set_random_seed(1)
    return ScratchText(
        VOCABULARY, **{"max_pieces": 6, "vocabulary_size": 50, "dim": 8, "layers": 2, "heads": 2, **changes}
    )


def test_states_and_lengths() -> None:
    states, lengths = make().encode(TEXTS)
    assert states.shape == (4, 8, 8) and states.dtype == np.float32
    assert lengths.tolist() == [8, 2, 3, 3]
    for state, length in zip(states, lengths, strict=True):
        assert np.abs(state[:length]).sum(axis=1).min() > 0 and not state[length:].any()


def test_padding_changes_no_state() -> None:
    encoder = make()
    ids = np.array([[1, 5, 6, 2]], np.int32)
    short = encoder.model(ids).numpy()
    padded = encoder.model(np.pad(ids, [(0, 0), (0, 4)])).numpy()
    np.testing.assert_allclose(padded[:, :4], short, atol=1e-6)
    assert not padded[:, 4:].any()


def test_a_padding_row_is_zero_and_passes_no_gradient_trouble() -> None:
    model = make().model
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(model(np.array([[0, 0, 0], [1, 5, 2]], np.int32)) ** 3)
    gradients = tape.gradient(total, model.trainable_variables)
    assert all(np.isfinite(tf.convert_to_tensor(gradient)).all() for gradient in gradients)
    assert not model(np.zeros((1, 3), np.int32)).numpy().any()


def test_equal_texts_have_equal_states_and_order_matters() -> None:
    states, _ = make().encode(["fresh apple", "apple fresh", "fresh apple"])
    np.testing.assert_allclose(states[0], states[2], atol=1e-5)
    assert np.abs(states[0, 1] - states[1, 2]).max() > 1e-3  # the same word at another place


def test_every_weight_trains() -> None:
    model = make().model
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(model(np.array([[1, 5, 6, 2]], np.int32)) ** 3)
    gradients = tape.gradient(total, model.trainable_variables)
    assert all(gradient is not None for gradient in gradients)


def test_model_survives_its_file(tmp_path: Path) -> None:
    model = make().model
    ids = np.array([[1, 5, 6, 2, 0]], np.int32)
    model.save(tmp_path / "text.keras")
    np.testing.assert_array_equal(keras.models.load_model(tmp_path / "text.keras")(ids), model(ids))


def test_config_and_fingerprint() -> None:
    encoder = make()
    again = ScratchText(VOCABULARY, **{key: value for key, value in encoder.config.items() if key != "name"})
    assert again.fingerprint == encoder.fingerprint and again.config == encoder.config
    assert make(dim=16).fingerprint != encoder.fingerprint
    assert ScratchText((*VOCABULARY, "x"), 6, 50, 8, 2, 2).fingerprint != encoder.fingerprint


def test_width_must_divide() -> None:
    with pytest.raises(UserError, match=r"encode.text.dim=9 is not a multiple of encode.text.heads=2"):
        make(dim=9)
