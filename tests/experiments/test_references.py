"""The reference rows: fields as boosting sees them, and rows that come out as they must."""

import numpy as np
import pyarrow as pa

from camenn_tf.dataset.dataset_info import DatasetInfo, FieldInfo
from camenn_tf.dataset.schema import Field, Schema
from experiments.reference_rows import boosting_row, judge, observed_columns, true_columns

SCHEMA = Schema((Field("user_id", "user"), Field("hour", "context", "numeric"), Field("shelf", "item")))
INFO = DatasetInfo(
    schema=SCHEMA,
    fields=(
        FieldInfo("user_id", "user", "categorical", 1000),
        FieldInfo("hour", "context", "numeric", 6),
        FieldInfo("shelf", "item", "categorical", 5),
    ),
    history_length=5,
    catalogue_items=2,
    catalogue_shards=(),
    splits={},
    settings={},
    fingerprint="",
)
RECORDS = {"fields": np.array([[900, 0], [2, 5], [1, 3]]), "target": np.array([1, 0, 1])}


def test_observed_fields_are_ids_with_missing_as_nan_and_large_ones_as_numbers() -> None:
    columns = observed_columns(INFO, RECORDS, catalogue=np.array([[2], [4]]))
    np.testing.assert_array_equal(columns["user_id"][0], [900, 2, 1])
    np.testing.assert_array_equal(columns["hour"][0], [np.nan, 5, 3])
    np.testing.assert_array_equal(columns["shelf"][0], [4, 2, 4])
    assert [columns[name][1] for name in ("user_id", "hour", "shelf")] == [False, False, True]


def test_true_fields_follow_the_sample_number_and_leave_out_ids_and_the_answer() -> None:
    observed = observed_columns(INFO, RECORDS, catalogue=np.array([[2], [4]]))
    truth = pa.table(
        {"row": [0, 1, 2, 3], "probability": [0.1] * 4, "kind": ["b", "a", "a", "b"], "fit": [7, 8, 9, 10]}
    )
    columns = true_columns(INFO, observed, truth, samples=np.array([3, 1, 0]))
    assert sorted(columns) == ["hour", "true_fit", "true_kind"]
    np.testing.assert_array_equal(columns["true_kind"][0], [1, 0, 1])
    np.testing.assert_array_equal(columns["true_fit"][0], [10, 8, 7])
    assert (columns["true_kind"][1], columns["true_fit"][1]) == (True, False)


def test_boosting_finds_a_rule_in_a_category_and_nothing_in_noise() -> None:
    generator = np.random.default_rng(0)
    sizes = {"train": 3000, "validation": 500, "test": 2000}
    category = {split: generator.integers(6, size=size).astype(float) for split, size in sizes.items()}
    records = {
        split: {"label": (values % 2).astype(int), "new_to_user": (values < 4).astype(int)}
        for split, values in category.items()
    }
    rule = boosting_row({split: {"x": (values, True)} for split, values in category.items()}, records)
    assert rule["test"]["auc"] > 0.99
    assert rule["test"]["new_to_user"]["auc"] > 0.99
    noise = {split: {"x": (generator.random(size), False)} for split, size in sizes.items()}
    assert abs(boosting_row(noise, records)["test"]["auc"] - 0.5) < 0.05


def test_products_new_to_the_user_are_judged_by_themselves() -> None:
    label, probability = np.array([1, 0, 1, 0]), np.array([0.9, 0.1, 0.2, 0.8])
    found = judge(label, probability, new=np.array([0, 0, 1, 1]))
    assert found["auc"] == 0.75
    assert found["new_to_user"]["auc"] == 0.0
    assert judge(label, probability, new=np.array([0, 0, 1, 0]))["new_to_user"] is None
