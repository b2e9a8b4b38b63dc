from __future__ import annotations

import numpy as np

from experiments.comparison.alignment_errors import errors_of
from experiments.tables.inside import inside


def test_errors_by_hand() -> None:
    genuine = np.array([True, True, True, False, False, False])
    score = np.array([0.9, 0.5, 0.1, 0.7, 0.8, 0.2])
    texts = np.array(["apple", "pear", "pear", "apple", "apple", "milk"], object)
    images = np.array(["apple", "pear", "pear", "pear", "pear", "apple"], object)
    found = errors_of(genuine, score, texts, images)
    assert found == {
        "genuine": 3,
        "refused": 2,
        "wrong": 3,
        "accepted": 2,
        "refused_classes": [["pear", 2, 2]],
        "accepted_classes": [["apple", "pear", 2, 2]],
    }
    gates = {"cvr": {"use": [1.0, 0.0], "mean": [0.75, 0.25]}}
    evaluations = [{"step": 5, "total": 10, "val_cvr_auc": 0.7}]
    run = {"seed": 1, "gates": gates, "evaluations": evaluations, "alignment_errors": {"all": {"ita": found}}}
    line = "| ITA, random donors | 2 of 3 | pear (2 of 2) | 2 of 3 | apple with pear (2 of 2) |"
    assert line in inside({"camenn": {1: run}})
