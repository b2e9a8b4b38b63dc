"""The item store."""

from __future__ import annotations

import dataclasses
import json
import multiprocessing
from pathlib import Path

import numpy as np
import pytest

from camenn_tf.encoders.features_info import FeaturesInfo, ImageFeatures, TextFeatures
from camenn_tf.errors import UserError
from camenn_tf.inputs.item_store import ItemFeatures, ItemStore
from tests.inputs.item_store_writer import write_item_store

ITEMS = 40
LENGTHS = np.array([2, 5, 3, 7, 2, 4, 6])
TEXT_OF_ITEM = np.arange(ITEMS) * 3 % 7
IMAGE_OF_ITEM = np.where(np.arange(ITEMS) % 4 == 0, -1, np.arange(ITEMS) % 5)


def info(kind: str, image_kind: str) -> FeaturesInfo:
    text = TextFeatures(kind, 6, 9, {"name": "t"}, "t1")
    return FeaturesInfo(
        ITEMS, "d", "c", "cc", "float16", text, ImageFeatures(image_kind, 4, 5, (2, 3, 3), {"name": "i"}, "i1")
    )


def contents(kind: str, image_kind: str) -> tuple[list[np.ndarray], np.ndarray]:
    rng = np.random.default_rng(0)
    if kind == "states":
        texts = [rng.normal(size=(length, 6)).astype(np.float16) for length in LENGTHS]
    else:
        texts = [rng.integers(1, 99, length).astype(np.int32) for length in LENGTHS]
    if image_kind == "features":
        return texts, rng.normal(size=(5, 4, 5)).astype(np.float16)
    return texts, rng.integers(0, 256, (5, 4, 2, 3, 3)).astype(np.uint8)


def make(directory: Path, kind: str, image_kind: str, shard_items: int) -> ItemStore:
    texts, images = contents(kind, image_kind)
    write_item_store(str(directory), info(kind, image_kind), texts, TEXT_OF_ITEM, images, IMAGE_OF_ITEM, shard_items)
    return ItemStore.open(str(directory))


def naive(rows: np.ndarray, kind: str, image_kind: str) -> ItemFeatures:
    texts, images = contents(kind, image_kind)
    lengths = np.array([0 if row < 0 else LENGTHS[TEXT_OF_ITEM[row]] for row in rows], np.int32)
    tail = (6,) if kind == "states" else ()
    text = np.zeros((len(rows), lengths.max(initial=0), *tail), np.float32 if kind == "states" else np.int32)
    image = np.zeros((len(rows), *images.shape[1:]), np.float32 if image_kind == "features" else np.uint8)
    has_image = np.zeros(len(rows), bool)
    for place, row in enumerate(rows):
        if row < 0:
            continue
        text[place, : lengths[place]] = texts[TEXT_OF_ITEM[row]]
        if IMAGE_OF_ITEM[row] >= 0:
            image[place], has_image[place] = images[IMAGE_OF_ITEM[row]], True
    return ItemFeatures(text, lengths, image, has_image)


@pytest.mark.parametrize("kind", ["states", "pieces"])
@pytest.mark.parametrize("image_kind", ["features", "pixels"])
@pytest.mark.parametrize("shard_items", [1, 2, 3, 100])
def test_gathers_as_the_naive_form(tmp_path: Path, kind: str, image_kind: str, shard_items: int) -> None:
    store = make(tmp_path, kind, image_kind, shard_items)
    assert len(store) == ITEMS
    rng = np.random.default_rng(shard_items)
    for rows in (rng.integers(-1, ITEMS, 25), np.array([-1]), np.array([], int), np.array([4, 4, -1, 4])):
        got, expected = store.gather(rows), naive(rows, kind, image_kind)
        for name, value in expected._asdict().items():
            np.testing.assert_array_equal(getattr(got, name), value, err_msg=name)
            assert getattr(got, name).dtype == value.dtype, name


def test_padding_is_as_long_as_the_longest_of_these(tmp_path: Path) -> None:
    store = make(tmp_path, "pieces", "pixels", 3)
    short = np.flatnonzero(LENGTHS[TEXT_OF_ITEM] == 2)[:2]
    assert store.gather(short).text.shape == (2, 2)


@pytest.mark.parametrize(("kind", "image_kind"), [("states", "features"), ("pieces", "pixels")])
@pytest.mark.parametrize("left_out", ["text", "image"])
def test_texts_or_images_can_be_left_out(tmp_path: Path, kind: str, image_kind: str, left_out: str) -> None:
    store, rows = make(tmp_path, kind, image_kind, 3), np.array([4, -1, 7])
    got = store.gather(rows, texts=left_out != "text", images=left_out != "image")
    for name, value in store.gather(rows)._asdict().items():
        value = value[:, :0] if name == left_out else value
        np.testing.assert_array_equal(getattr(got, name), value, err_msg=name)
        assert getattr(got, name).shape == value.shape and getattr(got, name).dtype == value.dtype


@pytest.mark.parametrize("row", [-2, ITEMS])
def test_a_row_outside_the_catalogue(tmp_path: Path, row: int) -> None:
    with pytest.raises(IndexError, match="expected -1 to 39"):
        make(tmp_path, "states", "pixels", 3).gather(np.array([0, row]))


def _gather(directory: str, rows: list[int], queue: multiprocessing.Queue) -> None:
    queue.put([array.tolist() for array in ItemStore.open(directory).gather(np.array(rows))])


def test_a_fresh_process_reads_the_same(tmp_path: Path) -> None:
    store = make(tmp_path, "states", "features", 2)
    context = multiprocessing.get_context("spawn")
    queue: multiprocessing.Queue = context.Queue()
    process = context.Process(target=_gather, args=(str(tmp_path), [3, -1, 8], queue))
    process.start()
    assert queue.get(timeout=120) == [array.tolist() for array in store.gather(np.array([3, -1, 8]))]
    process.join()


def test_is_read_only_and_holds_no_copies(tmp_path: Path) -> None:
    store = make(tmp_path, "states", "features", 2)
    arrays = [store._text_of_item, store._image_of_item, store._text_offsets, *store._texts, *store._images]
    assert all(isinstance(array.base, np.memmap) and not array.flags.writeable for array in arrays)


def test_info_survives_the_file(tmp_path: Path) -> None:
    store = make(tmp_path, "states", "features", 3)
    assert store.info == dataclasses.replace(info("states", "features"), text=store.info.text, image=store.info.image)
    assert store.info.text.shards == (3, 3, 1) and store.info.image.shards == (3, 2)
    assert store.info.image.size == (2, 3, 3)


def test_what_is_not_there_says_how_to_make_it(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError, match=r"camenn_tf.encode"):
        ItemStore.open(str(tmp_path))
    make(tmp_path, "states", "features", 3)
    (tmp_path / "text-00001.npy").unlink()
    with pytest.raises(FileNotFoundError, match=r"text-00001.npy.*camenn_tf.encode again"):
        ItemStore.open(str(tmp_path))


def test_another_format_is_refused(tmp_path: Path) -> None:
    make(tmp_path, "states", "features", 3)
    data = json.loads((tmp_path / "features.json").read_text())
    (tmp_path / "features.json").write_text(json.dumps({**data, "format": 0}))
    with pytest.raises(UserError, match="another format"):
        ItemStore.open(str(tmp_path))
