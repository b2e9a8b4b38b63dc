from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf

from camenn_tf.training.weight_average import WeightAverage


def _model() -> keras.Model:
    return keras.Sequential([keras.Input((1,)), keras.layers.Dense(1, use_bias=False, kernel_initializer="ones")])


def test_average_of_three_steps_by_hand() -> None:
    model = _model()
    average = WeightAverage(model, tf.distribute.get_strategy(), 0.75)
    for step, value in enumerate((4.0, 8.0, 16.0), 1):
        model.weights[0].assign([[value]])
        average.update(tf.constant(step))
    # 4, then .75 * 4 + .25 * 8 = 5, then .75 * 5 + .25 * 16 = 7.75
    with average.in_place():
        assert float(model(np.ones((1, 1)))[0, 0]) == pytest.approx(7.75)
    assert float(model(np.ones((1, 1)))[0, 0]) == 16.0
    with pytest.raises(KeyError), average.in_place():
        raise KeyError
    assert float(model(np.ones((1, 1)))[0, 0]) == 16.0


def test_without_momentum_nothing_is_kept() -> None:
    model = _model()
    average = WeightAverage(model, tf.distribute.get_strategy(), 0.0)
    average.update(tf.constant(1))
    with average.in_place():
        assert float(model(np.ones((1, 1)))[0, 0]) == 1.0
    assert average.variables == []
