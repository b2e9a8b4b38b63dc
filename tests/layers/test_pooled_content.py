from __future__ import annotations

import numpy as np

from camenn_tf.layers.pooled_content import PooledContent
from tests.layers.test_interactions import numbers


def test_by_hand() -> None:
    content = {
        "text": np.array([[[1.0], [3.0], [100.0]], [[5.0], [5.0], [5.0]]], np.float32),
        "text_length": np.array([2, 0], np.int32),
        "image": np.array([[[2.0], [4.0]], [[6.0], [6.0]]], np.float32),
        "has_image": np.array([True, False]),
    }
    layer = PooledContent(1)
    layer(content)
    weights = {"text/kernel": [[2.0]], "text/bias": [0.5], "image/kernel": [[10.0]], "image/bias": [0.0]}
    for weight in layer.weights:
        name = "/".join(weight.path.split("/")[-2:])
        weight.assign(weights.get(name, [[-1.0], [-2.0]]))
    # item 0: mean text 2 -> 4.5, mean image 3 -> 30; item 1 has neither
    np.testing.assert_allclose(numbers(layer(content))[:, :, 0], np.array([[4.5, 30.0], [-1.0, -2.0]]))
