"""Whole preparations: against brute force, across table forms, and what the files hold."""

from __future__ import annotations

import bisect
import json
import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from apache_beam.options.pipeline_options import PipelineOptions

from camenn_tf.dataset.dataset_info import load_dataset_info
from camenn_tf.dataset.preparation import prepare
from camenn_tf.errors import UserError
from tests.dataset.prepared import catalogue, samples
from tests.dataset.small_tables import IN_PROCESS, SCHEMA, settings, shop, write_tables

DAY = 86400
SETTINGS: dict[str, Any] = {"history_length": 4, "shard_samples": 150, "shard_items": 8, "numeric_buckets": 6}


@pytest.fixture(scope="module")
def dataset(tmp_path_factory: pytest.TempPathFactory) -> str:
    root = tmp_path_factory.mktemp("prepared")
    tables = write_tables(root / "tables", shop())
    prepare(tables, str(root / "dataset"), settings(**SETTINGS), IN_PROCESS)
    return str(root / "dataset")


def brute_force(rows: dict[str, list[Any]], sample: int, hidden: set[int] = frozenset()) -> list[int]:  # type: ignore[assignment]
    """Numbers of the events that are earlier purchases of a sample, oldest first, by a loop over all events."""
    session = rows["session_id"][sample]
    return sorted(
        (
            number
            for number in range(len(rows["label"]))
            if rows["label"][number] == 1
            and number not in hidden
            and rows["user_id"][number] == rows["user_id"][sample]
            and rows["timestamp"][number] < rows["timestamp"][sample]
            and not (session and rows["session_id"][number] == session)
        ),
        key=lambda number: rows["timestamp"][number],
    )


def cross_values(tables: dict[str, Any], sample: int, earlier: list[int]) -> dict[str, float | None]:
    """The cross fields of SCHEMA, by loops."""
    items, rows = tables["items"], tables["events"]
    keys = {by: dict(zip(items["item_id"], items[by], strict=True)) for by in ("item_id", "kind", "price")}
    out: dict[str, float | None] = {}
    for field in SCHEMA["fields"]:
        if "cross" not in field:
            continue
        of, days = keys[field["cross"]["by"]], field["cross"]["window_days"]
        target, now = of[rows["item_id"][sample]], rows["timestamp"][sample]
        if target in (None, ""):
            out[field["name"]] = None
            continue
        alike = [rows["timestamp"][n] for n in earlier if of[rows["item_id"][n]] == target]
        alike = [time for time in alike if days is None or time >= now - days * DAY]
        if field["cross"]["statistic"] == "count":
            out[field["name"]] = len(alike)
        else:
            out[field["name"]] = (now - max(alike)) / DAY if alike else None
    return out


def test_equals_brute_force_on_all_samples(dataset: str) -> None:
    tables, info = shop(), load_dataset_info(dataset)
    rows = tables["events"]
    names = [field.name for field in info.sample_fields]
    checked = 0
    for split in ("train", "validation", "test"):
        found = samples(dataset, split)
        for position, sample in enumerate(found["sample"].tolist()):
            earlier = brute_force(rows, sample)
            bought = [int(rows["item_id"][number][1:]) for number in earlier]
            history = found["history"][position]
            times = [rows["timestamp"][number] for number in earlier]
            if len(set(times)) == len(times):  # purchases of the same second may stand in any order
                assert history.tolist() == ([-1] * 4 + bought)[-4:]
            assert (history >= 0).sum() == min(4, len(bought))
            target = int(rows["item_id"][sample][1:])
            assert found["target"][position] == target
            assert found["new_to_user"][position] == (target not in bought)
            ids = dict(zip(names, found["fields"][position].tolist(), strict=True))
            for name, value in cross_values(tables, sample, earlier).items():
                cuts = info.info(name).boundaries or ()
                assert ids[name] == (0 if value is None else 2 + bisect.bisect_right(cuts, value)), name
            checked += 1
    assert checked == rows["history_only"].count(0) >= 500


