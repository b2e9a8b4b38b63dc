from __future__ import annotations

from experiments.tables import run


def test_a_learning_curve_is_a_row_an_evaluation() -> None:
    curve = [{"total": 10, "val_cvr_auc": 0.7, "val_cvr_loss": 0.4}, {"total": 20, "val_cvr_auc": 0.75}]
    assert run.curve(curve)[3:] == ["| 10 | 0.7000 | 0.4000 | - | - |", "| 20 | 0.7500 | - | - | - |"]
    assert run.curve([]) == []
