"""What `make train` writes down about a run."""

from __future__ import annotations

import json
import os
import pathlib
import sysconfig

from experiments.run_all import _has_references, _is_evaluated
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