def test_splits_order_and_files(dataset: str) -> None:
    info, rows = load_dataset_info(dataset), shop()["events"]
    number = [n for n in range(900) if not rows["history_only"][n]]
    found = {split: samples(dataset, split) for split in info.splits}
    assert sorted(np.concatenate([part["sample"] for part in found.values()]).tolist()) == number
    # time split: nobody in train is later than anybody in validation, and so on
    assert found["train"]["timestamp"].max() < found["validation"]["timestamp"].min()
    assert found["validation"]["timestamp"].max() < found["test"]["timestamp"].min()
    assert found["test"]["sample"].tolist() == sorted(found["test"]["sample"])
    assert abs(np.corrcoef(found["train"]["timestamp"], np.arange(len(found["train"]["sample"])))[0, 1]) < 0.2
    assert abs(len(found["test"]["sample"]) / len(number) - 0.25) < 0.02
    for name, part in found.items():
        split = info.splits[name]
        assert (split.samples, split.positives) == (len(part["label"]), int(part["label"].sum()))
        assert (split.first_timestamp, split.last_timestamp) == (part["timestamp"].min(), part["timestamp"].max())
        assert [count for _, count in split.shards[:-1]] == [150] * (len(split.shards) - 1)
        assert part["label"].tolist() == [rows["label"][n] for n in part["sample"]]
    assert len(info.splits["train"].shards) == 4
    assert sorted(p.name for p in Path(dataset).iterdir() if p.name.startswith("work")) == []


def test_vocabularies_are_those_of_train(dataset: str) -> None:
    info, tables = load_dataset_info(dataset), shop()
    train = samples(dataset, "train")
    hours = [tables["events"]["hour"][n] for n in train["sample"]]
    values = info.info("hour").load_vocabulary(dataset)
    counts = {value: hours.count(value) for value in set(hours) - {""}}
    assert values == sorted((v for v, n in counts.items() if n >= 2), key=lambda v: (-counts[v], v))
    column = [field.name for field in info.sample_fields].index("hour")
    want = [0 if hour == "" else values.index(hour) + 2 for hour in hours]
    assert train["fields"][:, column].tolist() == want
    # age 20 to 64 with cuts 30 and 50; user 3 has none
    age = [field.name for field in info.sample_fields].index("age")
    by_user = dict(zip(train["user"].tolist(), train["fields"][:, age].tolist(), strict=True))
    assert [by_user[user] for user in range(12)] == [2, 2, 2, 0, 3, 3, 3, 3, 4, 4, 4, 4]


def test_train_counts_are_the_samples_that_hold_a_value(dataset: str) -> None:
    info, train = load_dataset_info(dataset), samples(dataset, "train")
    for column, field in enumerate(info.sample_fields):
        expected = np.bincount(train["fields"][:, column], minlength=field.size)
        np.testing.assert_array_equal(field.load_train_counts(dataset), expected)
    fields = [row["fields"] for row in catalogue(dataset)]
    more = 0
    for column, field in enumerate(info.item_fields):
        counts = [0] * field.size
        for target, history in zip(train["target"].tolist(), train["history"].tolist(), strict=True):
            for value in {fields[item][column] for item in (target, *history) if item >= 0}:
                counts[value] += 1
        assert field.load_train_counts(dataset).tolist() == counts, field.name
        more += sum(counts) - len(train["target"])
    assert more > 0  # histories count


def test_a_dataset_of_an_older_format_says_what_to_do(tmp_path: Path) -> None:
    tables, output = write_tables(tmp_path / "t", shop(60)), str(tmp_path / "d")
    prepare(tables, output, settings(), IN_PROCESS)
    for name in ("dataset", "inputs"):
        data = json.loads((tmp_path / "d" / f"{name}.json").read_text())
        (tmp_path / "d" / f"{name}.json").write_text(json.dumps({**data, "format": 2}))
    with pytest.raises(UserError, match=r"written in format 2, this version reads format 3.*--overwrite"):
        load_dataset_info(output)
    with pytest.raises(UserError, match=r"made from other format.*--overwrite"):
        prepare(tables, output, settings(), IN_PROCESS)
    assert prepare(tables, output, settings(), IN_PROCESS, overwrite=True) == load_dataset_info(output)


def test_catalogue(dataset: str) -> None:
    info, tables = load_dataset_info(dataset), shop()
    rows, events = catalogue(dataset), tables["events"]
    assert [row["row"] for row in rows] == list(range(20)) and len(info.catalogue_shards) == 3
    assert [row["text"] for row in rows] == tables["items"]["text"]
    assert [row["image_path"] is not None for row in rows] == [bool(k % 3) for k in range(20)]
    assert os.path.isabs(rows[1]["image_path"]) and rows[7]["alignment_class"] is None
    train, start = samples(dataset, "train"), load_dataset_info(dataset).splits["validation"].first_timestamp
    for row, item in enumerate(rows):
        assert item["train_samples"] == train["target"].tolist().count(row)
        bought = [n for n in range(900) if events["label"][n] and events["item_id"][n] == f"i{row}"]
        assert item["train_purchases"] == sum(events["timestamp"][n] < start for n in bought)
    kinds = info.info("kind").load_vocabulary(dataset)
    kind = [field.name for field in info.item_fields].index("kind")
    assert rows[7]["fields"][kind] == 0 and rows[6]["fields"][kind] == kinds.index("kind 1") + 2
    report = json.loads((Path(dataset) / "report.json").read_text())
    assert set(report["fields"]) == {field.name for field in info.fields}
    assert all(fault["count"] == 0 for fault in report["faults"].values())


