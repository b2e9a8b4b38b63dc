"""Steps that are done already, and which commit a result names."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path

import pytest

from experiments import steps


@pytest.fixture
def built(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> list[tuple[str, ...]]:
    """The builders' calls; a builder makes its directory."""
    calls: list[tuple[str, ...]] = []
    (tmp_path / "photos").mkdir()
    monkeypatch.chdir(tmp_path)

    def build(module: str, *arguments: str) -> None:
        calls.append((module, *arguments))
        Path("tables").mkdir(exist_ok=True)

    monkeypatch.setattr(steps, "step", build)
    steps.build_tables("complete_journey", "tables", "photos", ["--households=0.3"])
    return calls


def test_tables_are_built_once_however_the_photos_are_spelt(built: list[tuple[str, ...]], tmp_path: Path) -> None:
    assert built == [("data.complete_journey", "--output=tables", "--households=0.3", "--images=photos")]
    for images in ("photos", "./photos/", str(tmp_path / "photos")):
        steps.build_tables("complete_journey", "tables", images, ["--households=0.3"])
    assert len(built) == 1
    steps.build_tables("complete_journey", "tables", "photos", [])
    assert len(built) == 2


def test_a_mark_that_is_cut_builds_anew(built: list[tuple[str, ...]]) -> None:
    mark = Path("tables.built-from.json")
    mark.write_text(mark.read_text()[:20])
    steps.build_tables("complete_journey", "tables", "photos", ["--households=0.3"])
    assert len(built) == 2 and json.loads(mark.read_text())["arguments"]


def test_results_do_not_make_a_commit_another(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    assert steps.commit() == ""
    for path in ("code.py", "experiments/results/run.json"):
        Path(path).parent.mkdir(parents=True, exist_ok=True)
        Path(path).write_text("1")
    identity = ("-c", "user.name=a", "-c", "user.email=a@b")
    for command in (("init", "-q"), ("add", "-A"), (*identity, "commit", "-qm", "one")):
        subprocess.run(["git", *command], check=True)
    clean = steps.commit()
    Path("experiments/results/run.json").write_text("2")
    assert clean and steps.commit() == clean
    Path("code.py").write_text("2")
    assert steps.commit() == clean + "+"


def test_tables_whose_builder_was_killed_are_built_anew(
    built: list[tuple[str, ...]], monkeypatch: pytest.MonkeyPatch
) -> None:
    def killed(*_: str) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(steps, "step", killed)
        with pytest.raises(KeyboardInterrupt):
            steps.build_tables("complete_journey", "tables", "photos", [])
    steps.build_tables("complete_journey", "tables", "photos", ["--households=0.3"])  # those of before, half replaced
    assert len(built) == 2


@pytest.mark.parametrize("file", ["data/new.py", "data/journey/new.py", "data/product_type_to_class.csv"])
def test_tables_are_built_anew_after_a_change_of_their_sources(built: list[tuple[str, ...]], file: str) -> None:
    Path(file).parent.mkdir(parents=True)
    Path(file).write_text("other products")
    steps.build_tables("complete_journey", "tables", "photos", ["--households=0.3"])
    assert len(built) == 2
    steps.build_tables("complete_journey", "tables", "photos", ["--households=0.3"])
    assert len(built) == 2
    Path("data/README.md").write_text("no source")
    steps.build_tables("complete_journey", "tables", "photos", ["--households=0.3"])
    assert len(built) == 2
