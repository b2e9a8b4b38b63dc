"""All steps from tables to SavedModel, and a short table of results: what `make train` calls.

    python -m experiments.run_all --dataset=corner_store --output=build/corner_store

Every step is one of the project's own commands, printed before it runs. Tables, dataset and features that are there and
unchanged are kept by the steps themselves. A run lies under runs/<hash of configuration, dataset and features>, so that
another configuration trains anew and the same one goes on or is already finished; `run` points at the newest.
"""

from __future__ import annotations

import hashlib
import os
import sys
import time
from collections.abc import Sequence
from typing import Any

from absl import flags

from camenn_tf.config import save_config
from camenn_tf.flags import define_config_flag, resolve_config, run_main
from camenn_tf.plain_path import check_plain_path
from experiments.comparison.arms import TITLES
from experiments.configs.encoders import OFFLINE
from experiments.steps import build_tables, commit, load_json, portable, step, write_result
from experiments.tables.run import REFERENCE_TITLES, split_title

_CONFIG = define_config_flag()
_DATASET = flags.DEFINE_enum("dataset", "corner_store", ["corner_store", "complete_journey"], "Which tables to build.")
_IMAGES = flags.DEFINE_string("images", "", "GroceryStoreDataset directory, for complete_journey.")
_OUTPUT = flags.DEFINE_string("output", None, "Directory for everything that is made.", required=True)
_BUILDER_FLAGS = flags.DEFINE_multi_string("builder_flag", [], "Passed on to the builder of the tables, e.g. --seed=2.")

_TITLE = len("  new to the user: gradient boosting, true fields")  # the longest of the rows' titles


def main(_: Sequence[str]) -> None:
    """Runs every step that is not done, and prints the table."""
    config = resolve_config(_CONFIG.value)
    out = _OUTPUT.value
    check_plain_path("output", out)
    os.makedirs(out, exist_ok=True)
    paths = {name: os.path.join(out, name) for name in ("tables", "dataset", "features", "model")}
    settings = os.path.join(out, "config.json")  # one file that every step reads: overrides are given once
    save_config(config, settings)
    start = time.monotonic()
    build_tables(_DATASET.value, paths["tables"], _IMAGES.value, _BUILDER_FLAGS.value)
    given = [f"--config=experiments/configs/resolved.py:{settings}"]
    step("camenn_tf.prepare", f"--tables={paths['tables']}", f"--output={paths['dataset']}", "--overwrite", *given)
    if OFFLINE in config.encode.text.path or OFFLINE in config.encode.image.name:
        step("data.offline_encoders", f"--output={OFFLINE}")
    step("camenn_tf.encode", f"--dataset={paths['dataset']}", f"--output={paths['features']}", *given)
    run = _run_directory(out, settings, paths)
    sources = (f"--dataset={paths['dataset']}", f"--features={paths['features']}")
    step("camenn_tf.train", *sources, f"--output={run}", *given)
    _link(run, os.path.join(out, "run"))
    truth = os.path.join(paths["tables"], "truth")
    has_truth = [f"--truth={truth}"] if os.path.isdir(truth) else []
    if not _is_evaluated(run):
        step("camenn_tf.evaluate", f"--run={run}", "--split=validation", "--split=test", *has_truth)
    if not _has_references(out, load_json(paths["dataset"], "dataset")["fingerprint"]):
        references = f"--output={os.path.join(out, 'references.json')}"
        step("experiments.references", f"--dataset={paths['dataset']}", references, *has_truth)
    step("camenn_tf.export", f"--run={run}", f"--output={paths['model']}")
    rows = load_json(out, "references")["rows"]
    print(summary(run, paths["model"], rows))
    seconds = time.monotonic() - start
    _write_result(os.path.join(out, "result.json"), run, rows, seconds)
    print(f"\n{seconds:.0f} s in all; the same numbers as JSON: {os.path.join(out, 'result.json')}")


def _is_evaluated(run: str) -> bool:
    """Whether metrics.json judges both splits, and is newer than the weights."""
    metrics, weights = (os.path.join(run, name) for name in ("metrics.json", "best.weights.h5"))
    if not os.path.exists(metrics) or os.path.getmtime(metrics) < os.path.getmtime(weights):
        return False
    return {"validation", "test"} <= set(load_json(run, "metrics"))


def _has_references(out: str, dataset: str) -> bool:
    """Whether references.json is there and of this dataset; all configurations share it."""
    if not os.path.exists(os.path.join(out, "references.json")):
        return False
    return load_json(out, "references").get("dataset") == dataset


