"""Bad tables: structural faults are named by file, column and row; row faults are counted; nothing is left behind."""

from __future__ import annotations

import json
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from camenn_tf.dataset.preparation import prepare
from camenn_tf.dataset.schema import SchemaError
from camenn_tf.dataset.tables import TableError
from camenn_tf.errors import UserError
from tests.dataset.prepared import catalogue, samples
from tests.dataset.small_tables import IN_PROCESS, SCHEMA, Rows, settings, shop, write_tables

Tables = dict[str, Rows]


def cell(table: str, column: str, row: int, value: Any) -> Callable[[Tables], None]:
    def change(tables: Tables) -> None:
        tables[table][column][row - 1] = value

    return change


def drop(table: str, column: str) -> Callable[[Tables], None]:
    def change(tables: Tables) -> None:
        del tables[table][column]

    return change


def empty(table: str) -> Callable[[Tables], None]:
    def change(tables: Tables) -> None:
        for column in tables[table].values():
            column.clear()

    return change


def text(column: str, row: int, value: str) -> Callable[[Tables], None]:
    def change(tables: Tables) -> None:
        tables["events"][column] = [str(cell) for cell in tables["events"][column]]
        tables["events"][column][row - 1] = value

    return change


def refused(tmp_path: Path, tables: str, error: type[Exception], message: str) -> None:
    """Asserts the error, and that nothing is left beside the tables."""
    with pytest.raises(error, match=message):
        prepare(tables, str(tmp_path / "d"), settings(), IN_PROCESS)
    assert os.listdir(tmp_path) == ["t"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (drop("items", "text"), r"items\.parquet: column 'text' is missing; there are: item_id"),
        (drop("users", "user_id"), r"users\.parquet: column 'user_id' is missing"),
        (drop("events", "label"), r"events\.parquet: column 'label' is missing"),
        (drop("events", "hour"), r"events\.parquet: column 'hour' is missing, which schema\.json"),
        (drop("items", "kind"), r"items\.parquet: column 'kind' is missing, which schema\.json"),
        (empty("items"), r"items\.parquet: the table is empty"),
        (empty("users"), r"users\.parquet: the table is empty"),
        (empty("events"), r"events\.parquet: the table is empty"),
        (cell("items", "item_id", 5, "i1"), r"items\.parquet: column 'item_id': row 5: 'i1' is the id of row 2 too"),
        (cell("users", "user_id", 3, 100), r"users\.parquet: column 'user_id': row 3: '100' is the id of row 1 too"),
        (cell("items", "item_id", 5, ""), r"items\.parquet: column 'item_id': row 5: '' is an empty id"),
        (cell("events", "label", 400, 2), r"events\.parquet: column 'label': row 400: 2 is neither 0 nor 1"),
        (cell("events", "label", 2, None), r"events\.parquet: column 'label': row 2: None is neither"),
        (text("timestamp", 300, "soon"), r"events\.parquet: column 'timestamp': row 300: 'soon' is neither"),
        (cell("events", "timestamp", 4, None), r"events\.parquet: column 'timestamp': row 4: '' is an empty timestamp"),
        (text("temperature", 7, "warm"), r"events\.parquet: column 'temperature': row 7: 'warm' is not a number"),
    ],
)
def test_structural_fault(tmp_path: Path, change: Callable[[Tables], None], message: str) -> None:
    tables = shop(450)
    change(tables)
    refused(tmp_path, write_tables(tmp_path / "t", tables), TableError, message)


@pytest.mark.parametrize(
    ("file", "old", "new", "message"),
    [
        ("items", b"kind 2", b"k\xff", r"items\.csv: column 'kind': row 3: b'k\\xff' is not UTF-8"),
        ("events", b"\n105,", b"\n\xff02,", r"events\.csv: column 'user_id': row \d+: b'\\xff02' is not UTF-8"),
        ("events", b"\n105,", b"\n1,2,", r"events\.csv: row \d+: \d cells, but the header has 8"),
        ("users", b'"user_id"', b'"user_id","user_id"', r"users\.csv"),
    ],
)
def test_structural_fault_of_csv(tmp_path: Path, file: str, old: bytes, new: bytes, message: str) -> None:
    tables = write_tables(tmp_path / "t", shop(60), form="csv")
    path = tmp_path / "t" / f"{file}.csv"
    assert old in path.read_bytes()
    path.write_bytes(path.read_bytes().replace(old, new, 1))
    refused(tmp_path, tables, TableError, message)


