"""Catalogue to features."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from camenn_tf.config import default_config
from camenn_tf.encoders import factory
from camenn_tf.encoders.encode_images import reason_of
from camenn_tf.encoders.encoding import encode_dataset
from camenn_tf.encoders.features_check import check_features
from camenn_tf.encoders.image_encoder import ImageEncoder
from camenn_tf.errors import UserError
from camenn_tf.inputs.item_store import ItemStore
from tests.encoders.picture_files import COLOURS, file_of, nine_colours
from tests.encoders.small_dataset import write_dataset
from tests.encoders.test_keras_nlp_text import make_preset

NINE = nine_colours()


class MeanColour(ImageEncoder):
    """A frozen encoder that a test can follow: the mean colour of a patch."""

    name = "mean_colour"
    trains_along = False
    grid, dim, patch_shape = 3, 3, (4, 4, 3)
    config = {"name": "mean_colour"}  # noqa: RUF012
    fingerprint = "mean"

    @property
    def model(self) -> keras.Model:
        pixels = keras.Input([9, 4, 4, 3], dtype="uint8")
        return keras.Model(pixels, keras.ops.mean(keras.ops.cast(pixels, "float32"), axis=(2, 3)))


@pytest.fixture(autouse=True)
def _mean_colour(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    monkeypatch.setitem(factory.IMAGE_ENCODERS, "mean_colour", lambda settings: MeanColour())
    yield


def settings(**changes: Any) -> dict[str, Any]:
    encode: dict[str, Any] = default_config().encode.to_dict()
    encode["text"] |= {"max_pieces": 6, "vocabulary_size": 60, "dim": 8} | changes.pop("text", {})
    encode["image"] |= {"patch_size": 10} | changes.pop("image", {})
    return {**encode, "batch_size": 2, **changes}


def make_items(tmp_path: Path) -> list[dict[str, Any]]:
    """Two items with one picture under two names, bytes of the same picture, and all that can be wrong."""
    files = {
        "nine.png": file_of(NINE),
        "copy.png": file_of(NINE),
        "turned.png": file_of(np.ascontiguousarray(NINE[::-1])),
        "cut.jpg": file_of(nine_colours(90, 90), "JPEG")[:400],
        "empty.jpg": b"",
    }
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    paths = {name: str(tmp_path / name) for name in files}
    return [
        {"text": "fresh apples", "image_path": paths["nine.png"]},
        {"text": "红富士 apple", "image_path": paths["copy.png"]},
        {"text": "fresh apples", "image_bytes": file_of(NINE)},
        {"text": "", "image_path": paths["turned.png"]},
        {"text": None},
        {"text": "fresh", "image_path": paths["cut.jpg"]},
        {"text": "fresh", "image_path": paths["empty.jpg"]},
        {"text": "fresh", "image_path": str(tmp_path / "missing.jpg")},
        {"text": "fresh", "image_bytes": b"no picture"},
        {"text": "zzz qqq", "image_path": paths["nine.png"], "alignment_split": "test"},
    ]


@pytest.mark.parametrize(("shards", "shard_items"), [(1, 65536), (3, 4)])
def test_pieces_and_pixels(tmp_path: Path, shards: int, shard_items: int) -> None:
    items = make_items(tmp_path)
    write_dataset(str(tmp_path / "dataset"), items, shards)
    out = str(tmp_path / "features")
    info = encode_dataset(str(tmp_path / "dataset"), out, settings(shard_items=shard_items))
    assert (info.text.kind, info.image.kind, info.items) == ("pieces", "pixels", 10)
    assert len(info.text.shards) == len(info.image.shards) == (3 if shards == 3 else 1)
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
    assert features.text[9, 1] == text.word_pieces.vocabulary.index("[UNK]")
    assert not any(name.endswith((".raw", ".part.json", ".new")) for name in os.listdir(out))


def test_what_could_not_be_decoded_is_reported(tmp_path: Path) -> None:
    write_dataset(str(tmp_path / "dataset"), make_items(tmp_path))
    encode_dataset(str(tmp_path / "dataset"), str(tmp_path / "features"), settings())
    report = json.loads((tmp_path / "features" / "report.json").read_text())
    assert report["images_not_decoded"] == {"items": 4, "share": 0.4}
    assert report["items_with_image"] == 5 and report["distinct_texts"] == 5 and report["distinct_images"] == 2
    reasons = {fault["item_id"]: fault["reason"] for fault in report["examples"]}
    assert list(reasons) == ["i5", "i6", "i7", "i8"]
    assert "JPEG" in reasons["i5"] and "Unknown image file format" in reasons["i6"] and "No such file" in reasons["i7"]


def test_frozen_encoders_store_states(tmp_path: Path) -> None:
    items = make_items(tmp_path)
    write_dataset(str(tmp_path / "dataset"), items)
    preset = make_preset(tmp_path / "preset")
    wanted = settings(text={"name": "keras_nlp", "path": preset}, image={"name": "mean_colour"}, shard_items=4)
    info = encode_dataset(str(tmp_path / "dataset"), str(tmp_path / "features"), wanted)
    assert (info.text.kind, info.text.dim, info.image.kind, info.image.dim) == ("states", 8, "features", 3)
    features = ItemStore.open(str(tmp_path / "features")).gather(np.arange(10))
    text, _ = factory.load_encoders(str(tmp_path / "features"))
    states, lengths = text.encode([item["text"] or "" for item in items])
    np.testing.assert_allclose(features.text, states, atol=5e-3)  # stored as float16
    np.testing.assert_array_equal(features.text_length, lengths)
    np.testing.assert_array_equal(features.image[1], COLOURS)
    assert not (tmp_path / "features" / "vocabulary.txt").exists()


def test_same_input_same_files(tmp_path: Path) -> None:
    write_dataset(str(tmp_path / "dataset"), make_items(tmp_path))
    for name in ("one", "two"):
        encode_dataset(str(tmp_path / "dataset"), str(tmp_path / name), settings(shard_items=4))
    for path in (tmp_path / "one").iterdir():
        assert path.read_bytes() == (tmp_path / "two" / path.name).read_bytes(), path.name


def test_unchanged_features_are_kept_and_changed_ones_replaced(tmp_path: Path) -> None:
    items, dataset, out = make_items(tmp_path), str(tmp_path / "dataset"), str(tmp_path / "features")
    write_dataset(dataset, items)
    encode_dataset(dataset, out, settings())
    shard = tmp_path / "features" / "text-00000.npy"
    written = shard.stat().st_mtime_ns
    # another split or history length: the catalogue is as it was
    write_dataset(dataset, items, fingerprint="prepared again")
    assert encode_dataset(dataset, out, settings()).dataset_fingerprint == "prepared again"
    assert shard.stat().st_mtime_ns == written
    check_features(out, dataset, settings())
    # another encoder, another text, another picture under the same name
    for change in ("encoder", "text", "picture"):
        if change == "text":
            items[0]["text"] = "juice"
        if change == "picture":
            (tmp_path / "nine.png").write_bytes(file_of(np.zeros((9, 9, 3), np.uint8)))
        write_dataset(dataset, items)
        encode_dataset(dataset, out, settings(text={"max_pieces": 5}))
        assert shard.stat().st_mtime_ns > written, change
        written = shard.stat().st_mtime_ns
    assert not ItemStore.open(out).gather(np.array([0])).image.any()
    assert sorted(path.name for path in tmp_path.iterdir() if "features" in path.name) == ["features"]


def test_other_content_is_not_overwritten(tmp_path: Path) -> None:
    write_dataset(str(tmp_path / "dataset"), make_items(tmp_path))
    with pytest.raises(UserError, match="holds something else than features"):
        encode_dataset(str(tmp_path / "dataset"), str(tmp_path / "dataset"), settings())


def test_a_failed_run_leaves_nothing(tmp_path: Path) -> None:
    write_dataset(str(tmp_path / "dataset"), [{"text": ""}])
    with pytest.raises(UserError, match="no item has a text"):
        encode_dataset(str(tmp_path / "dataset"), str(tmp_path / "features"), settings())
    assert [path.name for path in tmp_path.iterdir()] == ["dataset"]


def test_a_run_refuses_features_that_do_not_fit(tmp_path: Path) -> None:
    dataset, out = str(tmp_path / "dataset"), str(tmp_path / "features")
    write_dataset(dataset, make_items(tmp_path))
    preset = make_preset(tmp_path / "preset")
    wanted = settings(text={"name": "keras_nlp", "path": preset})
    encode_dataset(dataset, out, wanted)
    assert check_features(out, dataset, wanted).items == 10
    command = rf"run python -m camenn_tf.encode --dataset={dataset} --output={out}"
    with pytest.raises(UserError, match=f"encode.text.name is scratch; {command}"):
        check_features(out, dataset, settings())
    with pytest.raises(UserError, match=f"made by the image encoder .*'patch_size': 10.*; {command}"):
        check_features(out, dataset, {**wanted, "image": {**wanted["image"], "patch_size": 12}})
    make_preset(tmp_path / "preset", seed=2)  # other weights at the same place
    with pytest.raises(UserError, match=f"made by the text encoder .*; {command}"):
        check_features(out, dataset, wanted)
    with pytest.raises(UserError, match=r"text encoder 'keras_nlp' is .* now"):
        factory.load_encoders(out)
    write_dataset(dataset, make_items(tmp_path), fingerprint="another")
    with pytest.raises(UserError, match=f"made from dataset prepared, but .* is another; {command}"):
        check_features(out, dataset, wanted)


@pytest.mark.parametrize(
    ("message", "reason"),
    [
        (
            "{{function_node __wrapped__DecodeImage}} Unknown image file format. [Op:DecodeImage] name: ",
            "Unknown image file format.",
        ),
        (
            "Graph execution error:\n\nDetected at node DecodeImage defined at (most recent call last):\n"
            '  File "x.py", line 1, in f\n\nInvalid PNG data, size 60\n\t [[{{node DecodeImage}}]] [Op:__inference_f_1]',
            "Invalid PNG data, size 60",
        ),
        ("", "not a picture"),
    ],
)
def test_reasons_are_readable(message: str, reason: str) -> None:
    assert reason_of(message) == reason
