"""Catalogue to features."""

from __future__ import annotations

import csv
import dataclasses
import json
import os
from pathlib import Path

import numpy as np
import pytest
import tensorflow as tf

from camenn_tf.encoders import factory
from camenn_tf.encoders.encode_images import reason_of
from camenn_tf.encoders.encoding import encode_dataset
from camenn_tf.encoders.features_check import check_features
from camenn_tf.encoders.features_info import load_features_info
from camenn_tf.encoders.word_pieces import WordPieces
from camenn_tf.errors import UserError
from camenn_tf.inputs.item_store import ItemStore
from tests.encoders.encoded_items import NINE, Encoded, MeanColour, encode, make_items, settings
from tests.encoders.picture_files import COLOURS, file_of
from tests.encoders.small_dataset import write_dataset
from tests.encoders.test_keras_nlp_text import make_preset


@pytest.fixture(scope="module")
def one_shard(tmp_path_factory: pytest.TempPathFactory) -> Encoded:
    return encode(tmp_path_factory.mktemp("one"), 1)


@pytest.fixture(scope="module")
def three_shards(tmp_path_factory: pytest.TempPathFactory) -> Encoded:
    return encode(tmp_path_factory.mktemp("three"), 3, shard_items=4)


@pytest.fixture(params=["one_shard", "three_shards"])
def encoded(request: pytest.FixtureRequest) -> Encoded:
    result: Encoded = request.getfixturevalue(request.param)
    return result


def test_pieces_and_pixels(encoded: Encoded) -> None:
    items, out, info = encoded.items, encoded.out, load_features_info(encoded.out)
    assert (info.text.kind, info.image.kind, info.items) == ("pieces", "pixels", 10)
    assert len(info.text.shards) == len(info.image.shards) == (3 if encoded.root.name.startswith("three") else 1)
    assert sum(info.text.shards) == 5 and sum(info.image.shards) == 2  # each distinct one once
    store, (text, image) = ItemStore.open(out), factory.load_encoders(out)
    features = store.gather(np.arange(10))
    ids, lengths = text.tokenize(tf.constant([item["text"] or "" for item in items]))
    np.testing.assert_array_equal(features.text, ids)
    np.testing.assert_array_equal(features.text_length, lengths)
    assert features.has_image.tolist() == [True, True, True, True, *[False] * 5, True]
    np.testing.assert_array_equal(features.image[0], image.pixels(tf.constant(file_of(NINE))))
    np.testing.assert_array_equal(features.image[3, :, 0, 0], COLOURS[[6, 7, 8, 3, 4, 5, 0, 1, 2]])
    assert not features.image[~features.has_image].any()
    # the words of a pair that only judges alignment teach the vocabulary nothing
    assert isinstance(text.pieces, WordPieces)
    assert features.text[9, 1] == text.pieces.vocabulary.index("[UNK]")
    assert not any(name.endswith((".raw", ".part.json")) for name in os.listdir(out))
    assert not any("partial" in name for name in os.listdir(encoded.root))


def test_what_could_not_be_decoded_is_reported(encoded: Encoded) -> None:
    report = json.loads((encoded.root / "features" / "report.json").read_text())
    assert report["images_not_decoded"] == {"items": 4, "share": 0.4}
    assert report["items_with_image"] == 5 and report["distinct_texts"] == 5 and report["distinct_images"] == 2
    reasons = {fault["item_id"]: fault["reason"] for fault in report["examples"]}
    assert list(reasons) == ["i5", "i6", "i7", "i8"]
    assert reasons["i8"] == "not a JPEG, PNG, GIF, BMP or WebP file" and "JPEG" in reasons["i5"]
    assert "empty" in reasons["i6"] and "No such file" in reasons["i7"]
    with open(encoded.root / "features" / "quarantine.csv", encoding="utf-8", newline="") as file:
        rows = list(csv.DictReader(file))
    assert {row["item_id"]: row["reason"] for row in rows} == reasons
    assert [row["table_row"] for row in rows] == ["6", "7", "8", "9"]


