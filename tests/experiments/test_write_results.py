from __future__ import annotations

import pathlib

from experiments import write_results


def test_results_are_what_the_json_files_give() -> None:
    written = pathlib.Path(write_results.OUTPUT).read_text(encoding="utf-8")
    assert written == write_results.results_text(), "run make results"


def test_a_learning_curve_is_a_row_an_evaluation() -> None:
    curve = [{"total": 10, "val_cvr_auc": 0.7, "val_cvr_loss": 0.4}, {"total": 20, "val_cvr_auc": 0.75}]
    assert write_results._curve_lines(curve)[3:] == ["| 10 | 0.7000 | 0.4000 | - | - |", "| 20 | 0.7500 | - | - | - |"]
    assert write_results._curve_lines([]) == []
