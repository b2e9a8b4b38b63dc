from __future__ import annotations

import keras
import numpy as np

from camenn_tf.layers.row_lstm import RowLstm
from tests.layers.layer_cases import floats

LENGTHS = np.array([1, 0, 3, 7], np.int32)
TOKENS = floats(11, 4)


def rows_alone(layer: RowLstm) -> list[np.ndarray]:
    """States [L, W] that Keras's LSTM gives each row by itself."""
    plain = keras.layers.LSTM(layer.units, return_sequences=True)
    plain.build((None, None, 4))
    plain.set_weights(layer.get_weights())
    ends = np.cumsum(LENGTHS)
    parts = [TOKENS[end - length : end] for end, length in zip(ends, LENGTHS, strict=True)]
    return [np.asarray(plain(part[None]))[0] if len(part) else np.zeros((0, layer.units)) for part in parts]


def test_packed_rows_are_each_row_alone() -> None:
    layer = RowLstm(5)
    states = np.asarray(layer({"tokens": TOKENS, "lengths": LENGTHS}))
    np.testing.assert_allclose(states, np.concatenate(rows_alone(layer)), atol=1e-6)


def test_padded_rows_are_each_row_alone_wherever_their_tokens_stand() -> None:
    real = np.zeros((4, 9), bool)
    real[0, 8] = real[2, [0, 4, 5]] = real[3, 1:8] = True
    tokens = np.full((4, 9, 4), 50.0, np.float32)
    tokens[real] = TOKENS
    layer = RowLstm(5)
    states = np.asarray(layer({"tokens": tokens.reshape(36, 4), "mask": real})).reshape(4, 9, 5)
    np.testing.assert_allclose(states[real], np.concatenate(rows_alone(layer)), atol=1e-6)
    last = RowLstm(5, last_only=True)
    last({"tokens": tokens.reshape(36, 4), "mask": real})
    last.set_weights(layer.get_weights())
    ends = last({"tokens": tokens.reshape(36, 4), "mask": real})
    np.testing.assert_allclose(ends, [row[-1] if len(row) else np.zeros(5) for row in rows_alone(layer)], atol=1e-6)


def test_the_last_state_of_packed_rows_is_zero_without_tokens() -> None:
    layer = RowLstm(5, last_only=True)
    ends = np.asarray(layer({"tokens": TOKENS, "lengths": LENGTHS}))
    np.testing.assert_allclose(ends, [row[-1] if len(row) else np.zeros(5) for row in rows_alone(layer)], atol=1e-6)
