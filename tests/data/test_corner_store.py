"""The embedded store: the same for a seed, of the promised shape, and honest about what it spoils."""

import dataclasses
import hashlib
import json
import os
import subprocess
import sys
from pathlib import Path

import numpy as np
import pyarrow.parquet as pq
import pytest

from camenn_tf.dataset.schema import load_schema
from camenn_tf.errors import UserError
from data.corner import store as corner_store
from data.corner.kinds import KINDS
from data.corner.store_settings import StoreSettings
from data.corner.traffic import LOG_BEGIN

SMALL = StoreSettings(seed=3, items=200, shops=8, users=60, days=8, sessions_a_day=40, test_days=2, picture_size=32)
TEST_BEGIN = LOG_BEGIN + 6 * 86400


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    directory = tmp_path_factory.mktemp("store") / "tables"
    corner_store.write_store(str(directory), SMALL)
    return directory


def _column(store: Path, table: str, name: str) -> np.ndarray:
    return pq.read_table(store / f"{table}.parquet")[name].to_numpy(zero_copy_only=False)


def _digests(directory: Path) -> dict[str, str]:
    files = sorted(path for path in directory.rglob("*") if path.is_file())
    return {str(path.relative_to(directory)): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_same_seed_gives_the_same_files_and_another_seed_does_not(store: Path, tmp_path: Path) -> None:
    corner_store.write_store(str(tmp_path / "again"), SMALL)
    assert _digests(tmp_path / "again") == _digests(store)
    corner_store.write_store(str(tmp_path / "other"), dataclasses.replace(SMALL, seed=4))
    other = _digests(tmp_path / "other")
    assert [
        name for name in ("items.parquet", "events.parquet", "images/i0000.jpg") if other[name] == _digests(store)[name]
    ] == []


def test_schema_names_columns_that_are_there(store: Path) -> None:
    schema = load_schema(str(store / "schema.json"))
    tables = {"user": "users", "item": "items", "context": "events", "cross": "events"}
    for field in schema.fields:
        if field.cross is None:
            assert field.name in pq.read_schema(store / f"{tables[field.group]}.parquet").names
    assert {"user_id", "item_id"} <= {field.name for field in schema.fields}


def test_the_world_answers_every_exposure(tmp_path: Path) -> None:
    settings = dataclasses.replace(SMALL, exposed=12)
    corner_store.write_store(str(tmp_path / "store"), settings)
    time = _column(tmp_path / "store", "events", "timestamp")
    late = time >= TEST_BEGIN
    session, user = (_column(tmp_path / "store", "events", name)[late] for name in ("session_id", "user_id"))
    label = _column(tmp_path / "store", "events", "label")[late]
    assert set(np.unique(session, return_counts=True)[1]) == {12}
    assert len(np.unique(user)) == len(np.unique(session))  # one session a user
    probability = pq.read_table(tmp_path / "store/truth/events.parquet")["probability"].to_numpy()[late]
    # Labels are draws of the world's own probabilities: their sum lies within four deviations of its mean.
    deviation = np.sqrt((probability * (1 - probability)).sum())
    assert abs(label.sum() - probability.sum()) < 4 * deviation and label.sum() > 0


def test_exposure_must_fit_the_store() -> None:
    with pytest.raises(ValueError, match=r"--exposed=3: expected 0, or 5 to --items=200"):
        dataclasses.replace(SMALL, exposed=3)


def test_sessions_are_one_bought_and_four_left(store: Path) -> None:
    sample = ~_column(store, "events", "history_only").astype(bool)
    session = _column(store, "events", "session_id")[sample]
    label = _column(store, "events", "label")[sample]
    item = _column(store, "events", "item_id")[sample]
    assert len(label) == 8 * 40 * 5
    for name in np.unique(session):
        rows = session == name
        assert sorted(label[rows]) == [0, 0, 0, 0, 1]
        assert len(set(item[rows])) == 5


def test_every_user_bought_at_least_eight_times_before_the_log(store: Path) -> None:
    history = _column(store, "events", "history_only").astype(bool)
    user = _column(store, "events", "user_id")[history]
    assert min(np.unique(user, return_counts=True)[1]) >= 8
    assert len(np.unique(user)) == 60
    assert _column(store, "events", "timestamp")[history].max() < LOG_BEGIN
    assert _column(store, "events", "label")[history].min() == 1


def test_new_items_first_occur_in_the_test_days_and_are_their_stated_share(store: Path) -> None:
    item = _column(store, "events", "item_id")
    late = _column(store, "events", "timestamp") >= TEST_BEGIN
    new = set(_column(store / "truth", "items", "item_id")[_column(store / "truth", "items", "is_new").astype(bool)])
    recent = set(
        _column(store / "truth", "items", "item_id")[_column(store / "truth", "items", "is_recent").astype(bool)]
    )
    assert (len(new), len(recent)) == (20, 10)
    assert new.isdisjoint(item[~late])
    assert recent.isdisjoint(item[_column(store, "events", "timestamp") < TEST_BEGIN - 2 * 86400])
    unseen = (new | recent) & set(item[late])
    assert len(unseen) / len(set(item[late])) == pytest.approx(0.15, abs=0.04)


def test_truth_records_exactly_what_was_spoilt(store: Path) -> None:
    truth = {row["item_id"]: row for row in pq.read_table(store / "truth" / "items.parquet").to_pylist()}
    shown = {row["item_id"]: row for row in pq.read_table(store / "items.parquet").to_pylist()}
    counts = {"vague_title": 20, "wrong_title": 10, "wrong_category": 10, "blurred_image": 20, "wrong_image": 10}
    assert {name: sum(row[name] for row in truth.values()) for name in counts} == counts
    names = {kind.key: (kind.chinese, *kind.synonyms) for kind in KINDS}
    for name, row in truth.items():
        assert row["dirty"] == any(row[fault] for fault in counts)
        assert (shown[name]["category"] != row["category"]) == row["wrong_category"]
        assert shown[name]["text"].startswith(row["title"]) == (not row["vague_title"] and not row["wrong_title"])
        assert any(word in row["title"] for word in names[row["kind"]])
        source = truth[row["picture_of"]]
        assert (source["kind"] != row["kind"]) == row["wrong_image"]
        if row["wrong_image"] and not source["blurred_image"] and not source["wrong_image"]:
            pictures = [(store / "images" / f"{item}.jpg").read_bytes() for item in (name, row["picture_of"])]
            assert pictures[0] == pictures[1]


def test_probability_is_calibrated_and_one_per_sample_row(store: Path) -> None:
    probability = _column(store / "truth", "events", "probability")
    label = _column(store, "events", "label")
    sample = ~_column(store, "events", "history_only").astype(bool)
    assert (_column(store / "truth", "events", "row") == np.arange(len(label))).all()
    assert probability[sample].mean() == pytest.approx(label[sample].mean(), abs=0.03)
    high = sample & (probability > 0.4)
    assert label[high].mean() == pytest.approx(probability[high].mean(), abs=0.1)


def test_shown_history_is_that_of_a_brute_force_count(store: Path) -> None:
    events = pq.read_table(store / "events.parquet").to_pylist()
    truth = pq.read_table(store / "truth" / "events.parquet").to_pylist()
    kind = dict(
        zip(_column(store / "truth", "items", "item_id"), _column(store / "truth", "items", "kind"), strict=True)
    )
    price = dict(zip(_column(store, "items", "item_id"), _column(store, "items", "price"), strict=True))
    for number in range(len(events) - 1, 0, -97):
        event = events[number]
        past = [
            other["item_id"]
            for other in events
            if other["label"] == 1
            and other["user_id"] == event["user_id"]
            and other["timestamp"] < event["timestamp"]
            and other["session_id"] != event["session_id"]
        ]
        same = sum(kind[item] == kind[event["item_id"]] for item in past)
        assert truth[number]["purchases"] == len(past)
        assert truth[number]["same_kind"] == pytest.approx(same / max(len(past), 1))
        if not past:
            assert event["price_ratio"] is None
        else:
            usual = np.exp(np.mean([np.log(price[item]) for item in past]))
            assert event["price_ratio"] == pytest.approx(price[event["item_id"]] / usual, abs=6e-4)


def test_foreign_directory_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("keep")
    with pytest.raises(UserError, match=r"--output=.* has no truth/store\.json"):
        corner_store.write_store(str(tmp_path), SMALL)
    assert os.listdir(tmp_path) == ["mine.txt"]


def test_earlier_store_is_replaced_only_by_a_whole_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings = dataclasses.replace(SMALL, items=70, days=4, test_days=1, sessions_a_day=5, picture_size=16)
    (tmp_path / "store" / "truth").mkdir(parents=True)
    (tmp_path / "store" / "truth" / "store.json").write_text("the earlier one")
    before, rename = _digests(tmp_path), os.rename

    def full(source: str, target: str) -> None:
        if target == str(tmp_path / "store") and not source.endswith("-replaced"):
            raise OSError("quota exceeded")
        rename(source, target)

    with monkeypatch.context() as patch:
        patch.setattr(os, "rename", full)
        with pytest.raises(OSError, match="quota exceeded"):
            corner_store.write_store(str(tmp_path / "store"), settings)
    assert _digests(tmp_path) == before
    corner_store.write_store(str(tmp_path / "store"), settings)
    assert os.listdir(tmp_path) == ["store"]
    assert json.loads((tmp_path / "store" / "truth" / "store.json").read_text())["items"] == 70


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"vague_title": 1.5}, "--vague_title=1.5"),
        ({"test_days": 8}, "--test_days=8"),
        ({"users": 0}, "--users=0"),
        ({"language": "fr"}, "--language=fr"),
        ({"items": 10, "new_items": 0.35, "recent_items": 0.15}, "--items=10: 4 are on sale .* expected at least 5"),
        ({"items": 9, "new_items": 0.6, "recent_items": 0.6}, "--items=9: -1 are on sale"),
    ],
)
def test_impossible_settings_are_refused_by_name(change: dict, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        dataclasses.replace(SMALL, **change)


def test_five_items_on_sale_from_the_beginning_are_enough() -> None:
    """5.01 by the shares, 5 as they are rounded."""
    settings = dataclasses.replace(SMALL, items=10, new_items=0.349, recent_items=0.15)
    assert (settings.new_count, settings.recent_count) == (3, 2)


def test_a_seed_below_zero_is_refused_by_name() -> None:
    command = [sys.executable, "-m", "data.corner_store", "--output=never", "--seed=-1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr.strip()) == (1, "ERROR: flag --seed=-1: -1 is not a non-negative integer")


def test_english_store_has_ascii_texts(tmp_path: Path) -> None:
    settings = dataclasses.replace(
        SMALL, language="en", items=70, days=4, test_days=1, sessions_a_day=5, picture_size=16
    )
    corner_store.write_store(str(tmp_path / "english"), settings)
    texts = pq.read_table(tmp_path / "english" / "items.parquet")["text"].to_pylist()
    assert all(text.isascii() for text in texts)
    assert json.loads((tmp_path / "english" / "truth" / "store.json").read_text())["language"] == "en"
