"""Writes RESULTS.md, BUDGET.md and figures from the JSON files in experiments/results alone: `make results`.

Runs of your own, as with `--seed=7 --results=mine` of a study: `python -m experiments.write_results --results=mine
--output=mine`.
"""

from __future__ import annotations

import collections
import glob
import json
import os
import pathlib
from collections.abc import Callable
from typing import Any

from absl import flags

from camenn_tf.errors import UserError
from camenn_tf.flags import run_main
from experiments.steps import write_text
from experiments.tables import (
    ab,
    ablations,
    budget,
    dirty,
    dirty_figure,
    encode_cost,
    encode_speed,
    final,
    interaction_speed,
    item_store_speed,
    paper_memory,
    peers,
    repeated,
    run,
    search,
    similarity,
    throughput,
)
from experiments.tables.cells import Files

HERE = os.path.dirname(__file__)
RESULTS = os.path.join(HERE, "results")
REPEATS = os.path.join(HERE, "repeats")  # published runs once more, by later code
SECTIONS: dict[str, Callable[[Files], list[str]]] = {  # in the order of RESULTS.md
    "final": final.lines,
    "ab": ab.lines,
    "ablations": lambda files: [*ablations.lines(files), *similarity.lines(files)],
    "dirty": dirty.lines,
    "search": search.lines,
    "budget": lambda files: ["## Budget", "[BUDGET.md](BUDGET.md)"],
    "run": run.lines,
    "peers": peers.lines,
    "throughput": throughput.lines,
    "interaction_speed": interaction_speed.lines,
    "paper_memory": paper_memory.lines,
    "encode_speed": encode_speed.lines,
    "encode_cost": encode_cost.lines,
    "item_store_speed": item_store_speed.lines,
}


def read_results(directory: str = RESULTS) -> dict[str, list[tuple[str, dict[str, Any]]]]:
    """Path and content of every JSON file, by kind.

    Raises:
      UserError: a file that is no JSON, or of a kind for which there is no section.
    """
    found: dict[str, list[tuple[str, dict[str, Any]]]] = collections.defaultdict(list)
    for path in sorted(glob.glob(os.path.join(directory, "**", "*.json"), recursive=True)):
        try:
            content = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
        except json.JSONDecodeError as error:
            raise UserError(f"{path}: no JSON ({error}); remove it and run its command again") from error
        kind = content.get("kind", pathlib.Path(path).stem)
        if kind not in SECTIONS:
            raise UserError(f"{path}: kind '{kind}' has no section in RESULTS.md (there are {', '.join(SECTIONS)})")
        found[kind].append((os.path.relpath(path, directory), content))
    return found


def results_text(directory: str = RESULTS) -> str:
    """The whole of RESULTS.md. Raises UserError as `read_results`."""
    found = read_results(directory)
    published = os.path.abspath(directory) == os.path.abspath(RESULTS)
    source = "the JSON files in experiments/results" if published else "JSON files of one's own"
    command = "make results" if published else "python -m experiments.write_results"
    lines = ["# Results", "", f"Written by `{command}` from {source}."]
    for kind, section in SECTIONS.items():
        if found.get(kind):
            lines += ["", *section(found[kind])]
    further = repeated.lines(read_results(REPEATS), found) if published else []
    if further:
        lines += ["", *further]
    return "\n".join(lines) + "\n"


def write(results: str, output: str) -> None:
    """Writes whatever the JSON files in `results` give into the directory `output`, once all of it is known.

    Raises:
      UserError: as `read_results`, and where there is no file.
    """
    found = read_results(results)
    if not found:
        raise UserError(f"--results={results}: no JSON file there")
    texts = {"RESULTS.md": results_text(results)}
    if "budget" in found:
        texts["BUDGET.md"] = budget.text(found["budget"], found)
    os.makedirs(output, exist_ok=True)
    similarity.draw(found.get("ablations", []), output)
    dirty_figure.draw(found.get("dirty", []), os.path.join(output, dirty.FIGURE))
    for name, text in texts.items():
        write_text(os.path.join(output, name), text)
    print(f"wrote {os.path.relpath(os.path.join(output, 'RESULTS.md'))}")


if __name__ == "__main__":
    _RESULTS = flags.DEFINE_string("results", RESULTS, "Directory of the JSON files.")
    _OUTPUT = flags.DEFINE_string("output", HERE, "Directory for RESULTS.md, BUDGET.md and the figures.")
    run_main(lambda _: write(_RESULTS.value, _OUTPUT.value))