def test_second_shard_names_its_own_row(tmp_path: Path) -> None:
    tables = shop(450)
    tables["events"]["label"][300 - 1] = 7
    directory = write_tables(tmp_path / "t", tables, shards=3)
    refused(tmp_path, directory, TableError, r"events-00001-of-00003\.parquet: column 'label': row 150: 7")


def write_shards(directory: Path, table: str, *parts: pa.Table) -> None:
    """Puts the parts in the place of the whole table."""
    (directory / f"{table}.parquet").unlink()
    for number, part in enumerate(parts):
        pq.write_table(part, directory / f"{table}-{number}.parquet")


@pytest.mark.parametrize(
    ("first", "message"),
    [
        ("i2", r"items-1\.parquet: column 'item_id': row 3: 'i2' is the id of row 3 of .*t/items-0\.parquet too"),
        ("i11", r"items-1\.parquet: column 'item_id': row 3: 'i11' is the id of row 2 too"),
    ],
)
def test_an_id_that_stands_twice_is_named_with_both_places(tmp_path: Path, first: str, message: str) -> None:
    tables = shop(60)
    tables["items"]["item_id"][12] = first
    directory = write_tables(tmp_path / "t", tables)
    items = pq.read_table(tmp_path / "t" / "items.parquet")
    write_shards(tmp_path / "t", "items", items.slice(0, 10), items.slice(10))
    refused(tmp_path, directory, TableError, message)


@pytest.mark.parametrize(
    ("table", "column"), [("events", "session_id"), ("events", "history_only"), ("items", "alignment_split")]
)
def test_first_shard_lacks_a_column_that_the_second_has(tmp_path: Path, table: str, column: str) -> None:
    tables = shop(60)
    tables["items"]["alignment_split"] = [""] * 20
    directory = write_tables(tmp_path / "t", tables)
    rows = pq.read_table(tmp_path / "t" / f"{table}.parquet")
    write_shards(tmp_path / "t", table, rows.slice(0, 10).drop_columns(column), rows.slice(10))
    message = rf"{table}-0\.parquet: column '{column}' is missing, which .* another file"
    refused(tmp_path, directory, TableError, message)


def test_files_that_are_no_tables(tmp_path: Path) -> None:
    directory = write_tables(tmp_path / "t", shop(60))
    events = tmp_path / "t" / "events.parquet"
    events.write_bytes(b"PAR1 not really")
    refused(tmp_path, directory, TableError, r"events\.parquet: cannot be read")
    events.unlink()
    refused(tmp_path, directory, TableError, "no table 'events'")
    (tmp_path / "t" / "events.csv").write_bytes(b"")
    refused(tmp_path, directory, TableError, r"events\.csv: is empty")
    pq.write_table(pa.table({"a": [1]}), events)
    refused(tmp_path, directory, TableError, "more than one table 'events'")


def test_schema_that_cannot_be_used(tmp_path: Path) -> None:
    schema = {"fields": [{"name": "colour", "group": "item"}]}
    directory = write_tables(tmp_path / "t", shop(60), schema)
    refused(tmp_path, directory, TableError, r"items\.parquet: column 'colour' is missing, which schema\.json")
    (tmp_path / "t" / "schema.json").write_text('{"fields": [{"name": "colour", "group": "thing"}]}')
    refused(tmp_path, directory, SchemaError, r"schema\.json: field 0 \('colour'\): group is 'thing'")
    (tmp_path / "t" / "schema.json").unlink()
    refused(tmp_path, directory, TableError, r"schema\.json: not there")


