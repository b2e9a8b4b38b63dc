"""Scores of a SavedModel in a process that knows nothing of this project equal those of the model itself."""

import base64
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from camenn_tf.serving.items import concatenate, padding_item
from camenn_tf.serving.saved_model import save
from tests.serving.small_shop import HISTORY, IMAGES, ITEM_IDS, TEXTS, Shop, make_shop, picture

CLOSE = 1e-5  # most that scores in and out of the SavedModel may differ
MATTERS = 10 * CLOSE  # least by which scores of an untrained model must differ for equality to say something

NAN = float("nan")
CROSS = "field_boughtx20before"
# price (cut at 9.5) and shop (hashed) of the catalogue, worked out by hand but for the hash
PRICE_IDS = [2, 3, 3, 0, 2]
Item = tuple[str, bytes, list[int]]


def shop_id(name: str) -> int:
    return 0 if not name else 2 + int(tf.strings.to_hash_bucket_fast(name, 7))


def known(item_id: str) -> Item:
    place = ITEM_IDS.index(item_id)
    shop = ["one", "two", "", "one", "three"][place]
    return TEXTS[place], IMAGES[place], [PRICE_IDS[place], shop_id(shop)]


UNKNOWN: Item = ("", b"", [0, 0])


def user(history: list[str], count: int, age: Any = 30.0, weather: Any = "sun", cross: Any = None) -> dict[str, Any]:
    return {
        "history_item_ids": history,
        "age": age,
        "weather": weather,
        CROSS: [2.0] * count if cross is None else cross,
    }


def rank(item_ids: list[str], **request: Any) -> tuple[str, dict[str, Any]]:
    return "rank", {"candidate_item_ids": item_ids, **request}


def rank_new(texts: list[str], images: list[bytes], price: list[float], shop: list[str], **request: Any) -> Any:
    return "rank_new", {"candidate_texts": texts, "candidate_images": images, "price": price, "shop": shop, **request}


LONG_TITLE = "pear tea bread " * 667
JPEG = picture((200, 30, 30))
BROKEN = [JPEG[:200], b"no picture at all", JPEG[:-30][::-1]]
PEAR = picture((90, 220, 90))
CASES: dict[str, tuple[str, dict[str, Any]]] = {
    "one": rank(["chai"], **user(["apple"], 1)),
    "many": rank(["chai", "apple", "bread", "d'or", "梨"], **user(["apple", "梨"], 5)),
    "default": ("serving_default", {"candidate_item_ids": ["chai"], **user(["apple"], 1)}),
    "none": rank([], **user(["apple"], 0)),
    "empty history": rank(["chai", "apple"], **user([], 2)),
    "long history": rank(["chai"], **user(["bread", "d'or", "梨", "apple", "chai"], 1)),
    "unknown history": rank(["chai"], **user(["who", "apple", "are you"], 1)),
    "unknown candidate": rank(["who", "chai"], **user(["apple"], 2)),
    "unseen values": rank(["chai"], **user(["apple"], 1, weather="snow")),
    "missing values": rank(["chai", "apple"], **user(["apple"], 2, age=NAN, weather="", cross=[NAN, 0.5])),
    "vectors of one": rank(["chai"], **user(["apple"], 1, age=[30.0], weather=["sun"])),
    "context by candidate": rank(["chai", "apple"], **user(["apple"], 2, weather=["sun", "rain"])),
    "at the boundary": rank(["chai"], **user(["apple"], 1, age=60.0, cross=[5.0])),
    "new as known": rank_new(
        TEXTS, IMAGES, [3, 9.5, 12, NAN, 4], ["one", "two", "", "one", "three"], **user(["梨"], 5)
    ),
    "known as new": rank(ITEM_IDS, **user(["梨"], 5)),
    "new": rank_new(["pear", ""], [PEAR, b""], [1.0, NAN], ["nine", ""], **user(["apple"], 2)),
    "broken": rank_new(["tea"] * 4, [*BROKEN, PEAR], [1.0] * 4, ["one"] * 4, **user(["apple"], 4)),
    "long title": rank_new([LONG_TITLE], [PEAR], [1.0], ["one"], **user([], 1)),
    "align": ("align", {"texts": [*TEXTS, "tea"], "images": [*IMAGES, BROKEN[0]]}),
    "embed": ("embed", {"texts": [*TEXTS, LONG_TITLE], "images": [*IMAGES, BROKEN[0]]}),
}


@pytest.fixture(scope="module")
def shop() -> Shop:
    return make_shop(field_logit=4, field_logit_content=True)


