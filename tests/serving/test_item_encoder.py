"""What is encoded of a request, and what is not."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from camenn_tf.serving.item_table import ItemTable
from camenn_tf.serving.recommender import Recommender
from tests.serving.small_shop import IMAGES, TEXTS, make_shop


@pytest.fixture
def eager() -> Iterator[None]:
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


def test_the_image_network_sees_pictures_alone_and_stays_finite(eager: None, monkeypatch: pytest.MonkeyPatch) -> None:
    shop = make_shop(frozen=True, inside=False)
    images, seen = shop.encoder._image_encoder, []

    def network(pixels: tf.Tensor, training: bool) -> tf.Tensor:
        seen.append(len(pixels))
        return tf.reduce_mean(tf.cast(pixels, tf.float32), [2, 3, 4], keepdims=False)[..., tf.newaxis] * tf.fill(
            [8], 1e4
        )

    monkeypatch.setattr(
        shop.encoder, "_image_encoder", SimpleNamespace(pixels_or_none=images.pixels_or_none, model=network)
    )
    fields = tf.zeros([3, 2], tf.int32)
    items = shop.encoder(tf.constant(TEXTS[:3]), tf.constant([b"", IMAGES[0], b"no picture"]), fields)
    assert seen == [1] and items["items_has_image"].numpy().tolist() == [False, True, False]
    image = items["items_image"].numpy()
    assert image.shape == (3, 4, 8) and not image[[0, 2]].any()
    assert image[1].max() == np.finfo(np.float16).max  # as far as stored features go


def test_requests_that_bring_features_encode_nothing(eager: None, monkeypatch: pytest.MonkeyPatch) -> None:
    recommender = make_shop(frozen=True, inside=False).recommender
    request = {
        "age": tf.constant(70.0),
        "weather": tf.constant("rain"),
        "field_boughtx20before": tf.constant([1.0]),
        "history_item_ids": tf.constant(["apple"]),
        "feature_item_ids": tf.constant(["apple"]),
        "items_text": tf.ones([1, 3, 8]),
        "items_text_length": tf.constant([3]),
        "items_image": tf.ones([1, 4, 8]),
        "items_has_image": tf.constant([True]),
        "candidate_item_ids": tf.constant(["apple"]),
        "price": tf.constant([3.0]),
        "shop": tf.constant(["one"]),
    }
    encoder, counts = recommender._encoder, []

    def spy(texts: tf.Tensor, images: tf.Tensor, fields: tf.Tensor) -> Any:
        counts.append(len(texts))
        return encoder(texts, images, fields)

    monkeypatch.setattr(recommender, "_encoder", spy)
    recommender.rank(request)
    assert counts == []
    new = {**request, "candidate_texts": tf.constant([TEXTS[0]]), "candidate_images": tf.constant([IMAGES[0]])}
    recommender.rank_new(new)
    recommender.align({"texts": tf.constant(TEXTS[:2]), "images": tf.constant(IMAGES[:2])})
    assert counts == [1, 2]
    assert (
        recommender.align({"texts": tf.constant([], tf.string), "images": tf.constant([], tf.string)})["ita"].shape == 0
    )


def test_a_model_of_fields_decodes_and_keeps_no_contents() -> None:
    def has_images(recommender: Recommender) -> tuple[bool, bool, bool]:
        """Whether there is decoding in the graph, a stored image in the table, a network to make one of a picture."""
        graph = recommender._encoder._traced.get_concrete_function().graph
        assert isinstance(recommender._table, ItemTable)
        stored = any(tuple(variable.shape[1:]) == (4, 8) for variable in recommender._table.variables)
        return "Decode" in str(graph.as_graph_def()), stored, bool(recommender._encoder.variables)

    assert has_images(make_shop(frozen=True).recommender) == (True, True, True)
    assert has_images(make_shop(frozen=True, name="din").recommender) == (False, False, False)
