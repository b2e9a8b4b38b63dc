"""Single-field AUC, missing shares and warnings."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from sklearn.metrics import roc_auc_score

from camenn_tf.dataset.dataset_info import FieldInfo
from camenn_tf.dataset.faults import Faults
from camenn_tf.dataset.report import field_report, single_field_auc, weighted_auc, write_report

NUMERIC = FieldInfo("n", "cross", "numeric", size=6)
CATEGORICAL = FieldInfo("c", "context", "categorical", size=4)


def test_auc_of_counts_is_scikit_learns() -> None:
    draw = np.random.default_rng(3)
    scores, counts = draw.integers(0, 4, 6), draw.integers(0, 9, (2, 6))
    rows = [
        (score, label) for label in (0, 1) for score, n in zip(scores, counts[label], strict=True) for _ in range(n)
    ]
    got = weighted_auc(scores, counts.astype(float))
    assert got == pytest.approx(roc_auc_score([label for _, label in rows], [score for score, _ in rows]), abs=1e-12)


def test_a_field_known_for_bought_rows_only_is_warned_of() -> None:
    counts = np.zeros((3, 2, 6), np.int64)
    counts[0, 0, 0], counts[0, 1, 3] = 10, 10
    found = field_report(NUMERIC, counts)
    assert found["missing_share"] == {"bought": 0.0, "not_bought": 1.0}
    assert found["auc"] == 1.0 and "warning" in found
    counts[0] = counts[0, ::-1]  # the other direction tells as much
    assert field_report(NUMERIC, counts)["auc"] == 1.0


def test_written_report_and_its_warnings(tmp_path: Path, caplog: pytest.LogCaptureFixture) -> None:
    counts = np.zeros((3, 2, 6), np.int64)
    counts[0, 0, 0], counts[0, 1, 3] = 10, 10
    write_report(str(tmp_path), {"empty_text": Faults(8, 2, [{"row": 3}])}, [NUMERIC], {"n": counts})
    assert json.loads((tmp_path / "report.json").read_text()) == {
        "faults": {"empty_text": {"count": 2, "share": 0.25, "examples": [{"row": 3}]}},
        "fields": {"n": field_report(NUMERIC, counts)},
    }
    assert "field 'n': this field alone has AUC 1.000" in caplog.text


def test_categorical_is_judged_on_validation() -> None:
    counts = np.zeros((3, 2, 4), np.int64)
    counts[0, :, 2], counts[0, :, 3] = [0, 50], [50, 0]  # train: value 2 is always bought
    counts[1, :, 2], counts[1, :, 3] = [10, 0], [0, 10]  # validation: never
    assert single_field_auc(CATEGORICAL, counts) == (0.0, "train rates in validation")
    assert "warning" not in field_report(CATEGORICAL, counts)
    counts[1] = 0
    assert single_field_auc(CATEGORICAL, counts) == (1.0, "train rates in train")


def test_no_auc_without_both_labels() -> None:
    assert single_field_auc(NUMERIC, np.zeros((3, 2, 6), np.int64))[0] is None
