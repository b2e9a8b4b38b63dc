from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from camenn_tf.layers.packing import PackedLayout
from camenn_tf.layers.transformer_encoder import TransformerEncoder

IDENTITY = np.eye(2)


def built(size: int, weights: dict[str, Any], **arguments: Any) -> TransformerEncoder:
    """An encoder whose weights are 0 but for those given (and the norms', which are neutral)."""
    layer = TransformerEncoder(**{"dtype": "float64", "num_heads": 1, "feed_forward": 1, **arguments})
    layer.build({"tokens": (None, size)})
    for weight in layer.trainable_weights:
        if weight.name not in ("gamma", "beta"):
            weight.assign(np.zeros(weight.shape))
    for name, value in weights.items():
        getattr(layer, name).assign(value)
    return layer


def drawn(size: int = 8, seed: int = 4, **arguments: Any) -> TransformerEncoder:
    """An encoder with every weight drawn anew."""
    layer = TransformerEncoder(**{"dtype": "float64", "num_heads": 2, "feed_forward": 2, **arguments})
    layer.build({"tokens": (None, size)})
    rng = np.random.default_rng(seed)
    for weight in layer.trainable_weights:
        weight.assign(weight.numpy() + 0.5 * rng.normal(size=weight.shape))
    return layer


def rows(lengths: list[int], size: int = 8) -> dict[str, tf.Tensor]:
    tokens = np.random.default_rng(5).normal(size=[sum(lengths), size])
    return {"tokens": tf.constant(tokens), "lengths": tf.constant(lengths)}


def values_only(**weights: Any) -> dict[str, Any]:
    """Weights with which attention gives the mean of the row's tokens."""
    return {
        "qkv_kernel": np.concatenate([0 * IDENTITY, 0 * IDENTITY, IDENTITY], 1),
        "output_kernel": IDENTITY,
        **weights,
    }


PAIR = {"tokens": tf.constant([[0.0, 4.0], [2.0, 0.0]], tf.float64), "lengths": tf.constant([2])}


def test_post_norm_by_hand() -> None:
    # Mean (1, 2); x + mean = (1, 6), (3, 2); normed (-1, 1), (1, -1); the feed-forward part is 0 and norms again.
    layer = built(2, values_only())
    np.testing.assert_allclose(layer(PAIR), [[-1, 1], [1, -1]], atol=1e-5)
    # As rows of their own, each token's mean is itself.
    np.testing.assert_allclose(layer({**PAIR, "lengths": tf.constant([1, 1])}), [[-1, 1], [1, -1]], atol=1e-5)


def test_pre_norm_by_hand() -> None:
    # Normed tokens (-1, 1), (1, -1) have mean 0: attention gives its value bias alone. ReLU keeps the inner bias 1.
    layer = built(
        2,
        values_only(value_bias=[1, 0], inner_bias=[1, -1], outer_kernel=[[10, 20], [500, 500]], outer_bias=[0.5, 0.25]),
        norm="pre",
    )
    np.testing.assert_allclose(layer(PAIR), [[11.5, 24.25], [13.5, 20.25]], atol=1e-5)


def test_a_leaky_block_keeps_a_fifth_of_what_is_negative_by_hand() -> None:
    # Attention adds 0. Inner values 1 and -1 become 1 and -.2: (10, 20) - .2 (100, 500) = (-10, -80) for each token.
    leaky = {"norm": "pre", "activation": "leaky_relu"}
    layer = built(2, {"inner_bias": [1, -1], "outer_kernel": [[10, 20], [100, 500]]}, **leaky)
    np.testing.assert_allclose(layer(PAIR), [[-10, -76], [-8, -80]], atol=1e-5)


def test_scores_are_divided_by_the_root_of_the_heads_width() -> None:
    # q = ln 2 sqrt(2) x, k = v = x: each token finds itself twice as fit as the other, whose product with it is 0.
    kernel = np.concatenate([IDENTITY * math.log(2) * math.sqrt(2), IDENTITY, IDENTITY], 1)
    layer = built(2, {"qkv_kernel": kernel})
    context = layer.attend(layer.project(tf.constant(IDENTITY)), PackedLayout(tf.constant([2]), 2))
    np.testing.assert_allclose(context, [[2 / 3, 1 / 3], [1 / 3, 2 / 3]], atol=1e-12)


def test_heads_attend_apart() -> None:
    # Head 1 sees first coordinates 1 and 0, head 2 second ones 0 and 1; a query of 0 finds both keys alike.
    kernel = np.concatenate([IDENTITY * math.log(2), IDENTITY, IDENTITY], 1)
    layer = built(2, {"qkv_kernel": kernel}, num_heads=2)
    context = layer.attend(layer.project(tf.constant(IDENTITY)), PackedLayout(tf.constant([2]), 1))
    np.testing.assert_allclose(context, [[2 / 3, 1 / 2], [1 / 2, 2 / 3]], atol=1e-12)


@pytest.mark.parametrize("norm", ["post", "pre"])
def test_first_tokens_alone_equal_those_of_the_whole(norm: str) -> None:
    layer, batch = drawn(norm=norm), rows([5, 1, 3, 2])
    whole = layer(batch).numpy()
    np.testing.assert_allclose(layer(batch, first_only=True), whole[[0, 5, 6, 9]], rtol=0, atol=1e-12)


def test_rows_do_not_depend_on_company_groups_or_padding() -> None:
    layer, lengths = drawn(), [5, 1, 3, 2, 3]
    batch = rows(lengths)
    together = layer(batch).numpy()
    ends = np.cumsum(lengths)
    for first, last in zip(ends - lengths, ends, strict=True):
        alone = layer({"tokens": batch["tokens"][first:last], "lengths": tf.constant([last - first])})
        np.testing.assert_allclose(alone, together[first:last], rtol=0, atol=1e-12)
    layer.groups = 1
    np.testing.assert_allclose(layer(batch), together, rtol=0, atol=1e-12)
    mask = np.arange(6) < np.array(lengths)[:, None]
    padded = np.full([5, 6, 8], 3.0)
    padded[mask] = batch["tokens"]
    output = layer({"tokens": tf.constant(padded.reshape(-1, 8)), "mask": tf.constant(mask)}).numpy()
    np.testing.assert_allclose(output[mask.reshape(-1)], together, rtol=0, atol=1e-12)


def test_dropout_drops_the_residual_branches_in_training_only() -> None:
    # Attention gives 1 everywhere: dropped it is 0, kept it is doubled.
    layer = built(2, {"value_bias": [1, 1], "output_kernel": IDENTITY}, norm="pre", dropout=0.5)
    tokens = tf.zeros([40, 2], tf.float64)
    batch = {"tokens": tokens, "lengths": tf.constant([40])}
    assert set(np.unique(np.round(layer(batch, training=True), 9))) == {0.0, 2.0}
    np.testing.assert_allclose(layer(batch), 1, atol=1e-12)
    feeding = built(2, {"outer_bias": [1, 1]}, norm="pre", dropout=0.5)
    assert set(np.unique(feeding(batch, training=True))) == {0.0, 2.0}


def test_unfit_settings_are_refused() -> None:
    with pytest.raises(ValueError, match=r"model\.num_heads=3 does not divide model\.embedding_size=8"):
        TransformerEncoder(num_heads=3).build({"tokens": (None, 8)})
    with pytest.raises(ValueError, match="norm is 'none'"):
        TransformerEncoder(norm="none")
