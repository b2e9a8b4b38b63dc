"""A catalogue too large for the SavedModel: requests bring the features of the items they name."""

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from camenn_tf.serving.field_inputs import FieldInputs
from tests.serving.small_shop import IMAGES, ITEM_FIELDS, ITEM_IDS, PRICES, SHOPS, TEXTS, Shop, make_shop, make_table


@pytest.fixture(autouse=True)
def eager() -> Iterator[None]:
    """Nothing is exported here, so nothing need be traced."""
    tf.config.run_functions_eagerly(True)
    yield
    tf.config.run_functions_eagerly(False)


@pytest.fixture(scope="module")
def shop() -> Shop:
    return make_shop(frozen=True, inside=False)


@pytest.fixture(scope="module")
def inside(shop: Shop) -> Shop:
    """The same model with the catalogue inside."""
    made = make_shop(frozen=True, inside=True)
    made.model.set_weights(shop.model.get_weights())
    return made


def test_signature_asks_for_features(shop: Shop) -> None:
    specs = shop.recommender.specs()
    features = {"feature_item_ids", "items_text", "items_text_length", "items_image", "items_has_image"}
    assert features | {"price", "shop", "candidate_item_ids"} < set(specs["rank"])
    assert features < set(specs["rank_new"]) and "candidate_item_ids" not in specs["rank_new"]
    assert set(specs["embed"]) == set(specs["align"]) == {"texts", "images"}


def test_scores_are_those_of_a_catalogue_inside(shop: Shop, inside: Shop) -> None:
    order = [3, 0, 4, 2]  # the items this request brings; bread (1) is not among them
    stored = make_table(shop.spec, shop.encoder, FieldInputs(ITEM_FIELDS, {})).gather(tf.constant(order, tf.int64))
    user = {
        "age": tf.constant(70.0),
        "weather": tf.constant("rain"),
        "field_boughtx20before": tf.constant([1.0, 0.0, 7.0]),
        "history_item_ids": tf.constant(["apple", "who", "梨"]),
    }
    candidates = [2, 0, 3]
    request = {
        **user,
        **{key: stored[key] for key in ("items_text", "items_text_length", "items_image", "items_has_image")},
        "feature_item_ids": tf.constant([ITEM_IDS[place] for place in order]),
        "candidate_item_ids": tf.constant([ITEM_IDS[place] for place in candidates]),
        "price": tf.constant([PRICES[place] for place in candidates]),
        "shop": tf.constant([SHOPS[place] for place in candidates]),
    }
    scores = shop.recommender.rank(request)["cvr"].numpy()
    known = {**user, "candidate_item_ids": request["candidate_item_ids"]}
    np.testing.assert_allclose(scores, inside.recommender.rank(known)["cvr"], atol=1e-6)
    assert np.ptp(scores) > 1e-3
    # Encoded anew, the frozen features are rounded as the stored ones were.
    new = {
        **{key: value for key, value in request.items() if key != "candidate_item_ids"},
        "candidate_texts": tf.constant([TEXTS[place] for place in candidates]),
        "candidate_images": tf.constant([IMAGES[place] for place in candidates]),
    }
    np.testing.assert_allclose(shop.recommender.rank_new(new)["cvr"], scores, atol=1e-5)