def faulty_shop() -> Tables:
    tables = shop(450)
    tables["events"]["user_id"][10] = 999
    tables["events"]["item_id"][20] = "nothing"
    tables["events"]["item_id"][21] = ""
    tables["items"]["text"][4] = ""
    tables["items"]["image"][1] = "gone.png"
    tables["items"]["image"][2] = "broken.png"
    return tables


def test_row_faults_are_counted_and_left_out(tmp_path: Path) -> None:
    directory = write_tables(tmp_path / "t", faulty_shop())
    (tmp_path / "t" / "broken.png").write_bytes(b"\x89PNG but not for long")
    prepare(directory, str(tmp_path / "d"), settings(max_fault_share=0.06), IN_PROCESS)
    faults = json.loads((tmp_path / "d" / "report.json").read_text())["faults"]
    assert {kind: fault["count"] for kind, fault in faults.items()} == {
        "unknown_user": 1, "unknown_item": 2, "empty_text": 1, "missing_image": 1, "unreadable_image": 1,
    }  # fmt: skip
    assert faults["unknown_item"]["share"] == 2 / 450 and faults["empty_text"]["share"] == 1 / 20
    assert faults["unknown_user"]["examples"] == [
        {"file": os.path.join(directory, "events.parquet"), "row": 11, "value": "999"}
    ]
    assert faults["missing_image"]["examples"][0]["item_id"] == "i1"
    rows = catalogue(str(tmp_path / "d"))
    # faulty images stay in the catalogue, so that encoding can say what is wrong with them
    assert [os.path.basename(row["image_path"] or "") for row in rows[:4]] == ["", "gone.png", "broken.png", ""]
    assert rows[4]["text"] is None
    found = [n for split in ("train", "validation", "test") for n in samples(str(tmp_path / "d"), split)["sample"]]
    history_only = faulty_shop()["events"]["history_only"]
    assert sorted(found) == [n for n in range(450) if not history_only[n] and n not in (10, 20, 21)]


def test_too_many_row_faults_fail_the_run(tmp_path: Path) -> None:
    tables = shop(450)
    tables["events"]["user_id"][10:15] = [999] * 5  # 5 of 450 are 1.1%
    directory = write_tables(tmp_path / "t", tables)
    refused(tmp_path, directory, UserError, r"unknown_user: 5 of 450 rows \(1\.1%\).*\"row\": 11, \"value\": \"999\"")


def test_items_of_the_alignment_test_never_occur_in_events(tmp_path: Path) -> None:
    tables = shop(60)
    tables["items"]["alignment_split"] = [None] * 20
    tables["items"]["alignment_split"][0] = "test"
    directory = write_tables(tmp_path / "t", tables)
    row = tables["events"]["item_id"].index("i0") + 1
    refused(tmp_path, directory, TableError, rf"column 'item_id': row {row}: item 'i0' has an alignment_split")
    tables["items"]["alignment_split"][0] = "dev"
    directory = write_tables(tmp_path / "t", tables)
    refused(tmp_path, directory, TableError, r"column 'alignment_split': row 1: 'dev' is not train, validation, test")


def test_images_as_bytes(tmp_path: Path) -> None:
    directory = write_tables(tmp_path / "t", shop(450), SCHEMA)
    picture = (tmp_path / "t" / "a.png").read_bytes()
    items = shop()["items"] | {"image": [picture, b"\x89PNG?", None, *[picture] * 17]}
    write_tables(tmp_path / "t", shop(450) | {"items": items})
    prepare(directory, str(tmp_path / "d"), settings(max_fault_share=0.06), IN_PROCESS)
    rows = catalogue(str(tmp_path / "d"))
    assert [row["image_bytes"] for row in rows[:4]] == [picture, b"\x89PNG?", None, picture]
    assert {row["image_path"] for row in rows} == {None}
    assert json.loads((tmp_path / "d" / "report.json").read_text())["faults"]["unreadable_image"]["count"] == 1
