from __future__ import annotations

import numpy as np

from camenn_tf.layers.behaviour_tokens import BehaviourTokens

ITEMS = np.array([[0.0], [1], [2], [3]], np.float32)


def test_places_count_back_from_the_target_by_hand() -> None:
    layer = BehaviourTokens(places=4)
    target, history = np.array([1, 3], np.int32), np.array([[3, 1, 2], [0, 0, 2]], np.int32)  # newest last
    layer(ITEMS, target, history)
    layer.place.assign([[100.0], [10], [20], [30]])
    rows = layer(ITEMS, target, history)
    np.testing.assert_array_equal(
        rows["tokens"],
        [
            *([101], [12], [21], [33]),  # target 1, then 2, 1, 3: the newest purchase first
            *([103], [12], [20], [30]),  # target 3, then 2 and nothing
        ],
    )
    np.testing.assert_array_equal(rows["mask"], [[True] * 4, [True, True, False, False]])
