"""One trained run, all its scores: what `make train` writes to result.json."""

from __future__ import annotations

from typing import Any

from experiments.comparison.arms import TITLES
from experiments.tables.cells import Files, score, table

REFERENCE_TITLES = {
    "observed": "gradient boosting",
    "true": "gradient boosting, true fields",
    "oracle": "the world's own probability",
}
SCORES = ("auc", "gauc", "log_loss")


def lines(files: Files) -> list[str]:
    """A section for each run."""
    found: list[str] = []
    for name, run in files:
        found += [*_heading(name, run), *_scores(run), *_alignment(run), *curve(run.get("evaluations", [])), ""]
    return found[:-1]


def _heading(name: str, run: dict[str, Any]) -> list[str]:
    model = run["config"]["model"]
    flags = "".join(f", `{flag}`" for flag in run.get("builder_flags", []))
    return [
        f"## {run['model']} on {run['dataset']}, seed {run['seed']}{flags}",
        f"`{name}`, commit {run['commit']}: E={model['embedding_size']}, {model['num_heads']} heads, "
        f"N={model['history_length']}, {run['validation']['total']} steps of "
        f"{run['config']['inputs']['batch_size']} samples, {run['samples_per_second']:.0f} samples/s, "
        f"{run['seconds_in_all']} s for the whole command, without steps that were done already.",
    ]


def split_title(split: str, references: dict[str, Any]) -> str:
    """Says of the test split that boosting, which needs no early stopping, was fitted on validation as well."""
    learnt_more = split == "test" and "observed" in references
    return f"{split} split" + (" (boosting knows validation, too)" if learnt_more else "")


def _scores(run: dict[str, Any]) -> list[str]:
    found: list[str] = []
    for split, report in (("validation", run.get("whole_validation")), ("test", run["test"])):
        if report and "cvr" in report:
            titles = [split_title(split, run["references"]), "AUC", "GAUC", "log loss"]
            rows = _conversion_rows(TITLES[run["model"]], report["cvr"], run["references"], split)
            found += ["", *table(titles, rows)]
    return found


def _conversion_rows(model: str, cvr: dict[str, Any], references: dict[str, Any], split: str) -> list[list[str]]:
    """The model, what frames it, and both on the products that are new to their user; then its other slices."""
    others = {title: references[key][split] for key, title in REFERENCE_TITLES.items() if key in references}
    rows = [_score_row(model, cvr)]
    rows += [_score_row(title, part) for title, part in others.items()]
    for name, part in cvr.get("slices", {}).items():
        if part["auc"]:
            rows.append(_score_row(f"{model}, {name.replace('_', ' ')}", part))
        if name == "new_to_user":
            new = {title: part.get(name) for title, part in others.items()}
            rows += [_score_row(f"{title}, new to user", part) for title, part in new.items() if part]
    return rows


def _score_row(title: str, part: dict[str, Any]) -> list[str]:
    return [title, *(score(part.get(key)) for key in SCORES)]


def _alignment(run: dict[str, Any]) -> list[str]:
    titles = ["alignment, items alone", "pairs", "accuracy", "AUC", "text only", "image only"]
    rows = [
        [
            f"{task.upper()}, {group.replace('_', ' ')}",
            str(part["pairs"]),
            *(score(part[key]) for key in ("accuracy", "auc", "text_only", "image_only")),
        ]
        for group, tasks in run["test"].get("alignment", {}).items()
        for task, part in tasks.items()
        if part["pairs"]
    ]
    return ["", *table(titles, rows)] if rows else []


def curve(evaluations: list[dict[str, Any]]) -> list[str]:
    """Scores of the validation split after each part of the training, which tell whether the run has converged."""
    if not evaluations:
        return []
    names = ("cvr_auc", "cvr_loss", "ita_auc", "tia_auc")
    titles = ["validation, after step", *(name.replace("_", " ") for name in names)]
    rows = [[str(part["total"]), *(score(part.get(f"val_{name}")) for name in names)] for part in evaluations]
    return ["", *table(titles, rows)]
