"""An output directory that appears whole or not at all, whatever ends the process that writes it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path

import pytest
from apache_beam.io.filesystems import FileSystems

from camenn_tf.dataset.storage import written_aside


def write(output: Path, text: str) -> None:
    with written_aside(str(output)) as aside:
        Path(aside, "text").write_text(text)


@pytest.fixture(params=["out", "out[1]*?"])
def output(tmp_path: Path, request: pytest.FixtureRequest) -> Path:
    """A directory that was written once, with nothing beside it; its name may look like a pattern."""
    write(tmp_path / request.param, "old")
    return Path(tmp_path / request.param)


@pytest.fixture(scope="module")
def dead() -> int:
    """The number of a process that is no more."""
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def partial(output: Path, process: int, ending: str = "") -> Path:
    return output.with_name(f"{output.name}.partial-{socket.gethostname()}-{process}{ending}")


def assert_alone(output: Path, text: str) -> None:
    assert (output / "text").read_text() == text
    assert os.listdir(output.parent) == [output.name]


def test_the_new_replaces_the_old(output: Path) -> None:
    write(output, "new")
    assert_alone(output, "new")


def test_the_old_comes_back_if_the_new_cannot_take_its_place(output: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    rename = FileSystems.rename

    def fail(sources: list[str], targets: list[str]) -> None:
        if targets == [str(output)] and not sources[0].endswith("-replaced"):
            raise OSError("quota exceeded")
        rename(sources, targets)

    monkeypatch.setattr(FileSystems, "rename", fail)
    with pytest.raises(OSError, match="quota exceeded"):
        write(output, "new")
    assert_alone(output, "old")


def test_what_a_killed_process_set_aside_comes_back(output: Path, dead: int) -> None:
    output.rename(partial(output, dead, "-replaced"))  # killed between the two renames
    partial(output, dead).mkdir()
    with pytest.raises(OSError, match="disk full"), written_aside(str(output)):
        raise OSError("disk full")
    assert_alone(output, "old")


def test_leftovers_of_the_dead_go_and_those_of_the_living_stay(output: Path, dead: int) -> None:
    partial(output, dead).mkdir()
    partial(output, dead, "-replaced").mkdir()
    partial(output, os.getppid()).mkdir()
    write(output, "new")
    assert sorted(os.listdir(output.parent)) == [output.name, partial(output, os.getppid()).name]
