from __future__ import annotations

import numpy as np

from camenn_tf.layers.mixed_rows import MixedRows

FIRST = np.array([[1.0], [2], [3]], np.float32)  # two rows, of two tokens and of one
GATE = np.array([[0.25, 0.75], [1.0, 0.0]], np.float32)


def test_packed_rows_by_hand() -> None:
    mixed = MixedRows()([FIRST, 10 * FIRST], {"lengths": np.array([2, 1])}, np.array([1, 0]), GATE)
    np.testing.assert_array_equal(mixed["lengths"], [1, 2])
    # 3 (.25 + 7.5), then the first row from the first expert alone
    np.testing.assert_array_equal(np.asarray(mixed["tokens"])[:, 0], [23.25, 1, 2])


def test_padded_rows_by_hand() -> None:
    mask = np.array([[True, True], [False, True]])
    tokens = np.array([[1.0], [2], [9], [3]], np.float32)
    mixed = MixedRows()([tokens, 10 * tokens], {"mask": mask}, np.array([1, 0]), GATE)
    np.testing.assert_array_equal(mixed["mask"], mask[::-1])
    np.testing.assert_array_equal(np.asarray(mixed["tokens"])[[1, 2, 3], 0], [23.25, 1, 2])