@pytest.mark.parametrize(
    ("form", "shards", "options"),
    [
        ("csv", 0, []),
        ("csv", 3, ["--direct_num_workers=2", "--direct_running_mode=multi_threading"]),
        ("parquet", 2, []),
    ],
)
def test_same_dataset_from_any_form_of_tables_and_runner(
    dataset: str, tmp_path: Path, form: str, shards: int, options: list[str]
) -> None:
    tables = write_tables(tmp_path / "tables", shop(), form=form, shards=shards)
    again = prepare(
        tables, str(tmp_path / "d"), settings(**SETTINGS), PipelineOptions(["--runner=FnApiRunner", *options])
    )
    info = load_dataset_info(dataset)
    assert (again.fields, again.splits) == (info.fields, info.splits)
    for split in info.splits.values():
        for name, _ in split.shards:
            assert (tmp_path / "d" / name).read_bytes() == (Path(dataset) / name).read_bytes()
    counts = [str(field.train_counts) for field in info.fields]
    for name in ("report.json", *counts):
        assert (tmp_path / "d" / name).read_bytes() == (Path(dataset) / name).read_bytes()


def test_random_split_hides_test_sessions_from_the_others(tmp_path: Path) -> None:
    tables = shop()
    rows = tables["events"]
    output = str(tmp_path / "d")
    prepare(write_tables(tmp_path / "t", tables), output, settings(**SETTINGS, split="random"), IN_PROCESS)
    found = {split: samples(output, split) for split in ("train", "validation", "test")}
    test = set(found["test"]["sample"].tolist())
    key = [(rows["user_id"][n], rows["session_id"][n] or rows["timestamp"][n]) for n in range(900)]
    sessions = {key[n] for n in test}
    assert all(key[n] not in sessions for split in ("train", "validation") for n in found[split]["sample"].tolist())
    hidden = {n for n in range(900) if key[n] in sessions}
    column = [field.name for field in load_dataset_info(output).sample_fields].index("count_item_id_None")
    cuts = load_dataset_info(output).info("count_item_id_None").boundaries or ()
    differ = 0
    for split, part in found.items():
        for position, n in enumerate(part["sample"].tolist()):
            earlier = brute_force(rows, n, hidden if split != "test" else set())
            count = sum(rows["item_id"][number] == rows["item_id"][n] for number in earlier)
            assert part["fields"][position, column] == 2 + bisect.bisect_right(cuts, count)
            differ += len(earlier) != len(brute_force(rows, n))
    assert differ > 50


def test_reused_refused_and_overwritten(tmp_path: Path) -> None:
    tables, output = write_tables(tmp_path / "t", shop(60)), str(tmp_path / "d")
    first = prepare(tables, output, settings(), IN_PROCESS)
    before = os.stat(tmp_path / "d" / "dataset.json").st_mtime_ns
    assert prepare(tables, output, settings(), IN_PROCESS).fingerprint == first.fingerprint
    assert os.stat(tmp_path / "d" / "dataset.json").st_mtime_ns == before
    with pytest.raises(UserError, match=r"made from other settings.*--overwrite"):
        prepare(tables, output, settings(history_length=3), IN_PROCESS)
    second = prepare(tables, output, settings(history_length=3), IN_PROCESS, overwrite=True)
    assert second.history_length == 3 and load_dataset_info(output) == second
    assert sorted(os.listdir(tmp_path)) == ["d", "t"]


def test_directories_whose_names_look_like_patterns(tmp_path: Path) -> None:
    tables = write_tables(tmp_path / "data[1]*", shop(60), shards=2)
    prepare(tables, str(tmp_path / "out?[1]"), settings(), IN_PROCESS)
    assert sorted(os.listdir(tmp_path)) == ["data[1]*", "out?[1]"]
    assert not (tmp_path / "out?[1]" / "work").exists()


def test_output_that_is_not_a_dataset_is_left_alone(tmp_path: Path) -> None:
    tables = write_tables(tmp_path / "t", shop(60))
    (tmp_path / "d").mkdir()
    (tmp_path / "d" / "thesis.txt").write_text("years of work")
    with pytest.raises(UserError, match=r"has no dataset\.json"):
        prepare(tables, str(tmp_path / "d"), settings(), IN_PROCESS, overwrite=True)
    assert (tmp_path / "d" / "thesis.txt").read_text() == "years of work"
