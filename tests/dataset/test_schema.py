"""Schemas that cannot be used are told with the file, the field and what is expected."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from camenn_tf.dataset.schema import CrossRule, Field, Schema, SchemaError, load_schema, save_schema, schema_from_json

COUNT = {"statistic": "count", "by": "item_id"}


@pytest.mark.parametrize(
    ("entry", "message"),
    [
        ({"kind": "numeric", "boundaries": ["1", 2]}, r"boundaries are \['1', 2\], expected a list of numbers"),
        ({"kind": "numeric", "boundaries": [1, None]}, "expected a list of numbers"),
        ({"kind": "numeric", "boundaries": [float("nan")]}, "expected a list of numbers"),
        ({"kind": "numeric", "boundaries": "12"}, "boundaries are '12', expected a list of numbers"),
        ({"kind": "numeric", "boundaries": 5}, "boundaries are 5, expected a list of numbers"),
        ({"kind": "numeric", "boundaries": [2, 1]}, "boundaries must rise strictly"),
        ({"kind": "hashed", "buckets": "5"}, "buckets is '5', expected a whole number of at least 0"),
        ({"kind": "hashed", "buckets": True}, "buckets is True, expected a whole number"),
        ({"kind": "numeric", "buckets": -1}, "buckets is -1, expected a whole number"),
        ({"kind": "hashed"}, "needs 'buckets' of at least 1"),
        ({"min_count": 1.5}, "min_count is 1.5, expected a whole number"),
        ({"cross": {"by": "item_id"}}, "cross: statistic is None, expected a string"),
        ({"cross": {"statistic": "count", "by": ["item_id"]}}, r"cross: by is \['item_id'\], expected a string"),
        ({"cross": {**COUNT, "statistic": "mean"}}, "statistic is 'mean', expected one of count, recency"),
        ({"cross": "count"}, "cross is 'count', expected an object with 'statistic' and 'by'"),
        ({"cross": {**COUNT, "window_days": "7"}}, "window_days is '7', expected a number above 0"),
        ({"cross": {**COUNT, "window_days": 0}}, "window_days is 0, expected a number above 0"),
    ],
)
def test_a_field_that_cannot_be_used(entry: dict[str, Any], message: str) -> None:
    with pytest.raises(SchemaError, match=rf"^schema: field 0 \('f'\): .*{message}"):
        schema_from_json({"fields": [{"name": "f", "group": "cross", **entry}]})


@pytest.mark.parametrize("name", ["alignment_class", "alignment_coarse_class"])
def test_a_column_of_classes_is_a_name(name: str) -> None:
    with pytest.raises(SchemaError, match=rf"^schema: {name} is 3, expected the name of a column, or null"):
        schema_from_json({"fields": [], name: 3})


@pytest.mark.parametrize("name", ["label", "timestamp", "session_id", "history_only", "#user"])
@pytest.mark.parametrize("group", ["context", "cross"])
def test_columns_of_events_with_a_meaning_are_no_fields(tmp_path: Path, name: str, group: str) -> None:
    path = tmp_path / "schema.json"
    path.write_text(json.dumps({"fields": [{"name": name, "group": group}]}))
    with pytest.raises(SchemaError, match=rf"schema\.json: field '{name}': fields of events cannot be called"):
        load_schema(str(path))
    path.write_text(json.dumps({"fields": [{"name": name, "group": "item"}]}))  # a column of another table
    assert load_schema(str(path)).item_fields == (Field(name, "item"),)


@pytest.mark.parametrize(
    "name", ["../../x/hour", "a/b", "a\\b", "a\0", ".", "..", ".hidden", "\ud800", "h" * 201, "时" * 67]
)
def test_a_name_that_cannot_be_a_file_is_refused(tmp_path: Path, name: str) -> None:
    path = tmp_path / "schema.json"
    path.write_text(json.dumps({"fields": [{"name": "age", "group": "user"}, {"name": name, "group": "context"}]}))
    with pytest.raises(SchemaError) as caught:
        load_schema(str(path))
    assert str(caught.value).startswith(f"{path}: field {name!r}: files are called after fields")


@pytest.mark.parametrize("name", ["时段", "hour of day", "price (¥)", "a.b", "e\u0301", "[x]*?", "h" * 200, "时" * 66])
def test_ordinary_names_are_kept(name: str) -> None:
    assert schema_from_json({"fields": [{"name": name, "group": "item"}]}).fields == (Field(name, "item"),)


def test_what_is_saved_is_loaded(tmp_path: Path) -> None:
    fields = (
        Field("user_id", "user", min_count=0),
        Field("price", "item", "numeric", boundaries=(0.5, 2.0)),
        Field("weight", "item", "numeric", buckets=6),
        Field("shop", "context", "hashed", buckets=9),
        Field("earlier", "cross", "numeric", cross=CrossRule("count", "price", 2)),
    )
    schema = Schema(fields, alignment_class="kind")
    save_schema(schema, str(tmp_path / "schema.json"))
    assert load_schema(str(tmp_path / "schema.json")) == schema