def _run_directory(out: str, settings: str, paths: dict[str, str]) -> str:
    digest = hashlib.sha256()
    for path in (
        settings,
        os.path.join(paths["dataset"], "dataset.json"),
        os.path.join(paths["features"], "features.json"),
    ):
        with open(path, "rb") as file:
            digest.update(file.read())
    return os.path.join(out, "runs", digest.hexdigest()[:10])


def _link(run: str, link: str) -> None:
    """Points `link` at the run, replacing an older one in one step."""
    aside = f"{link}.{os.getpid()}"
    os.symlink(os.path.relpath(run, os.path.dirname(link)), aside)
    os.replace(aside, link)


def summary(run: str, model: str, references: dict[str, Any]) -> str:
    """The short table, from metrics.json and history.json of the run and the rows of references.json."""
    metrics, history = (load_json(run, name) for name in ("metrics", "history"))
    test = metrics["test"]
    lines = []
    title = TITLES[load_json(run, "config")["model"]["name"]]
    for split in ("validation", "test") if "cvr" in test else ():
        rows = _conversion_rows(title, metrics, references, split)
        lines += ["", f"{split_title(split, references):{_TITLE}s}    AUC    GAUC  log loss", *rows]
    if "cvr" in test and references.get("true") and references.get("observed"):
        low, high = (references[name]["test"]["auc"] for name in ("observed", "true"))
        closed = (test["cvr"]["auc"] - low) / (high - low)
        lines.append(f"{title} closes {closed:.0%} of the gap between observed and true fields")
    if test.get("alignment"):
        lines += ["", "alignment, items alone      pairs  accuracy     AUC  text only  image only"]
    for name, tasks in test.get("alignment", {}).items():
        for task, part in tasks.items():
            if part["pairs"]:
                cells = [part[key] for key in ("accuracy", "auc", "text_only", "image_only")]
                numbers = "  ".join("-".rjust(7) if cell is None else f"{cell:7.4f}" for cell in cells)
                lines.append(f"{task.upper()} {name.replace('_', ' '):22s} {part['pairs']:6d}   {numbers}")
    lines += ["", f"training speed  {history['samples_per_second']:.0f} samples/s"]
    lines.append(f"SavedModel      {model}")
    lines.append(f"TensorBoard     {os.path.join(run, 'tensorboard')}")
    lines.append(f"open it with    {sys.executable} -m tensorboard.main --logdir {os.path.join(run, 'tensorboard')}")
    return "\n".join(lines)


def _conversion_rows(model: str, metrics: dict[str, Any], references: dict[str, Any], split: str) -> list[str]:
    """The model and what frames it, overall and on products that are new to their user."""
    parts = {model: (metrics[split]["cvr"], metrics[split]["cvr"]["slices"]["new_to_user"])}
    for name, title in REFERENCE_TITLES.items():
        if name in references:
            row = references[name][split]
            parts[title] = (row, row["new_to_user"])
    lines = [_row(title, whole) for title, (whole, _) in parts.items()]
    return lines + [_row(f"  new to the user: {title}", new) for title, (_, new) in parts.items() if new and new["auc"]]


def _write_result(path: str, run: str, references: dict[str, Any], seconds: float) -> None:
    """One JSON with all that a published row needs; `make results` reads those in experiments/results."""
    metrics, history, config = (load_json(run, name) for name in ("metrics", "history", "config"))
    best = history["evaluations"][history["best_evaluation"]]
    result = {
        "kind": "run",
        "dataset": _DATASET.value,
        "model": config["model"]["name"],
        "seed": config["seed"],
        "builder_flags": _BUILDER_FLAGS.value,
        "commit": commit(),
        "seconds_in_all": round(seconds),
        "training_seconds": history["seconds"],
        "samples_per_second": history["samples_per_second"],
        "validation": best,
        "evaluations": history["evaluations"],
        "test": metrics["test"],
        "whole_validation": metrics["validation"],
        "references": references,
        "config": portable(config),
    }
    write_result(path, result)


def _row(title: str, part: dict[str, Any]) -> str:
    gauc = "     -" if part.get("gauc") is None else f"{part['gauc']:.4f}"
    return f"{title:{_TITLE}s} {part['auc']:.4f}  {gauc}    {part['log_loss']:.4f}"


if __name__ == "__main__":
    run_main(main)
