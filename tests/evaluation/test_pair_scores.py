from __future__ import annotations

from collections.abc import Mapping

import tensorflow as tf

from camenn_tf.evaluation.pair_scores import pair_scores


def batch(label: list[float], weight: list[float], score: list[float]) -> dict[str, tf.Tensor]:
    columns = {"alignment_label": label, "alignment_weight": weight, "score": score}
    return {name: tf.constant(values, tf.float32) for name, values in columns.items()}


def score(batch: Mapping[str, tf.Tensor]) -> dict[str, tf.Tensor]:
    return {"ita": batch["score"], "tia": -batch["score"], "cvr": tf.zeros([0])}


def test_pairs_of_all_batches_without_filler() -> None:
    batches = [batch([1, 0], [1, 1], [0.75, 0.25]), batch([0, 1], [1, 0], [0.5, 0.125])]
    labels, scores = pair_scores(score, batches, ("ita", "tia"))
    assert labels.tolist() == [1, 0, 0]
    assert {name: values.tolist() for name, values in scores.items()} == {
        "ita": [0.75, 0.25, 0.5],
        "tia": [-0.75, -0.25, -0.5],
    }


def test_nothing_has_empty_columns() -> None:
    for batches in ([], [batch([1], [0], [0.5])]):
        labels, scores = pair_scores(score, batches, ("ita",))
        assert labels.shape == scores["ita"].shape == (0,)
