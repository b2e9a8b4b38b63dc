"""What the tests of models rely on."""

from __future__ import annotations

import keras
import numpy as np

from camenn_tf.models import MODELS
from tests.models.model_cases import SPEC, small_config, spread_weights


def drawn(name: str, **settings: object) -> dict[str, list[np.ndarray]]:
    """The weights by the layer of the model, after they were drawn anew."""
    model = MODELS[name](small_config(name=name, **settings), SPEC)
    spread_weights(model)
    return {layer.name: [np.asarray(weight) for weight in layer.trainable_weights] for layer in model.layers}


def test_a_model_that_is_built_again_gets_the_same_weights() -> None:
    first = drawn("bst")
    keras.layers.LayerNormalization(), MODELS["bst"](small_config(name="bst"), SPEC)  # the numbers of layers go on
    again = drawn("bst")
    parts = {name: weights for name, weights in first.items() if weights}
    assert parts.keys() == {name for name, weights in again.items() if weights}
    for name, weights in parts.items():
        for one, other in zip(weights, again[name], strict=True):
            np.testing.assert_array_equal(one, other, err_msg=name)


def test_weights_whose_names_differ_in_numbers_alone_differ() -> None:
    weights = drawn("mmoe", num_experts=2)
    assert not np.allclose(weights["expert_0"][0], weights["expert_1"][0])
    gammas = [weight for weight in drawn("bst")["block_1"] if weight.shape == (16,)]
    assert all(not np.allclose(one, other) for k, one in enumerate(gammas) for other in gammas[:k])
