"""The reference rows: fields as boosting sees them, and rows that come out as they must."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from camenn_tf.dataset.dataset_info import SPLITS, DatasetInfo, FieldInfo, load_dataset_info
from camenn_tf.dataset.schema import MISSING_ID, Field, Schema
from camenn_tf.errors import UserError
from experiments import reference_rows
from experiments.reference_rows import boosting_row, judge, observed_columns, read_split, references, true_columns
from tests.small_run import EVENTS, SmallRun, shared_small_run

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


@pytest.fixture(scope="module")
def small_run(tmp_path_factory: pytest.TempPathFactory) -> SmallRun:
    return shared_small_run(tmp_path_factory)


def test_records_of_a_split_are_the_events_of_its_samples(small_run: SmallRun) -> None:
    info = load_dataset_info(str(small_run.dataset))
    parts = {split: read_split(str(small_run.dataset), info, split) for split in SPLITS}
    assert sorted(np.concatenate([part["sample"] for part in parts.values()])) == list(range(EVENTS))
    events = [
        dict(zip(small_run.events, values, strict=True)) for values in zip(*small_run.events.values(), strict=True)
    ]
    hour = [field.name for field in info.sample_fields].index("hour")
    for split, part in parts.items():
        count = info.splits[split].samples
        assert {name: len(values) for name, values in part.items()} == dict.fromkeys(part, count)
        assert part["fields"].shape == (count, len(info.sample_fields))
        of = [events[sample] for sample in part["sample"]]
        assert part["label"].tolist() == [event["label"] for event in of]
        assert [small_run.users["user_id"][row] for row in part["user"]] == [event["user_id"] for event in of]
        assert [small_run.items["item_id"][row] for row in part["target"]] == [event["item_id"] for event in of]
        assert (part["fields"][:, hour] == MISSING_ID).tolist() == [event["hour"] is None for event in of]
        assert part["new_to_user"].tolist() == [
            not any(
                past["label"] and (past["user_id"], past["item_id"]) == (event["user_id"], event["item_id"])
                for past in events[:sample]
            )
            for sample, event in zip(part["sample"], of, strict=True)
        ]


def test_the_oracle_and_what_share_of_its_lift_boosting_has(
    small_run: SmallRun, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(reference_rows, "_SMALL", {"max_leaf_nodes": 4, "min_samples_leaf": 5, "max_iter": 20})
    # The world's probability is .8 where the label is 1 and .2 where it is 0, and its one true field is the label.
    label = small_run.events["label"]
    truth = {"row": range(EVENTS), "probability": [0.2 + 0.6 * value for value in label], "sign": label}
    pq.write_table(pa.table({name: list(values) for name, values in truth.items()}), tmp_path / "events.parquet")
    shutil.copy(small_run.truth / "items.parquet", tmp_path)
    found = references(str(small_run.dataset), str(tmp_path))
    assert found["dataset"] == load_dataset_info(str(small_run.dataset)).fingerprint
    rows = found["rows"]
    for split in ("validation", "test"):
        oracle = rows["oracle"][split]
        assert oracle["auc"] == 1 and oracle["log_loss"] == pytest.approx(-np.log(0.8))
        assert oracle["new_to_user"] == {"auc": 1, "log_loss": pytest.approx(-np.log(0.8))}
        assert rows["true"][split]["auc"] == 1
    observed = rows["observed"]["test"]["auc"]
    assert observed != 0.5 and found["share_of_lift"] == {"observed": pytest.approx(2 * observed - 1), "true": 1}
    assert set(references(str(small_run.dataset), None)) == {"dataset", "rows"}


def test_the_truth_of_a_smaller_store_is_refused(small_run: SmallRun, tmp_path: Path) -> None:
    events = pq.read_table(small_run.truth / "events.parquet")
    pq.write_table(events.slice(0, EVENTS - 1), tmp_path / "events.parquet")
    shutil.copy(small_run.truth / "items.parquet", tmp_path)
    with pytest.raises(UserError, match=rf"has {EVENTS - 1} events, but there is a sample {EVENTS - 1}; is it the"):
        references(str(small_run.dataset), str(tmp_path))