@pytest.fixture(scope="module")
def answers(shop: Shop, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What a fresh process says to every case."""
    directory = tmp_path_factory.mktemp("served")
    path = save(shop.recommender, str(directory / "model"), 7, {"items": len(ITEM_IDS)})
    assert path == str(directory / "model" / "7")
    requests = {
        name: {"signature": signature, "inputs": {key: encode(key, value) for key, value in inputs.items()}}
        for name, (signature, inputs) in CASES.items()
    }
    (directory / "requests.json").write_text(json.dumps(requests))
    script = Path(__file__).with_name("serve_alone.py")
    command = [sys.executable, str(script), path, str(directory / "requests.json"), str(directory / "answers.json")]
    done = subprocess.run(command, cwd=directory, env={**os.environ, "PYTHONPATH": ""}, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    answers: dict[str, Any] = json.loads((directory / "answers.json").read_text())
    answers["files"] = sorted(file.name for file in (directory / "model").iterdir())
    answers["description"] = json.loads((directory / "model/7/assets.extra/signatures.json").read_text())
    return answers


def encode(key: str, value: Any) -> dict[str, Any]:
    dtype = "float32" if key in ("age", "price", CROSS) else "string"
    shape = [len(value)] if isinstance(value, list) else []
    values = value if isinstance(value, list) else [value]
    if dtype == "string":
        values = [base64.b64encode(v if isinstance(v, bytes) else v.encode()).decode() for v in values]
    return {"dtype": dtype, "shape": shape, "values": values}


def tensors(inputs: dict[str, Any]) -> dict[str, tf.Tensor]:
    """A request for the recommender in this process."""
    return {key: tf.constant(value, encode(key, value)["dtype"]) for key, value in inputs.items()}


def expected(shop: Shop, fields: list[list[int]], history: list[Item], candidates: list[Item]) -> np.ndarray:
    """The model itself on a batch put together by hand."""
    every = [*history, *candidates]
    encoded = shop.encoder(
        tf.constant([item[0] for item in every], tf.string),
        tf.constant([item[1] for item in every], tf.string),
        tf.constant([item[2] for item in every], tf.int32),
    )
    count, bought = len(candidates), len(history)
    none = tf.zeros([0], tf.int32)
    batch = {
        **concatenate(padding_item(shop.spec), encoded),
        "fields": tf.constant(fields, tf.int32),
        "history": tf.constant([[0] * (HISTORY - bought) + list(range(1, 1 + bought))] * count, tf.int32),
        "target": tf.range(1 + bought, 1 + bought + count),
        "alignment_sample": none,
        "alignment_text": none,
        "alignment_image": none,
        "alignment_task": none,
    }
    cvr: np.ndarray = shop.model({tensor.name: batch[tensor.name] for tensor in shop.model.inputs})["cvr"].numpy()
    return cvr


# age 30 -> 3, sun -> 2, cross 2 -> 3
FIELDS = [3, 2, 3]
APPLE, CHAI, PEAR_TREE = known("apple"), known("chai"), known("梨")
EXPECTED: dict[str, tuple[list[list[int]], list[Item], list[Item]]] = {
    "one": ([FIELDS], [APPLE], [CHAI]),
    "default": ([FIELDS], [APPLE], [CHAI]),
    "many": ([FIELDS] * 5, [APPLE, PEAR_TREE], [CHAI, APPLE, known("bread"), known("d'or"), PEAR_TREE]),
    "empty history": ([FIELDS] * 2, [], [CHAI, APPLE]),
    "long history": ([FIELDS], [PEAR_TREE, APPLE, CHAI], [CHAI]),
    "unknown history": ([FIELDS], [APPLE], [CHAI]),
    "unknown candidate": ([FIELDS] * 2, [APPLE], [UNKNOWN, CHAI]),
    "unseen values": ([[3, 1, 3]], [APPLE], [CHAI]),
    "missing values": ([[0, 0, 0], [0, 0, 2]], [APPLE], [CHAI, APPLE]),
    "vectors of one": ([FIELDS], [APPLE], [CHAI]),
    "context by candidate": ([[3, 2, 3], [3, 3, 3]], [APPLE], [CHAI, APPLE]),
    "at the boundary": ([[4, 2, 4]], [APPLE], [CHAI]),
    "new as known": ([FIELDS] * 5, [PEAR_TREE], [known(item) for item in ITEM_IDS]),
    "known as new": ([FIELDS] * 5, [PEAR_TREE], [known(item) for item in ITEM_IDS]),
    "new": ([FIELDS] * 2, [APPLE], [("pear", PEAR, [2, shop_id("nine")]), UNKNOWN]),
    "broken": ([FIELDS] * 4, [APPLE], [("tea", image, [2, shop_id("one")]) for image in (b"", b"", b"", PEAR)]),
    "long title": ([FIELDS], [], [("pear tea", PEAR, [2, shop_id("one")])]),
}


@pytest.mark.parametrize("name", sorted(EXPECTED))
def test_cvr_equals_the_model_itself(name: str, shop: Shop, answers: dict[str, Any]) -> None:
    np.testing.assert_allclose(answers[name]["cvr"], expected(shop, *EXPECTED[name]), rtol=0, atol=CLOSE)


def test_what_goes_in_matters(answers: dict[str, Any]) -> None:
    """Cases that must differ do, so that equality above says something."""
    one = answers["one"]["cvr"][0]
    for other in ("long history", "unseen values", "at the boundary"):
        assert abs(answers[other]["cvr"][0] - one) > MATTERS, other
    for name in ("many", "unknown candidate", "new", "context by candidate", "missing values"):
        assert np.ptp(answers[name]["cvr"]) > MATTERS, name
    assert abs(answers["empty history"]["cvr"][0] - one) > MATTERS
    broken = answers["broken"]["cvr"]
    assert broken[0] == broken[1] == broken[2] and abs(broken[3] - broken[0]) > MATTERS


def test_no_candidates_no_scores(answers: dict[str, Any]) -> None:
    assert answers["none"] == {"cvr": []}


def test_the_process_knew_only_tensorflow(answers: dict[str, Any]) -> None:
    assert answers["modules"] == []
    assert answers["signatures"] == ["align", "embed", "rank", "rank_new", "serving_default"]


def test_nothing_is_left_beside_the_version(answers: dict[str, Any]) -> None:
    assert answers["files"] == ["7"]


def test_description_names_every_input(answers: dict[str, Any]) -> None:
    description = answers["description"]
    assert description["items"] == 5 and description["default"] == "rank"
    assert set(description["inputs"]["rank"]) == set(CASES["one"][1])
    assert set(description["inputs"]["rank_new"]) == set(CASES["new"][1])
    assert description["inputs"]["rank"]["age"] == {"dtype": "float32", "shape": "any"}
    assert description["inputs"]["align"]["images"] == {"dtype": "string", "shape": [None]}


def test_align_equals_the_model_itself(shop: Shop, answers: dict[str, Any]) -> None:
    texts, images = [*TEXTS, "tea"], [*IMAGES, b""]
    scores = pair_scores(shop, texts, images, list(range(1, 7)), list(range(1, 7)))
    for task in ("ita", "tia"):
        np.testing.assert_allclose(answers["align"][task], scores[task], rtol=0, atol=CLOSE)
        assert np.ptp(scores[task]) > 1e-3


def pair_scores(shop: Shop, texts: list[str], images: list[bytes], left: list[int], right: list[int]) -> dict[str, Any]:
    fields = tf.zeros([len(texts), 2], tf.int32)
    batch = {
        **concatenate(padding_item(shop.spec), shop.encoder(tf.constant(texts), tf.constant(images), fields)),
        "fields": tf.zeros([0, 3], tf.int32),
        "history": tf.zeros([0, HISTORY], tf.int32),
        "target": tf.zeros([0], tf.int32),
        "alignment_sample": tf.fill([len(left)], -1),
        "alignment_text": tf.constant(left),
        "alignment_image": tf.constant(right),
        "alignment_task": tf.fill([len(left)], 2),
    }
    outputs = shop.model({tensor.name: batch[tensor.name] for tensor in shop.model.inputs})
    return {task: outputs[task].numpy() for task in ("ita", "tia")}


def test_embeddings_do_not_see_the_other_side(shop: Shop, answers: dict[str, Any]) -> None:
    text, image = (np.array(answers["embed"][f"{side}_embedding"]) for side in ("text", "image"))
    assert text.shape == image.shape == (6, 8)
    assert not image[2].any() and not image[5].any()  # none, and a broken one
    assert np.ptp(text, axis=0).max() > 1e-2 and np.ptp(image[[0, 1, 3, 4]], axis=0).max() > 1e-2
    mixed = tensors({"texts": TEXTS[::-1], "images": IMAGES})
    swapped = shop.recommender.embed(mixed)
    np.testing.assert_allclose(swapped["text_embedding"][::-1], text[:5], atol=1e-5)
    np.testing.assert_allclose(swapped["image_embedding"], image[:5], atol=1e-5)


def test_embedding_is_the_mean_of_the_shared_bottom(shop: Shop, answers: dict[str, Any]) -> None:
    """The text of one item alone in a batch: every token of the only row is a text token."""
    model = shop.model
    items = concatenate(
        padding_item(shop.spec), shop.encoder(tf.constant(["red apple"]), tf.constant([""]), tf.zeros([1, 2], tf.int32))
    )
    batch = {
        **items,
        "fields": tf.zeros([0, 3], tf.int32),
        "history": tf.zeros([0, HISTORY], tf.int32),
        "target": tf.zeros([0], tf.int32),
        "alignment_sample": tf.constant([-1]),
        "alignment_text": tf.constant([1]),
        "alignment_image": tf.constant([1]),
        "alignment_task": tf.constant([2]),
    }
    bottom = type(model)(model.inputs, model.get_layer("shared_bottom").output)
    tokens = bottom([batch[tensor.name] for tensor in model.inputs]).numpy()
    assert len(tokens) == int(items["items_text_length"][1])
    np.testing.assert_allclose(answers["embed"]["text_embedding"][0], tokens.mean(axis=0), atol=1e-5)
