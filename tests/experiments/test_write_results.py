from __future__ import annotations

import json
import pathlib

import pytest

from camenn_tf.errors import UserError
from experiments import write_results
from experiments.tables import budget
from tests.experiments.tables.made_runs import made_run


def test_results_are_what_the_json_files_give() -> None:
    here = pathlib.Path(write_results.HERE)
    written = (here / "RESULTS.md").read_text(encoding="utf-8")
    assert written == write_results.results_text(), "run make results"
    found = write_results.read_results()
    planned = (here / "BUDGET.md").read_text(encoding="utf-8")
    assert planned == budget.text(found["budget"], found), "run make results"


def test_sections_by_kind_in_folders_too(tmp_path: pathlib.Path) -> None:
    speed = {"precision": "float32", "plain_per_second": 2.0, "ours_per_second": 6.0, "ratio": 3.0, "cosine_least": 1}
    (tmp_path / "deeper").mkdir()
    for path, content in (("encode_speed.json", speed), ("deeper/again.json", {**speed, "kind": "encode_speed"})):
        (tmp_path / path).write_text(json.dumps(content))
    text = write_results.results_text(str(tmp_path))
    assert text.count("## ") == 1
    assert "| `deeper/again.json` | float32 | 2.0 | 6.0 | 3.00 | 1.00000 |\n| `encode_speed.json`" in text


def test_a_kind_without_a_section_is_named(tmp_path: pathlib.Path) -> None:
    (tmp_path / "strange.json").write_text("{}")
    with pytest.raises(ValueError, match=r"strange\.json: kind 'strange'"):
        write_results.results_text(str(tmp_path))


def test_a_file_that_is_cut_is_named(tmp_path: pathlib.Path) -> None:
    (tmp_path / "din-1.json").write_text('{"kind": "fin')
    with pytest.raises(ValueError, match=r"din-1\.json: no JSON"):
        write_results.results_text(str(tmp_path))


def test_results_of_one_s_own_stand_where_they_are_asked_for(tmp_path: pathlib.Path) -> None:
    results, output = tmp_path / "mine", tmp_path / "tables"
    with pytest.raises(UserError, match=r"--results=.*mine: no JSON file there"):
        write_results.write(str(results), str(output))
    for arm in ("camenn", "no_alignment"):
        run = made_run("ablations", arm, 7, 0.8)
        path = results / "ablations" / f"{arm}-7.json"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(json.dumps(run))
    write_results.write(str(results), str(output))
    assert [path.name for path in output.iterdir()] == ["RESULTS.md"]
    text = (output / "RESULTS.md").read_text()
    assert "| no ITA, no TIA (7) |" in text
    assert "Written by `python -m experiments.write_results`" in text
    assert "once more" not in text  # which only published runs are


def test_published_results_are_known_however_their_directory_is_named(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(write_results.HERE)
    assert write_results.results_text("results") == write_results.results_text()
