"""The same weights give the same states, whichever of the three ways they come in."""

from __future__ import annotations

import pathlib
from collections.abc import Callable

import keras
import numpy as np
import pytest

from camenn_tf.encoders.keras_nlp_text import KerasNlpText
from camenn_tf.encoders.text_encoder import TextEncoder
from camenn_tf.encoders.tfhub_text import TfHubText
from tests.encoders.bert_files import make_bert, write_hub_model, write_hugging_face, write_keras_preset

TEXTS = ["Fresh apples 500g", "", "红富士 apple", "a b c d e f g h i j k l m"]
WAYS: dict[str, Callable[[keras.Model, pathlib.Path], str]] = {
    "tfhub": write_hub_model,
    "keras": write_keras_preset,
    "hugging_face": write_hugging_face,
}


@pytest.fixture(scope="module")
def bert() -> keras.Model:
    return make_bert(layers=2)


@pytest.fixture(scope="module")
def paths(bert: keras.Model, tmp_path_factory: pytest.TempPathFactory) -> dict[str, str]:
    directory = tmp_path_factory.mktemp("ways")
    return {way: write(bert, directory / way) for way, write in WAYS.items()}


def load(way: str, path: str, trains_along: bool = False) -> TextEncoder:
    if way == "tfhub":
        return TfHubText(path, max_pieces=10, trains_along=trains_along)
    return KerasNlpText(path, max_pieces=10, trains_along=trains_along)


@pytest.mark.parametrize("trains_along", [False, True])
def test_equal_weights_give_equal_states(bert: keras.Model, paths: dict[str, str], trains_along: bool) -> None:
    encoders = {way: load(way, path, trains_along) for way, path in paths.items()}
    ids, lengths = (part.numpy() for part in encoders["keras"].tokenize(TEXTS))
    mask = (ids != 0).astype(np.int32)
    inputs = {"token_ids": ids, "segment_ids": np.zeros_like(mask), "padding_mask": mask}
    expected = bert(inputs)["sequence_output"].numpy() * mask[..., np.newaxis]
    assert np.abs(expected).max() > 1 and lengths.tolist() == [7, 2, 6, 12]
    for way, encoder in encoders.items():
        states, own_lengths = encoder.encode(TEXTS)
        assert np.abs(states - expected).max() < 1e-5, way
        np.testing.assert_array_equal(own_lengths, lengths)


def test_only_a_preset_and_its_hugging_face_form_are_the_same_encoder(paths: dict[str, str]) -> None:
    prints = {way: load(way, path).fingerprint for way, path in paths.items()}
    assert prints["keras"] == prints["hugging_face"] != prints["tfhub"]
