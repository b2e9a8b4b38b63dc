"""Published runs once more, by later code: how far the scores are apart."""

from __future__ import annotations

from collections.abc import Mapping

from experiments.ablations import ARMS
from experiments.comparison.arms import TITLES
from experiments.tables.cells import Files, table
from experiments.tables.runs import Run, auc

STUDIES = {"final": "Tables 1, 2, 4", "ablations": "ablations"}
COLUMNS = ("run", "study", "published by", "repeated by", "validation", "new to household", "test", "new to household")
CHANGES = (("validation", "all"), ("validation", "new_to_user"), ("test", "all"), ("test", "new_to_user"))


def lines(repeated: Mapping[str, Files], published: Mapping[str, Files]) -> list[str]:
    """One row a run: AUC of the later one less that of the published one of the same study, arm and seed.

    Args:
      repeated: runs by kind, as `read_results` gives them.
      published: likewise; a run that is not among them is left out.
    """
    first = {_key(run): run for kind in STUDIES for _, run in published.get(kind, [])}
    again = [run for kind in STUDIES for _, run in repeated.get(kind, []) if _key(run) in first]
    if not again:
        return []
    return [
        "## Published runs once more",
        "The same commands with `--results` of their own, tables, dataset and features made anew: AUC of the later run "
        "less that of the published one. Of what changed between the commits (CHANGELOG) one thing changes a dataset: "
        "numbers near a boundary may be in the next bucket.",
        "",
        *table(COLUMNS, [_row(first[_key(run)], run) for run in again]),
    ]


def _key(run: Run) -> tuple[str, str, int]:
    return run["kind"], run["arm"], run["seed"]


def _row(first: Run, again: Run) -> list[str]:
    title = TITLES[again["arm"]] if again["kind"] == "final" else ARMS[again["arm"]][0]
    changes = [_change(first, again, split, part) for split, part in CHANGES]
    return [f"{title} ({again['seed']})", STUDIES[again["kind"]], first["commit"], again["commit"], *changes]


def _change(first: Run, again: Run, split: str, part: str) -> str:
    then, now = auc(split, part)(first), auc(split, part)(again)
    if then is None or now is None:
        return "-"
    return f"{round(now - then, 5) + 0.0:+.5f}"  # + 0.0: zero has no minus
