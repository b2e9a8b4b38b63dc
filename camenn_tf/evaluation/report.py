"""`metrics.json` of a run, and the table a person reads."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping
from typing import Any

import keras

from camenn_tf.locked import locked

FILE_NAME = "metrics.json"


def weights_fingerprint(model: keras.Model) -> str:
    """Hash of all weights: says which state of a model a number belongs to."""
    digest = hashlib.sha256()
    for weight in model.weights:
        digest.update(weight.numpy().tobytes())
    return digest.hexdigest()[:16]


def save_report(run: str, split: str, report: Mapping[str, Any]) -> str:
    """Writes the split's report into `metrics.json`, aside first; reports of other weights are dropped.

    Processes that judge several splits of one run wait for each other here, so that none loses another's report.

    Args:
      run: the run's directory.
      split: the key the report stands under.
      report: JSON-able, with the key `weights`.

    Returns:
      The file's path.
    """
    path = os.path.join(run, FILE_NAME)
    with locked(path + ".lock"):
        reports = {**_reports_of(path, report["weights"]), split: dict(report)}
        aside = f"{path}.{os.getpid()}.part"
        with open(aside, "w", encoding="utf-8") as file:
            json.dump(reports, file, ensure_ascii=False, indent=1, allow_nan=False)
            file.write("\n")
        os.replace(aside, path)
    return path


def _reports_of(path: str, weights: str) -> dict[str, Any]:
    if not os.path.exists(path):
        return {}
    with open(path, encoding="utf-8") as file:
        return {name: part for name, part in json.load(file).items() if part.get("weights") == weights}


def table(report: Mapping[str, Any]) -> str:
    """The report as text: conversion by slice beside the oracle, alignment beside its controls, deciles."""
    conversion, deciles = _conversion(report["cvr"]) if "cvr" in report else ([], [])
    pairs = [
        [
            f"{task} {name}",
            str(part["pairs"]),
            *(_number(part[key]) for key in ("accuracy", "auc", "text_only", "image_only")),
        ]
        for name, tasks in report.get("alignment", {}).items()
        for task, part in tasks.items()
        if part["pairs"]
    ]
    alignment = _aligned([["alignment", "pairs", "accuracy", "AUC", "text only", "image only"], *pairs])
    lines = [f"{report['split']} split"]
    for part in (conversion, alignment if pairs else [], deciles):
        lines += ["", *part] if part else []
    return "\n".join(lines)


def _conversion(cvr: Mapping[str, Any]) -> tuple[list[str], list[str]]:
    """The table by slice and the one by decile."""
    oracle = "oracle" in cvr
    heads = [
        "conversion",
        "samples",
        "bought",
        "AUC",
        "GAUC",
        "log loss",
        *(["oracle AUC", "GAUC", "log loss"] * oracle),
    ]
    rows = [_row(name, part) for name, part in [("all", cvr), *cvr["slices"].items()] if part["samples"]]
    deciles = [
        [str(place), str(part["samples"]), _number(part["mean_score"]), _number(part["positive_share"])]
        for place, part in enumerate(cvr["calibration"], 1)
    ]
    return _aligned([heads, *rows]), _aligned([["decile", "samples", "score", "bought"], *deciles])


def _row(name: str, part: Mapping[str, Any]) -> list[str]:
    numbers = [part, part["oracle"]] if "oracle" in part else [part]
    scores = [_number(values[key]) for values in numbers for key in ("auc", "gauc", "log_loss")]
    return [name.replace("_", " "), str(part["samples"]), str(part["positives"]), *scores]


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.4f}"


def _aligned(rows: list[list[str]]) -> list[str]:
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return [
        "  ".join(
            cell.rjust(width) if column else cell.ljust(width)
            for column, (cell, width) in enumerate(zip(row, widths, strict=True))
        )
        for row in rows
    ]
