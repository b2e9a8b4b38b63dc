from __future__ import annotations

import numpy as np
import tensorflow as tf

from camenn_tf.layers.task_streams import AlignmentScores, TaskStreams

# Rows 0 and 1 are samples; means 2, 5, 7, 8.
ROWS = {
    "tokens": tf.constant([[1.0], [3], [5], [6], [8], [8]]),
    "lengths": tf.constant([2, 1, 2, 1]),
    "alignment_row": tf.constant([2, 1, 3]),
}
TARGET = tf.constant([4, 9])
TASK = tf.constant([0, 2, 1])  # ITA, both, TIA


def test_rows_and_means_of_each_task_by_hand() -> None:
    streams = TaskStreams(("cvr", "ita", "tia"))(ROWS, TARGET, TASK)
    expected = {"cvr": ([0, 1], [2, 5], None), "ita": ([2, 1], [7, 5], [0, 1]), "tia": ([1, 3], [5, 8], [1, 2])}
    assert sorted(streams) == sorted(expected)
    for task, (row, means, place) in expected.items():
        np.testing.assert_array_equal(streams[task]["row"], row)
        np.testing.assert_array_equal(streams[task]["means"][:, 0], means)
        if place is None:
            assert "place" not in streams[task]
        else:
            np.testing.assert_array_equal(streams[task]["place"], place)


def test_fixed_shapes_give_both_tasks_every_row() -> None:
    streams = TaskStreams(("ita", "tia"), fixed_shapes=True)(ROWS, TARGET, TASK)
    for task in ("ita", "tia"):
        np.testing.assert_array_equal(streams[task]["row"], [2, 1, 3])
        np.testing.assert_array_equal(streams[task]["means"][:, 0], [7, 5, 8])
        np.testing.assert_array_equal(streams[task]["place"], [0, 1, 2])


def test_conversion_alone_needs_no_alignment_rows() -> None:
    rows = {**ROWS, "alignment_row": tf.zeros([0], tf.int32)}
    streams = TaskStreams(("cvr",))(rows, TARGET, None)
    np.testing.assert_array_equal(streams["cvr"]["means"][:, 0], [2, 5])


def test_scores_return_to_their_places() -> None:
    scores = AlignmentScores()(tf.constant([0.9, 0.1]), tf.constant([2, 0]), tf.constant([1, 0, 2, 0]))
    np.testing.assert_allclose(scores, [0.1, 0.5, 0.9, 0.5], rtol=1e-6)


def test_half_precision_does_not_round_scores() -> None:
    scores = AlignmentScores(dtype="mixed_bfloat16")(tf.constant([0.9995]), tf.constant([0]), tf.constant([0]))
    assert scores.numpy()[0] == np.float32(0.9995)
