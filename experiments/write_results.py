"""Writes RESULTS.md, BUDGET.md and figures from the JSON files in experiments/results alone: `make results`."""

from __future__ import annotations

import collections
import glob
import json
import os
import pathlib
from collections.abc import Callable, Sequence
from typing import Any

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
    encoder_gain,
    final,
    interaction_speed,
    item_store_speed,
    paper_memory,
    peers,
    run,
    search,
    similarity,
    throughput,
)
from experiments.tables.cells import Files

HERE = os.path.dirname(__file__)
RESULTS = os.path.join(HERE, "results")
OUTPUT = os.path.join(HERE, "RESULTS.md")
BUDGET = os.path.join(HERE, "BUDGET.md")
SECTIONS: dict[str, Callable[[Files], list[str]]] = {  # in the order of RESULTS.md
    "final": final.lines,
    "ab": ab.lines,
    "ablations": lambda files: [*ablations.lines(files), *similarity.lines(files)],
    "dirty": dirty.lines,
    "search": search.lines,
    "budget": lambda files: ["## Budget", "[BUDGET.md](BUDGET.md)"],
    "run": run.lines,
    "encoder_gain": encoder_gain.lines,
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
    lines = ["# Results", "", "Written by `make results` from the JSON files in experiments/results."]
    for kind, section in SECTIONS.items():
        if found.get(kind):
            lines += ["", *section(found[kind])]
    return "\n".join(lines) + "\n"


def main(_: Sequence[str]) -> None:
    """Writes whatever the results give, once all of it is known."""
    found = read_results()
    texts = {OUTPUT: results_text()}
    if "budget" in found:
        texts[BUDGET] = budget.text(found["budget"], found)
    similarity.draw(found.get("ablations", []), HERE)
    dirty_figure.draw(found.get("dirty", []), os.path.join(HERE, dirty.FIGURE))
    for path, text in texts.items():
        write_text(path, text)
    print(f"wrote {os.path.relpath(OUTPUT)}")


if __name__ == "__main__":
    run_main(main)
