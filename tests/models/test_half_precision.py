"""Every model under mixed_bfloat16: it trains, and its logits are not rounded."""

from __future__ import annotations

from collections.abc import Iterator

import keras
import numpy as np
import pytest
import tensorflow as tf

from camenn_tf.models import MODELS
from tests.dtype_policy import dtype_policy
from tests.models.model_cases import SPEC, random_batch, small_config, spread_weights


@pytest.fixture
def half_precision() -> Iterator[None]:
    with dtype_policy("mixed_bfloat16"):
        yield


@pytest.mark.usefixtures("half_precision")
@pytest.mark.parametrize("name", sorted(MODELS))
def test_it_trains_and_its_logits_are_wide(name: str) -> None:
    keras.utils.set_random_seed(3)
    config = small_config(name=name, field_logit=4)
    config.baseline.update({"hidden_units": (32, 16), "unit_sizes": (5,), "cin_units": (3, 2)})
    model, batch = MODELS[name](config, SPEC), random_batch(1, samples=3, items=5)
    spread_weights(model)
    with tf.GradientTape() as tape:
        outputs = model({key: batch[key] for key in model.input}, training=True)
        scores = {task: outputs[task] for task in ("cvr", "ita", "tia") if task in outputs}
        total = tf.add_n([tf.reduce_sum(values) for values in scores.values()])
    gradients = tape.gradient(total, [weight.value for weight in model.trainable_weights])
    known = [tf.convert_to_tensor(gradient).numpy() for gradient in gradients if gradient is not None]
    assert known and all(np.isfinite(gradient).all() for gradient in known)
    for task, values in scores.items():
        assert values.dtype == tf.float32
        logits = (tf.math.log(values) - tf.math.log1p(-values)).numpy()
        rounded = tf.cast(tf.cast(logits, tf.bfloat16), tf.float32).numpy()
        assert np.any(np.abs(logits - rounded) > 1e-4 * np.abs(logits)), task
