"""Adam in one operation a variable against Keras's own."""

from __future__ import annotations

import pathlib

import keras
import numpy as np
import pytest
import tensorflow as tf

from camenn_tf.training.fused_adam import FusedAdam
from camenn_tf.training.optimizer import WarmUpSchedule

STEPS = 100


def variables() -> list[keras.Variable]:
    rng = np.random.default_rng(1)
    shapes = {"kernel": (20, 30), "table": (50, 8), "bias": (30,), "offset": ()}
    return [keras.Variable(rng.normal(size=shape), name=name, dtype="float32") for name, shape in shapes.items()]


def optimizer(make: type[keras.optimizers.Adam], own: list[keras.Variable], decay: float | None) -> keras.Optimizer:
    rate = WarmUpSchedule(0.01, warmup_steps=10, total_steps=STEPS, schedule="cosine")
    made = make(rate, beta_1=0.95, beta_2=0.999, weight_decay=decay)
    if decay:
        made.exclude_from_weight_decay([own[2]])
    made.build(own)
    return made


def trained(own: list[keras.Variable], by: keras.Optimizer, first: int, last: int) -> dict[str, np.ndarray]:
    """All variables after steps with given gradients, some rows of the table without any."""

    @tf.function(autograph=False)
    def step(gradients: list[tf.Tensor]) -> None:
        by.apply(gradients, own)

    for number in range(first, last):
        rng = np.random.default_rng([2, number])
        gradients = [rng.normal(size=v.shape).astype(np.float32) * 10.0 ** rng.integers(-6, 2) for v in own]
        gradients[1][rng.random(50) < 0.8] = 0.0
        step([tf.constant(gradient) for gradient in gradients])
    return {variable.name: np.asarray(variable) for variable in (*own, *by.variables)}


def assert_agree(theirs: dict[str, np.ndarray], ours: dict[str, np.ndarray]) -> None:
    """1e-6 of a tensor's largest value, a few roundings of float32; second moments 2e-5.

    Keras subtracts beta_2 from 1 before it rounds to float32, the operation after: 1.3e-5 of .001.
    """
    assert list(ours) == list(theirs)
    for name, values in theirs.items():
        tolerance = 2e-5 if name.endswith("velocity") else 1e-6
        np.testing.assert_allclose(ours[name], values, rtol=0, atol=tolerance * np.abs(values).max(), err_msg=name)


@pytest.mark.parametrize("decay", [None, 0.1])
def test_equals_kerass_adam(decay: float | None) -> None:
    """A hundred steps. Weights and first moments agree to rounding, names and order are the same."""
    found = []
    for make in (keras.optimizers.Adam, FusedAdam):
        own = variables()
        found.append(trained(own, optimizer(make, own, decay), 0, STEPS))
    assert_agree(*found)


@pytest.mark.parametrize(
    ("first", "then"), [(keras.optimizers.Adam, FusedAdam), (FusedAdam, keras.optimizers.Adam)], ids=["from", "to"]
)
def test_resumes_what_the_other_saved(
    first: type[keras.optimizers.Adam], then: type[keras.optimizers.Adam], tmp_path: pathlib.Path
) -> None:
    own = variables()
    whole = trained(own, optimizer(first, own, 0.1), 0, 20)
    own = variables()
    stopped = optimizer(first, own, 0.1)
    trained(own, stopped, 0, 10)
    values = [variable.value for variable in own]
    tf.train.Checkpoint(optimizer=stopped, weights=values).write(str(tmp_path / "state"))
    own = variables()
    resumed = optimizer(then, own, 0.1)
    values = [variable.value for variable in own]
    tf.train.Checkpoint(optimizer=resumed, weights=values).read(str(tmp_path / "state")).assert_consumed()
    assert_agree(whole, trained(own, resumed, 10, 20))


def test_amsgrad_is_refused() -> None:
    with pytest.raises(ValueError, match="amsgrad"):
        FusedAdam(amsgrad=True)
