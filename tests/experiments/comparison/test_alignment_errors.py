from __future__ import annotations

import dataclasses
from collections.abc import Callable, Mapping

import numpy as np
import pytest
import tensorflow as tf

from camenn_tf.evaluation.alignment_report import KEYS
from camenn_tf.evaluation.open_split import open_split
from camenn_tf.training.run import load_run
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


APPLE, PEAR = "apple", "pear"  # two items each, and one of either in a coarse class of their own


def by_class(names: np.ndarray) -> Callable[..., Callable[[Mapping[str, tf.Tensor]], dict[str, tf.Tensor]]]:
    """In the place of `scorer`: ITA accepts every pair whose text is an apple's, TIA every pair but a pear's own."""

    def score(batch: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
        rows = batch["items_row"].numpy()
        texts, images = (names[rows[batch[f"alignment_{side}"].numpy()]] for side in ("text", "image"))
        accepted = {"ita": texts == APPLE, "tia": (texts == APPLE) | (images == APPLE)}
        return {task: tf.constant(np.where(mask, 0.9, 0.1), tf.float32) for task, mask in accepted.items()}

    return lambda *_: score


def test_errors_stand_with_their_task_and_the_classes_of_both_sides(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = load_run(str(shared_small_run(tmp_path_factory).run))
    pipeline = open_split(run, "validation", (*KEYS, "items_row"))
    last, size = slice(-4, None), pipeline.catalogue.size
    split, names, coarse = np.full(size, "", object), np.full(size, "", object), np.full(size, -1)
    split[last], names[last], coarse[last] = "validation", [APPLE, PEAR, APPLE, PEAR], [0, 0, -1, -1]
    classes = np.where(names == APPLE, 0, np.where(names == PEAR, 1, -1))
    pipeline.catalogue = dataclasses.replace(
        pipeline.catalogue, alignment_split=split, alignment_class=names, class_group=classes, coarse_group=coarse
    )
    monkeypatch.setattr("camenn_tf.evaluation.predictions.scorer", by_class(names))
    found = alignment_errors(run, pipeline)["alignment_errors"]
    # A wrong pair has two classes, so with each apple's image stands a pear's text, and the other way round.
    for donors, items in (("all", 2), ("same_coarse_class", 1)):
        counts = {"genuine": 2 * items, "refused": items, "wrong": 2 * items}
        refused = [[PEAR, items, items]]
        assert found[donors] == {
            "ita": {
                **counts,
                "accepted": items,
                "refused_classes": refused,
                "accepted_classes": [[APPLE, PEAR, items, items]],
            },
            "tia": {
                **counts,
                "accepted": 2 * items,
                "refused_classes": refused,
                "accepted_classes": [[PEAR, APPLE, items, items], [APPLE, PEAR, items, items]],
            },
        }


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
