from __future__ import annotations

import keras
import numpy as np

from camenn_tf.layers.padded_rows import PaddedRows
from camenn_tf.layers.row_lstm import RowLstm
from tests.layers.layer_cases import floats

TOKENS = np.array([[1.0], [2], [3]], np.float32)


def test_rows_by_hand() -> None:
    out = PaddedRows()({"tokens": TOKENS, "lengths": np.array([1, 0, 2], np.int32)})
    np.testing.assert_array_equal(out["tokens"][:, :, 0], np.array([[1.0, 0], [0, 0], [2, 3]]))
    np.testing.assert_array_equal(out["mask"], np.array([[1, 0], [0, 0], [1, 1]]) > 0)


def test_padded_ones_lose_what_the_mask_hides() -> None:
    tokens = np.array([[1.0], [9], [2], [3]], np.float32)
    out = PaddedRows()({"tokens": tokens, "mask": np.array([[True, False], [True, True]])})
    np.testing.assert_array_equal(out["tokens"][:, :, 0], np.array([[1.0, 0], [2, 3]]))


def test_the_lstm_is_that_of_each_row_alone() -> None:
    tokens, real = floats(2, 3, 4), np.array([[True, False, False], [True, True, True]])
    layer = RowLstm(5)
    states = np.asarray(layer(tokens, real))
    plain = keras.layers.LSTM(5, return_sequences=True)
    plain.build((None, None, 4))
    plain.set_weights(layer.get_weights())
    np.testing.assert_allclose(states[0, :1], plain(tokens[:1, :1])[0], atol=1e-6)
    np.testing.assert_allclose(states[1], plain(tokens[1:])[0], atol=1e-6)
    last = RowLstm(5, last_only=True)
    last(tokens, real)
    last.set_weights(layer.get_weights())
    np.testing.assert_allclose(last(tokens, real), np.stack([states[0, 0], states[1, 2]]), atol=1e-6)
