"""What `make train` writes down and prints about a run."""

from __future__ import annotations

import json
import os
import pathlib
import sysconfig
from typing import Any

from experiments.run_all import _conversion_rows, _has_references, _is_evaluated, _row, summary
from experiments.steps import portable


def test_published_configurations_name_no_machine() -> None:
    packages = sysconfig.get_path("purelib")
    config = {"encode": {"text": {"path": os.path.join(packages, "reader", "model")}}, "seed": 1}
    assert portable(config) == {"encode": {"text": {"path": "<site-packages>/reader/model"}}, "seed": 1}


def test_only_whole_and_recent_evaluations_are_kept(tmp_path: pathlib.Path) -> None:
    weights, metrics = tmp_path / "best.weights.h5", tmp_path / "metrics.json"
    weights.write_bytes(b"")
    assert not _is_evaluated(str(tmp_path))
    metrics.write_text(json.dumps({"test": {}}))
    assert not _is_evaluated(str(tmp_path))  # of an earlier version, or of one split
    metrics.write_text(json.dumps({"test": {}, "validation": {}}))
    assert _is_evaluated(str(tmp_path))
    os.utime(weights, (metrics.stat().st_mtime + 5,) * 2)
    assert not _is_evaluated(str(tmp_path))


def test_references_are_kept_for_their_dataset(tmp_path: pathlib.Path) -> None:
    assert not _has_references(str(tmp_path), "now")
    for found, kept in (({}, False), ({"dataset": "before"}, False), ({"dataset": "now"}, True)):
        (tmp_path / "references.json").write_text(json.dumps({**found, "rows": {}}))
        assert _has_references(str(tmp_path), "now") == kept


def scores(auc: float, log_loss: float, **more: Any) -> dict[str, Any]:
    return {"auc": auc, "log_loss": log_loss, **more}


def test_a_row_without_gauc_has_a_dash_in_its_column() -> None:
    ours, theirs = _row("CameNN", scores(0.75, 0.5, gauc=0.625)), _row("boosting", scores(0.7, 0.25))
    assert ours == f"{'CameNN':49s} 0.7500  0.6250    0.5000"
    assert theirs == f"{'boosting':49s} 0.7000       -    0.2500"


def test_rows_of_conversion_are_of_the_split_and_new_products_come_last() -> None:
    new = scores(0.625, 0.5, gauc=None)
    metrics = {"test": {"cvr": {**scores(0.75, 0.5, gauc=0.7), "slices": {"new_to_user": new}}}}
    observed = {"test": {**scores(0.7, 0.5), "new_to_user": scores(0.6, 0.5)}, "validation": {}}
    oracle = {"test": {**scores(0.8, 0.25), "new_to_user": None}}  # of one label
    rows = _conversion_rows("DIN", metrics, {"oracle": oracle, "observed": observed, "true": observed}, "test")
    assert [(row[:49].rstrip(), row[50:56]) for row in rows] == [
        ("DIN", "0.7500"),
        ("gradient boosting", "0.7000"),
        ("gradient boosting, true fields", "0.7000"),
        ("the world's own probability", "0.8000"),
        ("  new to the user: DIN", "0.6250"),
        ("  new to the user: gradient boosting", "0.6000"),
        ("  new to the user: gradient boosting, true fields", "0.6000"),
    ]
    metrics["test"]["cvr"]["slices"]["new_to_user"] = scores(0.0, 0.5) | {"auc": None}
    assert len(_conversion_rows("DIN", metrics, {}, "test")) == 1  # none is new


PAIRS = {"pairs": 118, "accuracy": 0.75, "auc": 0.875, "text_only": 0.5, "image_only": None}
CVR = {**scores(0.74, 0.5, gauc=0.7), "slices": {"new_to_user": {"auc": None}}}


def written_run(path: pathlib.Path, model: str, test: dict[str, Any]) -> str:
    """A run with what `summary` reads."""
    parts = {
        "metrics": {"validation": {"cvr": {**CVR, "auc": 0.71}}, "test": test},
        "history": {"samples_per_second": 1234.5},
        "config": {"model": {"name": model}},
    }
    for name, content in parts.items():
        (path / f"{name}.json").write_text(json.dumps(content))
    return str(path)


def test_the_summary_has_both_splits_the_gap_and_the_pairs_that_there_are(tmp_path: pathlib.Path) -> None:
    nothing = {"pairs": 0, "accuracy": None}
    run = written_run(tmp_path, "camenn", {"cvr": CVR, "alignment": {"all": {"ita": PAIRS, "tia": nothing}}})
    rows = {
        name: {split: {**scores(auc, 0.5), "new_to_user": None} for split in ("validation", "test")}
        for name, auc in (("observed", 0.66), ("true", 0.76), ("oracle", 0.8))
    }
    lines = summary(run, "out/model", rows).splitlines()
    titles = ["validation split", "test split (boosting knows validation, too)"]
    assert [line[:49].rstrip() for line in lines if line.endswith("AUC    GAUC  log loss")] == titles
    assert [line[50:56] for line in lines if line.startswith("CameNN  ")] == ["0.7100", "0.7400"]
    assert "CameNN closes 80% of the gap between observed and true fields" in lines  # (.74 - .66) / (.76 - .66)
    (pairs,) = [line for line in lines if line.startswith(("ITA", "TIA"))]
    assert pairs.split() == ["ITA", "all", "118", "0.7500", "0.8750", "0.5000", "-"]
    assert lines[-4:-2] == ["training speed  1234 samples/s", "SavedModel      out/model"]
    assert lines[-1].endswith(f"--logdir {tmp_path}/tensorboard")


def test_a_model_without_conversion_has_its_pairs_alone(tmp_path: pathlib.Path) -> None:
    run = written_run(tmp_path, "fashionbert", {"alignment": {"same_coarse_class": {"tia": PAIRS}}})
    text = summary(run, "out/model", {})
    assert "AUC    GAUC" not in text and "closes" not in text
    assert "\nTIA same coarse class" in text


def test_without_a_truth_no_gap_is_named(tmp_path: pathlib.Path) -> None:
    run = written_run(tmp_path, "din", {"cvr": CVR})
    text = summary(
        run, "out/model", {"observed": {split: {**CVR, "new_to_user": None} for split in ("validation", "test")}}
    )
    assert "closes" not in text and "alignment" not in text and text.count("\nDIN ") == 2
