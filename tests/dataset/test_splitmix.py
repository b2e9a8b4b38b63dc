"""SplitMix64, which files and runs on disk depend on."""

from __future__ import annotations

import numpy as np

from camenn_tf.dataset.splitmix import mix
from camenn_tf.inputs import stateless


def test_published_sequence() -> None:
    # what the authors' generator draws from the state 1234567
    expected = [6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431]
    assert [int(mix(np.asarray([1234567]), seed)[0]) for seed in range(4)] == expected


def test_a_bijection_of_any_shape_and_sign() -> None:
    numbers = np.arange(-50_000, 50_000)
    assert len(np.unique(mix(numbers, 3))) == 100_000
    assert (mix(numbers.reshape(100, -1), -3) == mix(numbers, -3).reshape(100, -1)).all()
    assert mix(np.asarray(5)).shape == ()


def test_uniform_numbers_stay_what_they_are() -> None:
    drawn = stateless.uniform(np.arange(2), 3, stateless.PAIRS)
    assert drawn.tolist() == [0.3867461188672304, 0.41300994511114475]
