"""FashionBERT's adaptive loss: the formula by hand, and what a step makes of it."""

from __future__ import annotations

import keras
import numpy as np
import pytest
import tensorflow as tf
from ml_collections import ConfigDict

from camenn_tf.errors import UserError
from camenn_tf.models import MODELS
from camenn_tf.training import losses
from camenn_tf.training.adaptive_weights import adaptive_weights
from camenn_tf.training.meters import Meters
from camenn_tf.training.train_step import TrainStep, check_jit
from tests.models.model_cases import SPEC, random_batch, small_config

TASKS = ("match", "masked_text", "masked_patches")
ALL = tf.constant([True, True, True])


def test_weights_by_hand() -> None:
    # softmax 1/8, 2/8, 5/8: 3 - p^2 = 191/64, 188/64, 167/64
    inverse = 64 / np.array([191.0, 188, 167])
    found = adaptive_weights(tf.math.log([1.0, 2.0, 5.0]), ALL)
    np.testing.assert_allclose(found, inverse / inverse.sum(), rtol=1e-6)
    np.testing.assert_allclose(adaptive_weights(tf.constant([2.0, 2, 2]), ALL), [1 / 3] * 3, rtol=1e-6)
    # one loss far above the others: 1/2, 1/3, 1/3
    np.testing.assert_allclose(adaptive_weights(tf.constant([90.0, 0, 0]), ALL), [3 / 7, 2 / 7, 2 / 7], rtol=1e-6)


def test_tasks_without_rows_have_no_weight() -> None:
    # softmax 1/4, 3/4 of the two others: 3 - p^2 = 47/16, 39/16
    found = adaptive_weights(tf.math.log([1.0, 7.0, 3.0]), tf.constant([True, False, True]))
    np.testing.assert_allclose(found, [39 / 86, 0, 47 / 86], rtol=1e-6)
    np.testing.assert_array_equal(adaptive_weights(tf.zeros([3]), ~ALL), [0, 0, 0])
    np.testing.assert_array_equal(adaptive_weights(tf.constant([0.5]), tf.constant([True])), [1])


def test_no_gradient_flows_through_the_weights() -> None:
    values = tf.Variable([0.3, 2.0, 1.0])
    with tf.GradientTape() as tape:
        loss = tf.reduce_sum(adaptive_weights(values, ALL) * values)
    np.testing.assert_allclose(tape.gradient(loss, values), adaptive_weights(values, ALL), rtol=1e-6)


def config_of(**settings: object) -> ConfigDict:
    config = small_config(name="fashionbert")
    config.fashionbert.update({"blocks": 1, "text_share": 0.4, "patch_share": 0.4, **settings})
    return config


def labelled_batch() -> dict[str, tf.Tensor]:
    batch = random_batch(1)
    task = batch["alignment_task"].numpy()
    weight = np.where(np.arange(18) < 16, 1.0, 0.0)  # the last two are filler
    return {
        **batch,
        "alignment_label": tf.constant(task == 2, tf.float32),
        "alignment_weight": tf.constant(weight, tf.float32),
    }


def make_step(config: ConfigDict) -> TrainStep:
    keras.utils.set_random_seed(3)
    model = MODELS["fashionbert"](config, SPEC)
    spec = {key: tf.TensorSpec([None, *value.shape[1:]], value.dtype) for key, value in labelled_batch().items()}
    weights = losses.joint_weights(config, model.output)
    return TrainStep(model, tf.distribute.get_strategy(), spec, config, weights, steps=10)


def rewind(step: TrainStep) -> None:
    """So that the next forward pass hides what the one before hid."""
    for variable in step.model.variables:
        if variable.path.endswith("seed_generator_state"):
            variable.assign([7, 0])


def gradients_of(step: TrainStep, batch: dict[str, tf.Tensor], exchange: object = tf.identity) -> list[np.ndarray]:
    rewind(step)
    return [part.numpy() for part in step._totals_and_gradients(batch, exchange)[1]]  # type: ignore[arg-type]


