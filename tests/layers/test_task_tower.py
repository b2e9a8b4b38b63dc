from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from camenn_tf.layers.task_tower import TaskTower


def test_by_hand() -> None:
    # The first tokens (0, 4) and (9, 3) pass the encoder unchanged and are normed to (-1, 1) and (1, -1); the
    # classifier makes of them ln 3 and -ln 3, with its bias 2 ln 3 and 0: 9/10 and 1/2.
    tower = TaskTower({"num_heads": 1, "feed_forward": 1, "norm": "pre"}, dtype="float64")
    tower.build({"tokens": (None, 2)})
    for weight in tower.encoder.trainable_weights:
        weight.assign(np.zeros(weight.shape))
    tower.classifier.kernel.assign([[1.0], [1 + np.log(3)]])
    tower.classifier.bias.assign([np.log(3)])
    rows = {"tokens": tf.constant([[0.0, 4.0], [5.0, 5.0], [9.0, 3.0]], tf.float64), "lengths": tf.constant([2, 1])}
    np.testing.assert_allclose(tower(rows), [9 / 10, 1 / 2], atol=1e-6)
    np.testing.assert_allclose(tower(rows, np.log([1 / 9, 3])), [1 / 2, 3 / 4], atol=1e-6)  # odds 9 and 1, times these


@pytest.mark.parametrize("norm", ["post", "pre"])
def test_the_first_token_alone_equals_the_whole_encoder(norm: str) -> None:
    rng = np.random.default_rng(6)
    rows = {"tokens": tf.constant(rng.normal(size=[9, 4])), "lengths": tf.constant([3, 5, 1])}
    tower = TaskTower({"num_heads": 2, "feed_forward": 2, "norm": norm}, dtype="float64")
    tower(rows)
    for weight in tower.trainable_weights:
        weight.assign(weight.numpy() + 0.5 * rng.normal(size=weight.shape))
    first = tf.gather(tower.encoder(rows), [0, 3, 8])
    logits = tower.classifier(first if tower.norm is None else tower.norm(first))[:, 0]
    np.testing.assert_allclose(tower(rows), 1 / (1 + np.exp(-logits)), rtol=0, atol=1e-12)