def test_models_of_behaviour_get_the_fields_of_bought_items() -> None:
    outside, inside = make_shop(frozen=True, inside=False, name="din"), make_shop(frozen=True, name="din")
    inside.model.set_weights(outside.model.get_weights())
    specs = outside.recommender.specs()["rank"]
    assert {"feature_item_ids", "items_fields"} < set(specs) and specs["items_fields"].shape.as_list() == [None, 2]
    # texts and pictures it does not read, nor do requests bring them
    assert not {"items_text", "items_text_length", "items_image", "items_has_image"} & set(specs)
    order, candidates = [3, 0, 4, 2], [2, 0, 3]
    stored = make_table(outside.spec, outside.encoder, FieldInputs(ITEM_FIELDS, {})).gather(
        tf.constant(order, tf.int64)
    )
    known = {
        "age": tf.constant(70.0),
        "weather": tf.constant("rain"),
        "field_boughtx20before": tf.constant([1.0, 0.0, 7.0]),
        "history_item_ids": tf.constant(["apple", "who", "梨"]),
        "candidate_item_ids": tf.constant([ITEM_IDS[place] for place in candidates]),
    }
    request = {
        **known,
        "feature_item_ids": tf.constant([ITEM_IDS[place] for place in order]),
        "items_fields": stored["items_fields"],
        "price": tf.constant([PRICES[place] for place in candidates]),
        "shop": tf.constant([SHOPS[place] for place in candidates]),
    }
    scores = outside.recommender.rank(request)["cvr"].numpy()
    np.testing.assert_allclose(scores, inside.recommender.rank(known)["cvr"], atol=1e-6)
    blank = outside.recommender.rank({**request, "items_fields": tf.zeros_like(request["items_fields"])})["cvr"]
    assert np.abs(scores - blank).max() > 1e-3  # else equality would say nothing


def test_a_model_of_the_candidate_alone_asks_for_no_features() -> None:
    recommender = make_shop(frozen=True, inside=False, name="fm").recommender
    names = {"history_item_ids", "candidate_item_ids", "age", "weather", "field_boughtx20before", "price", "shop"}
    assert set(recommender.specs()["rank"]) == names
    request = {
        "age": tf.constant(70.0),
        "weather": tf.constant("rain"),
        "field_boughtx20before": tf.constant([1.0, 0.0]),
        "history_item_ids": tf.constant(["apple"]),
        "candidate_item_ids": tf.constant(["apple", "who"]),
        "price": tf.constant([3.0, 12.0]),
        "shop": tf.constant(["one", "two"]),
    }
    assert np.ptp(recommender.rank(request)["cvr"]) > 1e-3


def test_unnamed_candidates_have_no_text_and_image(shop: Shop, inside: Shop) -> None:
    user = {
        "age": tf.constant(70.0),
        "weather": tf.constant("rain"),
        "field_boughtx20before": tf.constant([1.0]),
        "history_item_ids": tf.constant([], tf.string),
    }
    request = {
        **user,
        "feature_item_ids": tf.constant([], tf.string),
        "items_text": tf.zeros([0, 0, 8]),
        "items_text_length": tf.zeros([0], tf.int32),
        "items_image": tf.zeros([0, 4, 8]),
        "items_has_image": tf.zeros([0], tf.bool),
        "candidate_item_ids": tf.constant(["apple"]),
        "price": tf.constant([float("nan")]),
        "shop": tf.constant([""]),
    }
    unknown = inside.recommender.rank({**user, "candidate_item_ids": tf.constant(["who"])})
    np.testing.assert_allclose(shop.recommender.rank(request)["cvr"], unknown["cvr"], atol=1e-6)


@pytest.mark.parametrize("left_out", ["use_text", "use_images"])
def test_features_that_the_model_does_not_use_change_nothing(left_out: str) -> None:
    request = {
        "age": tf.constant(70.0),
        "weather": tf.constant("rain"),
        "field_boughtx20before": tf.constant([1.0, 1.0]),
        "history_item_ids": tf.constant(["one"]),
        "feature_item_ids": tf.constant(["one", "two"]),
        "items_text": tf.random.stateless_normal([2, 3, 8], [1, 2]),
        "items_text_length": tf.constant([3, 2]),
        "items_image": tf.random.stateless_normal([2, 4, 8], [3, 4]),
        "items_has_image": tf.constant([True, True]),
        "candidate_item_ids": tf.constant(["one", "two"]),
        "price": tf.constant([3.0, 3.0]),
        "shop": tf.constant(["one", "one"]),
    }
    settings: dict[str, Any] = {left_out: False}
    recommender = make_shop(frozen=True, inside=False, **settings).recommender
    keys = {"use_text": ("items_text", "items_image"), "use_images": ("items_image", "items_text")}[left_out]
    same, other = ({**request, key: 2.0 * request[key]} for key in keys)
    score = recommender.rank(request)["cvr"]
    np.testing.assert_array_equal(recommender.rank(same)["cvr"], score)
    assert np.abs(recommender.rank(other)["cvr"] - score).max() > 1e-4
