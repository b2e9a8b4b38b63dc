"""The project's own commands as steps of a longer one; what is done already is not done again."""

from __future__ import annotations

import contextlib
import glob
import hashlib
import itertools
import json
import os
import shlex
import subprocess
import sys
import sysconfig
from collections.abc import Sequence
from typing import Any


def step(module: str, *arguments: str) -> None:
    """Prints the command and runs it; ends the program with the command's own exit code if that is not 0."""
    command = [sys.executable, "-m", module, *arguments]
    print("\n$ " + shlex.join(["python", *command[1:]]), flush=True)
    result = subprocess.run(command, check=False, close_fds=False)  # hands on what is `locked`
    if result.returncode:
        sys.exit(result.returncode if result.returncode > 0 else 1)


def build_tables(dataset: str, tables: str, images: str, builder_flags: Sequence[str]) -> None:
    """Builds the tables once; a change of what they are built from builds them anew."""
    arguments = [f"--output={tables}", *builder_flags]
    if dataset == "complete_journey":
        if not images:
            sys.exit(
                "Complete Journey needs photos: name a GroceryStoreDataset directory, --images=DIR (make: IMAGES=DIR). "
                "To get it:\n  git clone https://github.com/marcusklasson/GroceryStoreDataset"
            )
        arguments.append(f"--images={images}")
    mark = f"{tables}.built-from.json"
    made_of = {"arguments": arguments, "sources": _sources()}
    if os.path.isdir(tables) and _resolved(_read_mark(mark)) == _resolved(made_of):
        print(f"tables: {tables} is unchanged", flush=True)
        return
    with contextlib.suppress(FileNotFoundError):
        os.remove(mark)  # killed from here on, nothing may take the old tables for these
    step(f"data.{dataset}", *arguments)
    write_result(mark, made_of)


def _read_mark(path: str) -> dict[str, Any]:
    """What the tables were built from; nothing if that is not known."""
    try:
        with open(path, encoding="utf-8") as file:
            mark: dict[str, Any] = json.load(file)
            return mark
    except (FileNotFoundError, json.JSONDecodeError):
        return {}


def _resolved(made_of: dict[str, Any]) -> dict[str, Any]:
    """The same however the directory of the photos is spelt."""
    flag = "--images="
    arguments = [
        flag + os.path.realpath(argument.removeprefix(flag)) if argument.startswith(flag) else argument
        for argument in made_of.get("arguments", [])
    ]
    return {**made_of, "arguments": arguments}


def _sources() -> str:
    """Hash of the builders' code and of the tables beside it: another world needs other tables."""
    digest = hashlib.sha256()
    files = (glob.glob(os.path.join("data", "**", ending), recursive=True) for ending in ("*.py", "*.csv"))
    for path in sorted(itertools.chain.from_iterable(files)):
        with open(path, "rb") as file:
            digest.update(file.read())
    return digest.hexdigest()


def load_json(run: str, name: str) -> dict[str, Any]:
    """One of a run's JSON files, by its name without the ending."""
    with open(os.path.join(run, f"{name}.json"), encoding="utf-8") as file:
        loaded: dict[str, Any] = json.load(file)
        return loaded


def write_result(path: str, result: dict[str, Any]) -> None:
    """Writes what a published row needs."""
    write_text(path, json.dumps(result, ensure_ascii=False, indent=1, sort_keys=True) + "\n")


def write_text(path: str, text: str) -> None:
    """Writes aside and then under its name, so that there is never half a file."""
    os.makedirs(os.path.dirname(path) or ".", exist_ok=True)
    aside = f"{path}.{os.getpid()}.part"
    with open(aside, "w", encoding="utf-8") as file:
        file.write(text)
    os.replace(aside, path)


def commit() -> str:
    """The commit that is checked out, with a + when files but results differ from it; empty outside a repository."""
    described = _git("describe", "--always", "--exclude=*").stdout.strip()
    changed = _git("diff", "--quiet", "HEAD", "--", ".", ":!experiments/results").returncode
    return described + "+" if described and changed else described


def _git(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)


def portable(config: dict[str, Any]) -> dict[str, Any]:
    """The configuration as any machine may read it: an installed package's files by `<site-packages>/...`."""
    packages = sysconfig.get_path("purelib")
    text = json.dumps(config)
    named: dict[str, Any] = json.loads(text.replace(json.dumps(packages)[1:-1], "<site-packages>"))
    return named
