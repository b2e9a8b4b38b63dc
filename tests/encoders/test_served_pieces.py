"""One text, the same pieces: in the training path, in an exported signature, and from the library that made them."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import keras_nlp
import numpy as np
import pytest
import tensorflow as tf
import tensorflow_text

from camenn_tf.encoders.keras_nlp_text import KerasNlpText
from camenn_tf.encoders.scratch_text import ScratchText
from camenn_tf.encoders.text_encoder import TextEncoder
from camenn_tf.encoders.tfhub_files import read_vocabulary
from camenn_tf.encoders.tfhub_text import TfHubText
from camenn_tf.models.spec import ModelSpec
from camenn_tf.serving.item_encoder import ItemEncoder
from camenn_tf.serving.items import text_key
from tests.encoders.bert_files import VOCABULARY, make_bert, write_hub_model, write_vocabulary
from tests.encoders.hard_strings import HARD_STRINGS
from tests.encoders.roberta_files import write_roberta, write_xlm_roberta

STANDARD = Path(__file__).parents[2].parent / "shared" / "data" / "bert_zh_vocab.txt"
TEXTS = [text.encode() if isinstance(text, str) else text for text in HARD_STRINGS]
MAX_PIECES = 50
SERVE = """
import base64, json, sys
import numpy as np
import tensorflow as tf
import tensorflow_text
texts = tf.constant([base64.b64decode(text) for text in json.load(open("texts.json"))])
signatures = tf.saved_model.load("model").signatures
for name in signatures:
    np.savez(name + ".npz", **{key: value.numpy() for key, value in signatures[name](texts).items()})
