from __future__ import annotations

import numpy as np
import pytest

from experiments.comparison.alignment_errors import alignment_errors, errors_of
from experiments.comparison.gate_use import gate_use
from experiments.comparison.loaded_run import loaded_run
from experiments.tables.inside import inside
from tests.small_run import shared_small_run


def test_errors_by_hand() -> None:
    genuine = np.array([True, True, True, False, False, False])
    score = np.array([0.9, 0.4, 0.1, 0.5, 0.8, 0.2])  # .5 is accepted
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


def test_a_split_without_pairs_has_no_errors(tmp_path_factory: pytest.TempPathFactory) -> None:
    # All photos of the small run are set aside for test, and each of its items is in train.
    run, pipeline = loaded_run(str(shared_small_run(tmp_path_factory).run))
    found = alignment_errors(run, pipeline)["alignment_errors"]
    for donors in ("all", "same_coarse_class"):
        for task in ("ita", "tia"):
            assert found[donors][task] == {
                "genuine": 0,
                "refused": 0,
                "wrong": 0,
                "accepted": 0,
                "refused_classes": [],
                "accepted_classes": [],
            }
    assert set(gate_use(run, pipeline)["gates"]) == {"cvr"}
