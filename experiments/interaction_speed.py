"""How fast the baselines' interactions train: taskset -c 1 python -m experiments.interaction_speed --output=FILE.

Whole training steps (forward, backward, Adam) of FFM, AFM, xDeepFM and Wide & Deep (its first layer behind the fields)
with 78 fields of 34 values, once with the layers of `camenn_tf.layers` and once with each plain form of
`tests.reference.plain_interactions`, all else equal, in turn in one process (two minutes). Differences are those of the
first loss and gradients, by the largest entry of each.
"""

from __future__ import annotations

import functools
import statistics
import time
from collections.abc import Sequence
from typing import Any
from unittest import mock

import keras
import numpy as np
import tensorflow as tf
from absl import flags

from camenn_tf.config import default_config
from camenn_tf.dataset.dataset_info import FieldInfo
from camenn_tf.flags import run_main
from camenn_tf.models import MODELS, ModelSpec
from experiments.steps import write_result
from tests.reference import plain_interactions as plain

_BATCH = flags.DEFINE_integer("batch_size", 256, "Samples of a step.", lower_bound=1)
_SIZE = flags.DEFINE_integer("embedding_size", 64, "E.", lower_bound=1)
_REPETITIONS = flags.DEFINE_integer("repetitions", 11, "Counted steps of each form.", lower_bound=1)
_THREADS = flags.DEFINE_integer("threads", 1, "Threads of an operation.", lower_bound=1)
_OUTPUT = flags.DEFINE_string("output", "", "JSON file for the figures.")

SAMPLE_FIELDS, ITEM_FIELDS, VALUES = 70, 8, 34
# by model: where its module gets the layer from, and its plain forms
FORMS: dict[str, tuple[str, dict[str, type[keras.layers.Layer]]]] = {
    "ffm": ("ffm.FieldAwareInteraction", {"plain": plain.PlainFieldAware}),
    "afm": ("afm.AttentionalInteraction", {"plain": plain.PlainAttentional, "deepctr": plain.DeepCTRAttentional}),
    "xdeepfm": ("xdeepfm.CompressedInteraction", {"plain": plain.PlainCompressed, "deepctr": plain.DeepCTRCompressed}),
    "wide_deep": ("baseline_parts.FieldDense", {"plain": plain.PlainFieldDense}),
}


class Steps:
    """Training steps of one form on one batch.

    Args:
      name: of the model.
      form: the class in the place of the model's interaction layer; None = the model as it is.
      batch_size: B.
      embedding_size: E.
    """

    def __init__(self, name: str, form: type[keras.layers.Layer] | None, batch_size: int, embedding_size: int) -> None:
        config = default_config()
        config.model.update({"name": name, "embedding_size": embedding_size, "dropout": 0.0})
        keras.utils.set_random_seed(1)
        if form is None:
            self.model = MODELS[name](config, _spec())
        else:
            with mock.patch(f"camenn_tf.models.{FORMS[name][0]}", form):
                self.model = MODELS[name](config, _spec())
        self._optimizer = keras.optimizers.Adam(4e-4, beta_1=0.95, beta_2=0.999)
        self._optimizer.build(self.model.trainable_variables)
        self._batch = _batch(batch_size)
        self._label = tf.constant(np.arange(batch_size) % 2, tf.float32)
        signature = {key: tf.TensorSpec([None, *value.shape[1:]], value.dtype) for key, value in self._batch.items()}
        self._step = tf.function(self._train, input_signature=[signature], autograph=False)

    def gradients(self) -> list[np.ndarray]:
        """Makes a step; its loss and the gradients of all weights."""
        return [part.numpy() for part in self._step(self._batch)]

    def seconds(self) -> float:
        """Wall time of one step."""
        started = time.perf_counter()
        self._step(self._batch)[0].numpy()
        return time.perf_counter() - started

    def _train(self, batch: dict[str, tf.Tensor]) -> list[tf.Tensor]:
        with tf.GradientTape() as tape:
            score = self.model({key: batch[key] for key in self.model.input}, training=True)["cvr"]
            loss = tf.reduce_mean(keras.losses.binary_crossentropy(self._label[:, None], score[:, None]))
        gradients = tape.gradient(loss, [variable.value for variable in self.model.trainable_variables])
        gradients = [tf.convert_to_tensor(gradient) for gradient in gradients]
        self._optimizer.apply(gradients, self.model.trainable_variables)
        return [loss, *gradients]


def measure(name: str, batch_size: int, embedding_size: int, repetitions: int) -> dict[str, Any]:
    """Samples a second of each form of a model, medians of steps taken in turn, and how far gradients differ."""
    forms: dict[str, type[keras.layers.Layer] | None] = {"ours": None, **FORMS[name][1]}
    steps = {form: Steps(name, kind, batch_size, embedding_size) for form, kind in forms.items()}
    gradients = {form: step.gradients() for form, step in steps.items()}
    times: dict[str, list[float]] = {form: [] for form in steps}
    for step in steps.values():
        step.seconds()
    for _ in range(repetitions):
        for form, step in steps.items():
            times[form].append(step.seconds())
    speeds = {form: batch_size / statistics.median(taken) for form, taken in times.items()}
    return {
        "samples_per_second": speeds,
        "ratio": {form: speeds["ours"] / speed for form, speed in speeds.items() if form != "ours"},
        "largest_difference": {
            form: _largest_difference(gradients["ours"], other) for form, other in gradients.items() if form != "ours"
        },
    }


def _largest_difference(ours: Sequence[np.ndarray], others: Sequence[np.ndarray]) -> float:
    return max(float(np.abs(own - other).max() / np.abs(other).max()) for own, other in zip(ours, others, strict=True))


@functools.cache
def _spec() -> ModelSpec:
    sample, item = (
        tuple(FieldInfo(f"{group}_{number}", group, "categorical", VALUES) for number in range(count))
        for group, count in (("cross", SAMPLE_FIELDS), ("item", ITEM_FIELDS))
    )
    return ModelSpec(sample, item, "states", 1, 1, "features", 1, 1)


def _batch(samples: int) -> dict[str, tf.Tensor]:
    random = np.random.default_rng(1)
    return {
        "fields": tf.constant(random.integers(0, VALUES, [samples, SAMPLE_FIELDS]), tf.int32),
        "items_fields": tf.constant(random.integers(0, VALUES, [samples + 1, ITEM_FIELDS]), tf.int32),
        "target": tf.constant(random.integers(1, samples + 1, samples), tf.int32),
    }


def main(_: Sequence[str]) -> None:
    """Measures each model, prints, and writes the figures."""
    tf.config.threading.set_intra_op_parallelism_threads(_THREADS.value)
    tf.config.threading.set_inter_op_parallelism_threads(_THREADS.value)
    sizes = {"batch_size": _BATCH.value, "embedding_size": _SIZE.value, "repetitions": _REPETITIONS.value}
    figures: dict[str, Any] = {**sizes, "fields": SAMPLE_FIELDS + ITEM_FIELDS, "threads": _THREADS.value}
    for name in FORMS:
        figures[name] = measure(name, **sizes)
        for form, speed in figures[name]["samples_per_second"].items():
            print(f"{name:9s} {form:8s} {speed:8.0f} samples/s", flush=True)
    if _OUTPUT.value:
        write_result(_OUTPUT.value, figures)


if __name__ == "__main__":
    run_main(main)