assert "camenn_tf" not in sys.modules
"""
Served = dict[str, dict[str, np.ndarray]]


class NoImages:
    """In the place of an image encoder, whose decoding takes long to trace and is not at issue here."""

    def pixels_or_none(self, images: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return tf.zeros([tf.size(images), 1, 1, 1, 3], tf.uint8), tf.zeros_like(images, tf.bool)


class Text(tf.Module):
    """What `rank_new` does with its texts."""

    def __init__(self, encoder: TextEncoder) -> None:
        super().__init__()
        kind = "pieces" if encoder.trains_along else "states"
        spec = ModelSpec((), (), kind, encoder.dim, encoder.max_length, "pixels", image_patches=1, image_dim=1)
        self._key = text_key(spec)
        images: Any = NoImages()
        self._items = ItemEncoder(spec, encoder, images, "float32")

    @tf.function(input_signature=[tf.TensorSpec([None], tf.string)], autograph=False)
    def signature(self, texts: tf.Tensor) -> dict[str, tf.Tensor]:
        items = self._items(texts, tf.zeros_like(texts), tf.zeros([tf.size(texts), 0], tf.int32))
        return {"text": items[self._key], "lengths": items["items_text_length"]}


def scratch(vocabulary: Sequence[str]) -> TextEncoder:
    return ScratchText(vocabulary, MAX_PIECES, vocabulary_size=100, dim=8, layers=1, heads=2)


@pytest.fixture(scope="module")
def encoders(tmp_path_factory: pytest.TempPathFactory) -> dict[str, TextEncoder]:
    directory = tmp_path_factory.mktemp("encoders")
    made: dict[str, TextEncoder] = {
        "small": scratch(VOCABULARY),
        "xlm_roberta": KerasNlpText(write_xlm_roberta(directory / "xlm_roberta"), MAX_PIECES, trains_along=True),
        "roberta": KerasNlpText(write_roberta(directory / "roberta"), MAX_PIECES, trains_along=True),
        "tfhub": TfHubText(write_hub_model(make_bert(), directory / "hub"), max_pieces=10),
    }
    if STANDARD.exists():
        made["standard"] = scratch(read_vocabulary(str(STANDARD)))
    return made


@pytest.fixture(scope="module")
def served(encoders: dict[str, TextEncoder], tmp_path_factory: pytest.TempPathFactory) -> Served:
    """What a fresh process without this package answers."""
    directory = tmp_path_factory.mktemp("served")
    (directory / "texts.json").write_text(json.dumps([base64.b64encode(text).decode() for text in TEXTS]))
    module = tf.Module()
    module.texts = {name: Text(encoder) for name, encoder in encoders.items()}
    signatures = {name: text.signature for name, text in module.texts.items()}
    tf.saved_model.save(module, str(directory / "model"), signatures=signatures)
    # Only the path says where this package is.
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONPATH"}
    subprocess.run(
        [sys.executable, "-c", SERVE], check=True, capture_output=True, timeout=300, cwd=directory, env=environment
    )
    return {name: dict(np.load(directory / f"{name}.npz")) for name in encoders}


def trained_on(encoder: TextEncoder) -> tuple[np.ndarray, np.ndarray]:
    """Ids and lengths as the training path has them: in `Dataset.map`."""
    batch: Any = next(iter(tf.data.Dataset.from_tensors(tf.constant(TEXTS)).map(encoder.tokenize)))
    return batch[0].numpy(), batch[1].numpy()


@pytest.mark.parametrize("name", ["small", "standard"])
def test_fifty_hard_strings_have_the_pieces_of_berts_tokenizer(
    encoders: dict[str, TextEncoder], served: Served, name: str, tmp_path: Path
) -> None:
    if name not in encoders:
        pytest.skip(f"the standard Chinese vocabulary is not there: {STANDARD}")
    assert len(set(TEXTS)) == 50
    ids, lengths = trained_on(encoders[name])
    np.testing.assert_array_equal(served[name]["text"], ids)
    np.testing.assert_array_equal(served[name]["lengths"], lengths)
    path = write_vocabulary(tmp_path / "vocab.txt") if name == "small" else str(STANDARD)
    reference = tensorflow_text.BertTokenizer(path, token_out_type=tf.int32, lower_case=True)
    # BERT was trained with line and paragraph separators as spaces; this tokenizer alone takes them for letters.
    texts = [text.decode("utf-8", "replace").replace("\u2028", " ").replace("\u2029", " ") for text in TEXTS]
    pieces = reference.tokenize(texts).merge_dims(-2, -1)[:, :MAX_PIECES].to_list()
    start, end = encoders[name].pieces.start, encoders[name].pieces.end
    for text, own, length, expected in zip(TEXTS, ids, lengths, pieces, strict=True):
        assert own[:length].tolist() == [start, *expected, end], text
    assert lengths.max() == MAX_PIECES + 2 and lengths.min() == 2
    assert len(np.unique(ids)) > 40


def reference_of(encoder: TextEncoder) -> Any:
    """The tokenizer of an encoder as keras_nlp has it."""
    assert isinstance(encoder, KerasNlpText)
    tokenizer = keras_nlp.models.Tokenizer.from_preset(encoder.path)
    assert (tokenizer.start_token_id, tokenizer.pad_token_id, tokenizer.end_token_id) == (0, 1, 2)
    return tokenizer


def test_sentence_pieces_start_end_and_pad_by_their_own_names(encoders: dict[str, TextEncoder], served: Served) -> None:
    encoder = encoders["xlm_roberta"]
    ids, lengths = trained_on(encoder)
    np.testing.assert_array_equal(served["xlm_roberta"]["text"], ids)
    np.testing.assert_array_equal(served["xlm_roberta"]["lengths"], lengths)
    assert np.all((ids != 0) == (np.arange(ids.shape[1]) < lengths[:, np.newaxis]))  # 0 is padding and no piece
    reference = reference_of(encoder)([text.decode("utf-8", "replace") for text in TEXTS])
    for text, own, length, expected in zip(TEXTS, ids, lengths, reference, strict=True):
        assert (own[:length] - 1).tolist() == [0, *expected[:MAX_PIECES], 2], text


def test_byte_pairs_start_end_and_pad_by_their_own_names(encoders: dict[str, TextEncoder], served: Served) -> None:
    encoder = encoders["roberta"]
    ids, lengths = (part.numpy() for part in encoder.tokenize(tf.constant(TEXTS)))
    np.testing.assert_array_equal(served["roberta"]["text"], ids)
    np.testing.assert_array_equal(served["roberta"]["lengths"], lengths)
    assert np.all((ids != 0) == (np.arange(ids.shape[1]) < lengths[:, np.newaxis]))
    number = reference_of(encoder).token_to_id
    by_hand = {
        "": [],
        "Fresh APPLES": [*"Fresh", "Ġ", *"APPLES"],
        "红富士苹果": [],  # bytes that this vocabulary lacks
        "500g": [*"500g"],
        "a" * 10_000: ["a"] * MAX_PIECES,
        b"\xff\xfe\xc3\x28 apple \xe7\xba": ["(", "Ġapple", "Ġ"],
    }
    for text, expected in by_hand.items():
        row = HARD_STRINGS.index(text)
        assert (ids[row, : lengths[row]] - 1).tolist() == [0, *map(number, expected), 2], text


def test_a_new_random_seed_takes_no_tokenizer_away(encoders: dict[str, TextEncoder]) -> None:
    encoder = encoders["xlm_roberta"]
    before, _ = encoder.tokenize(tf.constant(TEXTS))
    tf.random.set_seed(1)
    after, _ = encoder.tokenize(tf.constant(TEXTS))
    np.testing.assert_array_equal(after, before)


def test_byte_pairs_read_a_long_word_to_its_16th_character_a_piece(encoders: dict[str, TextEncoder]) -> None:
    encoder = encoders["roberta"]
    full, _ = encoder.tokenize(tf.constant(["quick" * 1_000]))
    cut, length = encoder.pieces.tokenize(tf.constant(["quick" * 1_000]), max_pieces=5)
    assert len(set(full.numpy()[0, 1:-1])) == 1 and int(length[0]) == 7
    np.testing.assert_array_equal(cut[0, 1:6], full[0, 1:6])


@pytest.mark.parametrize("name", ["xlm_roberta", "roberta"])
def test_their_states_are_those_of_the_backbone(encoders: dict[str, TextEncoder], name: str) -> None:
    encoder = encoders[name]
    assert isinstance(encoder, KerasNlpText)
    states, lengths = encoder.encode(["fresh apple", "", "a quick fox 500g"])
    ids, _ = encoder.tokenize(["fresh apple", "", "a quick fox 500g"])
    backbone = keras_nlp.models.Backbone.from_preset(encoder.path)
    padding = np.where(ids.numpy() == 0, 1, ids.numpy() - 1)
    expected = backbone.predict({"token_ids": padding, "padding_mask": ids.numpy() != 0}, verbose=0)
    for own, other, length in zip(states, expected, lengths, strict=True):
        np.testing.assert_allclose(own[:length], other[:length], atol=1e-5)
        assert not own[length:].any()


def test_a_frozen_encoder_from_tfhub_is_served_with_its_weights(
    encoders: dict[str, TextEncoder], served: Served
) -> None:
    states, lengths = encoders["tfhub"].encode(TEXTS)  # type: ignore[arg-type]  # some are no text
    np.testing.assert_allclose(served["tfhub"]["text"], states, atol=1e-5)
    np.testing.assert_array_equal(served["tfhub"]["lengths"], lengths)
    assert np.abs(states).max() > 1


def test_the_mask_and_how_many_ids_there_are(encoders: dict[str, TextEncoder]) -> None:
    small, bert = encoders["small"].pieces, VOCABULARY
    assert (small.size, small.mask) == (len(bert), bert.index("[MASK]") if "[MASK]" in bert else None)
    for name in ("roberta", "xlm_roberta"):  # stored ids are one above the network's
        pieces, model = encoders[name].pieces, encoders[name].model
        assert pieces.mask is not None and pieces.end < pieces.mask < pieces.size
        states = model(np.array([[pieces.start, pieces.mask, pieces.size - 1, pieces.end]], np.int32))
        assert np.isfinite(states.numpy()).all()
    assert encoders["roberta"].pieces.mask == 4 + 1
