"""Raw values to ids, by the preparation's rules."""

import numpy as np
import pyarrow as pa
import pytest
import tensorflow as tf
from hypothesis import example, given, settings
from hypothesis import strategies as st

from camenn_tf.dataset.dataset_info import FieldInfo
from camenn_tf.dataset.encoding import FieldEncoder
from camenn_tf.serving.field_inputs import FieldInputs, input_name
from camenn_tf.serving.value_ids import ValueIds

WORDS = ["sun", "rain", "", "雪", "snow", "Sun", " sun"]
NUMBERS = [float("nan"), -1e9, 0.0, 0.09, 0.1, 0.3, 1e12, float("inf")]


def test_categorical_ids() -> None:
    field = FieldInfo("weather", "context", "categorical", 5, vocabulary="w")
    ids = ValueIds(field, ["sun", "rain", "雪"])(tf.constant(WORDS)).numpy().tolist()
    assert ids == [2, 3, 0, 4, 1, 1, 1]


def test_numeric_ids() -> None:
    field = FieldInfo("age", "user", "numeric", 5, boundaries=(0.0, 0.1))
    assert ValueIds(field)(tf.constant(NUMBERS)).numpy().tolist() == [0, 2, 3, 3, 4, 4, 4, 4]
    no_cuts = FieldInfo("age", "user", "numeric", 3, boundaries=())
    assert ValueIds(no_cuts)(tf.constant(NUMBERS[:3])).numpy().tolist() == [0, 2, 2]


def test_an_empty_vocabulary_knows_nothing() -> None:
    field = FieldInfo("weather", "context", "categorical", 2, vocabulary="w")
    assert ValueIds(field, [])(tf.constant(["", "sun"])).numpy().tolist() == [0, 1]


@pytest.mark.parametrize(
    "field",
    [
        FieldInfo("shop", "item", "hashed", 2 + 11),
        FieldInfo("weather", "context", "categorical", 4, vocabulary="w"),
        FieldInfo("age", "user", "numeric", 6, boundaries=(-2.5, 0.1, 0.3)),
    ],
)
def test_ids_are_those_of_the_preparation(field: FieldInfo) -> None:
    values = ["sun", "雪"] if field.kind == "categorical" else []
    if field.kind == "numeric":
        prepared = FieldEncoder(field)(np.array(NUMBERS))
        served = ValueIds(field)(tf.constant(NUMBERS))
    else:
        prepared = FieldEncoder(field, values)(pa.array([word or None for word in WORDS]))
        served = ValueIds(field, values)(tf.constant(WORDS))
    assert served.numpy().tolist() == prepared.tolist()
    assert max(prepared) < field.size


NUMBER = st.floats() | st.integers(1_500_000_000, 1_500_000_200).map(float)  # 128 of these round to one float32


@given(st.lists(NUMBER, max_size=20), st.sets(NUMBER, max_size=6))
@settings(max_examples=200, deadline=None)
@example([1500000040.0, 0.1, 3e-39, -3e-39, 1e300], {1500000050.0, 0.1 + 1e-9, 0.0, 2e-39, 1e301})
def test_every_number_is_served_with_the_id_of_the_preparation(numbers: list[float], cuts: set[float]) -> None:
    boundaries = tuple(sorted(cut for cut in cuts if not np.isnan(cut)))
    field = FieldInfo("time", "context", "numeric", 3 + len(boundaries), boundaries=boundaries)
    values = np.array(numbers, np.float64)  # neighbours of the boundaries on either side, too
    with np.errstate(over="ignore"):
        values = np.concatenate([values, *(np.nextafter(boundaries, to) for to in (-np.inf, np.inf)), boundaries])
        served = ValueIds(field)(tf.constant(values, tf.float32)).numpy()
    np.testing.assert_array_equal(FieldEncoder(field)(values), served)
    assert ((served == 0) == np.isnan(values)).all() and served.max(initial=0) < field.size


def test_input_names_are_plain_and_distinct() -> None:
    assert input_name("age") == "age"
    assert input_name("bought before") == "field_boughtx20before"
    assert input_name("天气") == "field_x5929x6c14"
    assert input_name("texts") == "field_texts"
    assert input_name("items_text") == "field_items_text"
    assert input_name("field_texts") == "field_field_texts"


def test_one_value_holds_for_every_row() -> None:
    fields = (
        FieldInfo("age", "user", "numeric", 4, boundaries=(18.0, 60.0)),
        FieldInfo("count", "cross", "numeric", 3, boundaries=(1.0,)),
    )
    inputs = FieldInputs(fields, {})
    for age in (tf.constant(20.0), tf.constant([20.0])):
        ids = inputs.ids({"age": age, "count": tf.constant([0.0, 1.0])}, tf.constant(2))
        assert ids.numpy().tolist() == [[3, 2], [3, 3]]
    assert FieldInputs((), {}).ids({}, tf.constant(2)).shape == [2, 0]
    with pytest.raises(tf.errors.InvalidArgumentError):
        inputs.ids({"age": tf.constant(20.0), "count": tf.constant([0.0, 1.0, 2.0])}, tf.constant(2))


def test_description_says_what_missing_is() -> None:
    inputs = FieldInputs((FieldInfo("a b", "user", "numeric", 3, boundaries=()),), {})
    assert inputs.describe() == {"field_ax20b": {"field": "a b", "group": "user", "kind": "numeric", "missing": "NaN"}}
