from __future__ import annotations

import numpy as np

from camenn_tf.encoders.piece_dropout import PieceDropout
from camenn_tf.encoders.word_pieces import SPECIAL, UNKNOWN


def test_only_words_go_missing_and_only_in_training() -> None:
    first = len(SPECIAL)
    ids = np.tile(np.array([[1, first, first + 1, first + 2, 2, 0]], np.int32), (400, 1))
    layer = PieceDropout(0.25)
    np.testing.assert_array_equal(layer(ids, training=False), ids)
    noisy = np.asarray(layer(ids, training=True))
    np.testing.assert_array_equal(noisy[:, [0, 4, 5]], ids[:, [0, 4, 5]])
    missing = noisy[:, 1:4] == SPECIAL.index(UNKNOWN)
    np.testing.assert_array_equal(noisy[:, 1:4][~missing], ids[:, 1:4][~missing])
    assert abs(missing.mean() - 0.25) < 0.05
