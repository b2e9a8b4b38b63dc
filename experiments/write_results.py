"""Writes experiments/RESULTS.md from the JSON files in experiments/results, and from nothing else: `make results`."""

from __future__ import annotations

import glob
import json
import os
import pathlib
from typing import Any

HERE = os.path.dirname(__file__)
RESULTS = os.path.join(HERE, "results")
OUTPUT = os.path.join(HERE, "RESULTS.md")
REFERENCE_TITLES = {
    "observed": "gradient boosting",
    "true": "gradient boosting, true fields",
    "oracle": "the world's own probability",
}


def results_text(directory: str = RESULTS) -> str:
    """The whole of RESULTS.md."""
    runs: list[tuple[str, dict[str, Any]]] = []
    timings: list[tuple[str, dict[str, Any]]] = []
    for path in sorted(glob.glob(os.path.join(directory, "*.json"))):
        content = json.loads(pathlib.Path(path).read_text(encoding="utf-8"))
        (runs if content.get("kind") == "run" else timings).append((os.path.basename(path), content))
    lines = ["# Results", "", "Written by `make results` from the JSON files in experiments/results."]
    for name, content in runs:
        lines += ["", *_run_lines(name, content)]
    for name, content in timings:
        lines += ["", *_timing_lines(name, content)]
    return "\n".join(lines) + "\n"


def _run_lines(name: str, run: dict[str, Any]) -> list[str]:
    model = run["config"]["model"]
    tables = "".join(f", `{flag}`" for flag in run.get("builder_flags", []))
    lines = [
        f"## {run['model']} on {run['dataset']}, seed {run['seed']}{tables}",
        f"`{name}`, commit {run['commit']}: E={model['embedding_size']}, {model['num_heads']} heads, "
        f"N={model['history_length']}, {run['validation']['total']} steps of "
        f"{run['config']['inputs']['batch_size']} samples, {run['samples_per_second']:.0f} samples/s, "
        f"{run['seconds_in_all']} s for the whole command, without steps that were done already.",
    ]
    for split, report in (("validation", run.get("whole_validation")), ("test", run["test"])):
        if report:
            lines += ["", *_conversion_lines(split, report["cvr"], run["references"])]
    lines += ["", "| alignment, items alone | pairs | accuracy | AUC | text only | image only |", "| --- " * 6 + "|"]
    for group, tasks in run["test"].get("alignment", {}).items():
        for task, part in tasks.items():
            if part["pairs"]:
                cells = (_cell(part[key]) for key in ("accuracy", "auc", "text_only", "image_only"))
                lines.append(f"| {task.upper()}, {group} | {part['pairs']} | " + " | ".join(cells) + " |")
    return lines + _curve_lines(run.get("evaluations", []))


def _curve_lines(evaluations: list[dict[str, Any]]) -> list[str]:
    """Scores of the validation split after each part of the training, which tell whether the run has converged."""
    if not evaluations:
        return []
    names = ("cvr_auc", "cvr_loss", "ita_auc", "tia_auc")
    title = "| validation, after step | " + " | ".join(name.replace("_", " ") for name in names) + " |"
    rows = [
        f"| {part['total']} | " + " | ".join(_cell(part.get(f"val_{name}")) for name in names) + " |"
        for part in evaluations
    ]
    return ["", title, "| --- " * (1 + len(names)) + "|", *rows]


def _conversion_lines(split: str, cvr: dict[str, Any], references: dict[str, Any]) -> list[str]:
    """CameNN, what frames it, and both on the products that are new to their user; then CameNN's other slices."""
    others = {title: references[key][split] for key, title in REFERENCE_TITLES.items() if key in references}
    lines = [f"| {split} split | AUC | GAUC | log loss |", "| --- | --- | --- | --- |", _score_row("CameNN", cvr)]
    lines += [_score_row(title, part) for title, part in others.items()]
    for name, part in cvr.get("slices", {}).items():
        if part["auc"]:
            lines.append(_score_row(f"CameNN, {name.replace('_', ' ')}", part))
        if name == "new_to_user":
            new = {title: part.get(name) for title, part in others.items()}
            lines += [_score_row(f"{title}, new to user", part) for title, part in new.items() if part]
    return lines


def _score_row(title: str, part: dict[str, Any]) -> str:
    return f"| {title} | " + " | ".join(_cell(part.get(key)) for key in ("auc", "gauc", "log_loss")) + " |"


def _cell(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def _timing_lines(name: str, timing: dict[str, Any]) -> list[str]:
    equal = timing["equal_batch"]
    lines = [
        "## Training speed beside the literal model",
        f"`{name}`: B=4, N=10: {equal['our_seconds']:.3f} s a step against {equal['literal_seconds']:.3f} s, ratio "
        f"{equal['ratio']:.2f}; float32 matmul rate {equal['matmul_gflops']:.0f} GFLOP/s, of which ours reaches "
        f"{equal['our_share']:.2f} and the literal form {equal['literal_share']:.2f} (of its own, padded products).",
        "",
        "| N | B | samples/s | share of the matmul rate | peak GB |",
        "| --- | --- | --- | --- | --- |",
    ]
    for row in timing["ours"]:
        lines.append(
            f"| {row['history']} | {row['batch']} | {row['samples_per_second']:.1f} | {row['share']:.2f} | "
            f"{row['peak_gb']:.2f} |"
        )
    return lines


if __name__ == "__main__":
    pathlib.Path(OUTPUT).write_text(results_text(), encoding="utf-8")
    print(f"wrote {os.path.relpath(OUTPUT)}")
