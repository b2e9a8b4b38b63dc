from __future__ import annotations

from typing import Any

import numpy as np
import pytest
import tensorflow as tf

from camenn_tf.layers.mixture_of_experts import MixtureOfExperts
from camenn_tf.layers.transformer_encoder import TransformerEncoder

# Rows of 2, 1 and 1 tokens of one number.
ROWS = {"tokens": tf.constant([[1.0], [2], [3], [4]], tf.float64), "lengths": tf.constant([2, 1, 1])}
MASK = tf.constant([[True, True], [True, False], [True, False]])
PADDED = {"tokens": tf.constant([[1.0], [2], [3], [7], [4], [7]], tf.float64), "mask": MASK}
# CVR reads all rows, ITA row 2 and then row 0. Weights need not sum to 1 for the formula.
STREAMS = {
    "cvr": {
        "row": tf.constant([0, 1, 2]),
        "experts": tf.constant([[0, 1], [2, 0], [1, 2]]),
        "weights": tf.constant([[0.5, 0.25], [0.75, 0.25], [0.5, 0.5]], tf.float64),
    },
    "ita": {
        "row": tf.constant([2, 0]),
        "experts": tf.constant([[0, 2], [1, 0]]),
        "weights": tf.constant([[1.0, 0.5], [0.25, 0.5]], tf.float64),
    },
}


def adding(gate_position: str) -> MixtureOfExperts:
    """Experts 0, 1, 2 add 10, 100 and 1000 to every token, the printed form's shared encoder .5."""
    encoder = {"num_heads": 1, "feed_forward": 1, "norm": "pre", "groups": 2}
    layer = MixtureOfExperts(3, gate_position, encoder, dtype="float64")
    layer.build({"tokens": (None, 1)})
    for part in [*layer.experts, *([layer.shared] if layer.shared else [])]:
        for weight in part.trainable_weights:
            weight.assign(np.zeros(weight.shape))
    for expert, amount in zip(layer.experts, (10, 100, 1000), strict=True):
        expert.outer_bias.assign([amount])
    if layer.shared:
        layer.shared.outer_bias.assign([0.5])
    return layer


def real(rows: dict[str, tf.Tensor]) -> np.ndarray:
    """Real tokens, packed or padded."""
    tokens = rows["tokens"].numpy()[:, 0]
    return tokens[rows["mask"].numpy().reshape(-1)] if "mask" in rows else tokens


@pytest.mark.parametrize("rows", [ROWS, PADDED], ids=["packed", "padded"])
@pytest.mark.parametrize(
    ("gate_position", "conversion", "alignment"),
    [
        # sum of g (x + amount): .75 x + .5 10 + .25 100 = .75 x + 30 for row 0, ...
        ("output", [30.75, 31.5, 3 + 752.5, 4 + 550], [6 + 510, 0.75 + 30, 1.5 + 30]),
        # sum of (g x + amount)
        ("input", [110.75, 111.5, 3 + 1010, 4 + 1100], [6 + 1010, 0.75 + 110, 1.5 + 110]),
        # sum of (g (x + .5) + amount)
        ("printed", [111.125, 111.875, 3.5 + 1010, 4.5 + 1100], [6.75 + 1010, 1.125 + 110, 1.875 + 110]),
    ],
)
def test_the_three_forms_by_hand(
    gate_position: str, conversion: list[float], alignment: list[float], rows: dict[str, tf.Tensor]
) -> None:
    out = adding(gate_position)(rows, STREAMS)
    np.testing.assert_allclose(real(out["cvr"]), conversion, atol=1e-9)
    np.testing.assert_allclose(real(out["ita"]), alignment, atol=1e-9)
    if "lengths" in rows:
        np.testing.assert_array_equal(out["cvr"]["lengths"], [2, 1, 1])
        np.testing.assert_array_equal(out["ita"]["lengths"], [1, 2])


def test_all_experts_make_the_plain_weighted_sum() -> None:
    encoder = {"num_heads": 2, "feed_forward": 2, "groups": 2}
    layer = MixtureOfExperts(2, encoder=encoder, dtype="float64")
    rng = np.random.default_rng(3)
    rows = {"tokens": tf.constant(rng.normal(size=[7, 4])), "lengths": tf.constant([4, 1, 2])}
    weights = rng.random([3, 2])
    stream = {"row": tf.range(3), "experts": tf.constant([[0, 1]] * 3), "weights": tf.constant(weights)}
    out = layer(rows, {"cvr": stream})["cvr"]["tokens"]
    every = [expert(rows).numpy() for expert in layer.experts]
    expected = sum(np.repeat(weights[:, j], [4, 1, 2])[:, None] * every[j] for j in range(2))
    np.testing.assert_allclose(out, expected, rtol=0, atol=1e-12)


@pytest.mark.parametrize(("gate_position", "tokens"), [("output", [4, 3, 2]), ("input", [6, 5, 3])])
def test_an_expert_sees_only_the_rows_that_chose_it(
    gate_position: str, tokens: list[int], monkeypatch: pytest.MonkeyPatch
) -> None:
    # Expert 0 is chosen by rows 0, 1 (CVR) and 2, 0 (ITA): with the gate at the output, row 0 goes through it once.
    seen: dict[str, int] = {}
    project = TransformerEncoder.project

    def watched(self: TransformerEncoder, inputs: tf.Tensor) -> Any:
        seen[self.name] = inputs.shape[0]
        return project(self, inputs)

    monkeypatch.setattr(TransformerEncoder, "project", watched)
    adding(gate_position)(ROWS, STREAMS)
    assert seen == {f"expert_{j}": count for j, count in enumerate(tokens)}


def test_an_unknown_gate_position_is_refused() -> None:
    with pytest.raises(ValueError, match="gate_position is 'side'"):
        MixtureOfExperts(2, "side")