def test_frozen_encoders_store_states(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(factory.IMAGE_ENCODERS, "mean_colour", lambda settings: MeanColour())
    items = make_items(tmp_path)
    write_dataset(str(tmp_path / "dataset"), items)
    preset = make_preset(tmp_path / "preset")
    wanted = settings(text={"name": "keras_nlp", "path": preset}, image={"name": "mean_colour"}, shard_items=4)
    wanted["precision"] = "float32"  # "auto" is what this machine, and its load, make faster
    info = encode_dataset(str(tmp_path / "dataset"), str(tmp_path / "features"), wanted)
    assert (info.text.kind, info.text.dim, info.image.kind, info.image.dim) == ("states", 8, "features", 3)
    features = ItemStore.open(str(tmp_path / "features")).gather(np.arange(10))
    text, _ = factory.load_encoders(str(tmp_path / "features"))
    states, lengths = text.encode([item["text"] or "" for item in items])
    np.testing.assert_allclose(features.text, states, atol=5e-3)  # stored as float16
    np.testing.assert_array_equal(features.text_length, lengths)
    np.testing.assert_array_equal(features.image[1], COLOURS)
    assert not (tmp_path / "features" / "vocabulary.txt").exists()
    make_preset(tmp_path / "preset", seed=2)  # other weights at the same place
    with pytest.raises(UserError, match=r"made by the text encoder .*; run python -m camenn_tf.encode"):
        check_features(str(tmp_path / "features"), str(tmp_path / "dataset"), wanted)
    with pytest.raises(UserError, match=r"text encoder 'keras_nlp' is .* now"):
        factory.load_encoders(str(tmp_path / "features"))


def test_same_input_same_files(three_shards: Encoded, tmp_path: Path) -> None:
    encode_dataset(three_shards.dataset, str(tmp_path / "again"), three_shards.settings)
    for path in (three_shards.root / "features").iterdir():
        if path.name != "report.json":  # that tells of speed
            assert path.read_bytes() == (tmp_path / "again" / path.name).read_bytes(), path.name


def test_the_content_is_the_same_wherever_files_lie(one_shard: Encoded, three_shards: Encoded) -> None:
    infos = [load_features_info(made.out) for made in (one_shard, three_shards)]
    assert infos[0].catalogue_fingerprint != infos[1].catalogue_fingerprint  # other paths and times
    assert infos[0].content_fingerprint == infos[1].content_fingerprint


def test_features_of_the_first_format_keep_their_fingerprint(one_shard: Encoded, tmp_path: Path) -> None:
    info = load_features_info(one_shard.out)
    info.save(str(tmp_path))
    path = tmp_path / "features.json"
    data = json.loads(path.read_text(encoding="utf-8"))
    del data["content_fingerprint"]
    path.write_text(json.dumps({**data, "format": 1}), encoding="utf-8")
    earlier = load_features_info(str(tmp_path))
    assert earlier == dataclasses.replace(info, content_fingerprint=info.catalogue_fingerprint)
    path.write_text(json.dumps({**data, "format": 3}), encoding="utf-8")
    with pytest.raises(UserError, match="another format than 2; run python"):
        load_features_info(str(tmp_path))


def test_a_run_refuses_features_that_do_not_fit(one_shard: Encoded, tmp_path: Path) -> None:
    dataset, out, wanted = one_shard.dataset, one_shard.out, one_shard.settings
    assert check_features(out, dataset, wanted).items == 10
    command = rf"run python -m camenn_tf.encode --dataset={dataset} --output={out}"
    frozen = {**wanted, "text": {**wanted["text"], "name": "keras_nlp"}}
    with pytest.raises(UserError, match=f"encode.text.name is keras_nlp; give the values .* or {command}"):
        check_features(out, dataset, frozen)
    with pytest.raises(UserError, match=f"made by the image encoder .*'patch_size': 10.*; {command}"):
        check_features(out, dataset, {**wanted, "image": {**wanted["image"], "patch_size": 12}})
    another = str(tmp_path / "another")
    write_dataset(another, one_shard.items, fingerprint="another")
    with pytest.raises(UserError, match=f"made from dataset prepared, but {another} is another; run python"):
        check_features(out, another, wanted)


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        ("{{function_node __wrapped__DecodeImage}} Unknown format. [Op:DecodeImage] name: ", "Unknown format."),
        (
            "Graph execution error:\n\nDetected at node DecodeImage defined at (most recent call last):\n"
            '  File "x.py", line 1, in f\n\nInvalid PNG data, size 60\n\t [[{{node DecodeImage}}]] [Op:__f_1]',
            "Invalid PNG data, size 60",
        ),
        ("", "not a picture"),
    ],
)
def test_reasons_are_readable(message: str, reason: str) -> None:
    assert reason_of(message) == reason
