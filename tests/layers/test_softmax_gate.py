from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from camenn_tf.layers.softmax_gate import SoftmaxGate


def called(chosen: int) -> dict[str, np.ndarray]:
    """Two rows whose probabilities are eighths: 1, 2, 5 and 5, 2, 1."""
    layer = SoftmaxGate(3, chosen)
    layer.build((None, 2))
    layer.kernel.assign(np.log([[1, 2, 5], [5, 2, 1]]))
    return {name: part.numpy() for name, part in layer(tf.eye(2)).items()}


@pytest.mark.parametrize(
    ("chosen", "experts", "weights"),
    [
        (1, [[2], [0]], [[1], [1]]),
        (2, [[2, 1], [0, 1]], [[5 / 7, 2 / 7], [5 / 7, 2 / 7]]),
        (3, [[0, 1, 2], [0, 1, 2]], [[1 / 8, 2 / 8, 5 / 8], [5 / 8, 2 / 8, 1 / 8]]),
    ],
)
def test_the_largest_are_chosen_and_sum_to_one(chosen: int, experts: list, weights: list) -> None:
    out = called(chosen)
    np.testing.assert_array_equal(out["experts"], experts)
    np.testing.assert_allclose(out["weights"], weights, atol=1e-6)
    np.testing.assert_allclose(out["probabilities"], [[1 / 8, 2 / 8, 5 / 8], [5 / 8, 2 / 8, 1 / 8]], atol=1e-6)


def test_unfit_numbers_are_refused() -> None:
    for chosen in (0, 4):
        with pytest.raises(ValueError, match=rf"experts_per_task is {chosen}, expected 1 to model.num_experts \(3\)"):
            SoftmaxGate(3, chosen)
