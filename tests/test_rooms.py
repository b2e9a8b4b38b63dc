"""Imports point downwards: a room knows those below it, and nothing of the project knows its commands."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
# From the ground up. Modules of one line at the top of the package are rooms of their own.
ROOMS = (
    *("errors", "bounds", "locked", "plain_path", "metrics", "tasks", "config", "flags"),
    *("dataset", "encoders", "inputs", "layers", "models", "training", "evaluation", "serving"),
)
COMMANDS = {"prepare", "encode", "train", "evaluate", "export"}


def imported(path: Path) -> Iterator[str]:
    """Modules of the project that a file imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        names = []
        if isinstance(node, ast.Import):
            names = [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module == "camenn_tf":
            names = [f"camenn_tf.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module:
            names = [node.module]
        yield from (name for name in names if name.split(".")[0] in ("camenn_tf", "data", "experiments", "tests"))


@pytest.mark.parametrize("room", [*ROOMS, *sorted(COMMANDS)])
def test_imports_point_downwards(room: str) -> None:
    package = ROOT / "camenn_tf" / room
    files = sorted(package.rglob("*.py")) if package.is_dir() else [package.with_suffix(".py")]
    known = {room, *(ROOMS if room in COMMANDS else ROOMS[: ROOMS.index(room)])}
    assert files
    for path in files:
        for name in imported(path):
            project, _, module = name.partition(".")
            assert project == "camenn_tf" and module.split(".")[0] in {"", *known}, f"{path} imports {name}"


def test_every_module_has_its_room() -> None:
    there = {
        path.stem for path in (ROOT / "camenn_tf").iterdir() if path.suffix == ".py" or (path / "__init__.py").exists()
    }
    assert there - {"__init__"} == {*ROOMS, *COMMANDS}