@pytest.mark.parametrize("adaptive", [True, False])
def test_a_step_weighs_the_mean_losses(adaptive: bool) -> None:
    step, batch = make_step(config_of(adaptive=adaptive, weights={"masked_text": 2.0})), labelled_batch()
    assert step.tasks == TASKS
    rewind(step)
    real = slice(0, 16)
    with tf.GradientTape(persistent=True) as tape:
        out = step.model({key: batch[key] for key in step.model.input}, training=True)
        label = batch["alignment_label"][real]
        entropy = keras.ops.binary_crossentropy(label, out["match"][real])
        double = np.where(batch["alignment_task"].numpy()[real] == 2, 2.0, 1.0)  # shared by ITA and TIA
        match = tf.reduce_sum(entropy * double) / double.sum()
        masked = [tf.reduce_sum(out[task][real, 0]) / tf.reduce_sum(out[task][real, 1]) for task in TASKS[1:]]
    means = np.array([match, *masked])
    factors = np.array([1.0, 2.0, 1.0])
    if adaptive:
        share = np.exp(means) / np.exp(means).sum()
        factors *= (1 / (3 - share**2)) / (1 / (3 - share**2)).sum()
    variables = [variable.value for variable in step.model.trainable_variables]
    parts = [tape.gradient(part, variables, unconnected_gradients="zero") for part in (match, *masked)]
    for found, *each in zip(gradients_of(step, batch), *parts, strict=True):
        expected = sum(f * tf.convert_to_tensor(part).numpy() for f, part in zip(factors, each, strict=True))
        np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-6)
    rewind(step)
    logged = Meters(losses.joint_weights(step.config, step.model.output), adaptive).add(
        step.unpack(step._totals_and_gradients(batch, tf.identity)[0].numpy())
    )
    assert [logged[task] for task in TASKS] == pytest.approx(means.tolist(), rel=1e-5)
    assert logged["loss"] == pytest.approx((factors * means).sum(), rel=1e-5)


def test_two_devices_make_the_gradient_of_one() -> None:
    step, batch = make_step(config_of()), labelled_batch()
    halves = [
        {key: value[part] if key.startswith("alignment_") else value for key, value in batch.items()}
        for part in (slice(0, 5), slice(5, None))
    ]
    sums = []
    for half in halves:
        rewind(step)
        sums.append(step._totals_and_gradients(half, tf.identity)[0])
    parts = [gradients_of(step, half, lambda own: sums[0] + sums[1]) for half in halves]
    for whole, first, second in zip(gradients_of(step, batch), *parts, strict=True):
        np.testing.assert_allclose(first + second, whole, rtol=1e-4, atol=1e-6)


def test_what_is_trained_and_watched() -> None:
    config, outputs = config_of(), dict.fromkeys(("ita", "tia", *TASKS))
    assert losses.joint_weights(config, outputs) == dict.fromkeys(TASKS, 1.0)
    assert losses.warm_up_weights(config, outputs) == {}
    config.alignment.warmup_steps = 3
    assert losses.warm_up_weights(config, outputs) == dict.fromkeys(TASKS, 1.0)
    config.fashionbert.weights.update({"masked_text": 0.0, "masked_patches": 0.0})
    assert losses.active_tasks(config, outputs) == ("match",) and losses.trains_alignment(config, outputs)
    assert losses.is_adaptive(config) and not losses.is_adaptive(small_config())
    assert not losses.trains_alignment(small_config(), {"cvr": None})


@pytest.mark.parametrize(("task", "value"), [("masked_text", -1.0), ("match", 0.0)])
def test_wrong_weights_are_refused(task: str, value: float) -> None:
    with pytest.raises(UserError, match=rf"fashionbert\.weights\.{task}={value}: expected"):
        losses.check_weights(config_of(weights={task: value}))


def test_xla_is_refused() -> None:
    config = config_of()
    config.inputs.fixed_shapes = True
    config.model.experts_per_task = config.model.num_experts
    with pytest.raises(UserError, match=r"train\.jit_compile=True: model\.name=fashionbert"):
        check_jit(config)
