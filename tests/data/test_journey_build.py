"""What a build of Complete Journey's tables replaces, and what it leaves alone."""

from __future__ import annotations

import json
import os
import pathlib
import shutil

import pandas as pd
import pytest

from camenn_tf.errors import UserError
from data.journey.build import build_tables
from data.journey.sampling import SEED

BUILT = ["complete_journey.json", "events.parquet", "items.parquet", "schema.json", "users.parquet"]


def test_an_earlier_build_is_replaced_and_other_files_are_not(sources: tuple[str, str], tmp_path: pathlib.Path) -> None:
    output = tmp_path / "tables"
    output.mkdir()
    (output / "letters.txt").write_text("mine")
    (output / "schema.json").write_text("{}")
    with pytest.raises(UserError, match=r"--output=.* has no complete_journey\.json; choose .*, or remove this one"):
        build_tables(sources[0], str(output), sources[1])
    (output / "complete_journey.json").write_text("{}")
    build_tables(sources[0], str(output), sources[1])
    assert sorted(os.listdir(output)) == BUILT
    assert os.listdir(tmp_path) == ["tables"]
    settings = json.loads((output / "complete_journey.json").read_text())
    assert settings == {"shuffle_contents": False, "households": 1.0, "exact_photos": False, "seed": SEED}


def test_a_build_without_its_mark_is_known_by_its_schema(
    sources: tuple[str, str], tables: pathlib.Path, tmp_path: pathlib.Path
) -> None:
    """As earlier versions wrote it; a table or a field that differs makes the tables another's."""
    output = tmp_path / "tables"
    shutil.copytree(tables, output)
    (output / "complete_journey.json").unlink()
    build_tables(sources[0], str(output), sources[1], seed=7)
    assert sorted(os.listdir(output)) == BUILT
    (output / "complete_journey.json").unlink()
    (output / "users.parquet").rename(output / "users.csv")
    with pytest.raises(UserError, match=r"has no complete_journey\.json"):
        build_tables(sources[0], str(output), sources[1])
    (output / "users.csv").rename(output / "users.parquet")
    for schema in ('{"fields": [{"name": "age", "group": "user"}]}', "{"):
        (output / "schema.json").write_text(schema)
        with pytest.raises(UserError, match=r"has no complete_journey\.json"):
            build_tables(sources[0], str(output), sources[1])


def test_a_build_that_fails_leaves_the_earlier_one_and_another_builds_files(
    sources: tuple[str, str], tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, file in (("tables", "complete_journey.json"), ("tables.partial", "items.parquet")):
        (tmp_path / name).mkdir()
        (tmp_path / name / file).write_text("{}")

    def full(source: pathlib.Path, *_: object, **__: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(pd.DataFrame, "to_parquet", full)
    with pytest.raises(OSError, match="disk full"):
        build_tables(sources[0], str(tmp_path / "tables"), sources[1])
    assert sorted(str(path.relative_to(tmp_path)) for path in tmp_path.rglob("*.*")) == [
        "tables.partial", "tables.partial/items.parquet", "tables/complete_journey.json"
    ]  # fmt: skip
