"""Times training steps of CameNN and of the literal model; `experiments.throughput` is the command."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from ml_collections import ConfigDict

from camenn_tf.config import default_config
from camenn_tf.dataset.dataset_info import FieldInfo
from camenn_tf.models import MODELS, ModelSpec, flops
from tests.reference.literal_camenn import LiteralCameNN

LENGTHS = os.path.join(os.path.dirname(__file__), "journey_lengths.json")
MATMUL_SIZE = 2048


def bench_config(history: int) -> ConfigDict:
    """The benchmark's model: the paper's sizes where it gives them, no token left out by chance."""
    config = default_config()
    config.model.history_length = history
    config.alignment.update({"fraction": 1.0, "context_dropout": 0.0})
    return config


def bench_spec(lengths: dict[str, Any]) -> ModelSpec:
    """Fields and feature sizes of Complete Journey."""
    fields = [
        FieldInfo(f"{group}_{number}", group, "categorical", 34)
        for group, count in lengths["fields"].items()
        for number in range(count)
    ]
    return ModelSpec(
        sample_fields=tuple(field for field in fields if field.group != "item"),
        item_fields=tuple(field for field in fields if field.group == "item"),
        text_kind="states",
        text_dim=384,
        text_max_length=52,
        image_kind="features",
        image_patches=9,
        image_dim=1280,
    )


def bench_batch(samples: int, history: int, spec: ModelSpec, lengths: dict[str, Any], seed: int = 1) -> dict[str, Any]:
    """A batch with Complete Journey's numbers of text pieces and purchases; a positive and two negatives a sample."""
    rng = np.random.default_rng(seed)
    bought = np.minimum(_draw(rng, lengths["history"], samples), history)
    sizes = lengths["distinct_share"]
    nearest = min(sizes, key=lambda size: abs(int(size) - samples))
    items = 1 + int(samples * (1 + bought.mean()) * sizes[nearest])
    text_length = np.concatenate([[0], _draw(rng, lengths["text"], items - 1)])
    places = np.arange(history)[None, :] >= history - bought[:, None]
    target = rng.integers(1, items, samples)
    donor = 1 + target % (items - 1)
    task = np.repeat([2, 0, 1], samples)
    ints = {
        "fields": np.stack([rng.integers(0, field.size, samples) for field in spec.sample_fields], 1),
        "items_fields": np.stack([rng.integers(0, field.size, items) for field in spec.item_fields], 1),
        "history": np.where(places, rng.integers(1, items, [samples, history]), 0),
        "target": target,
        "items_text_length": text_length,
        "alignment_sample": np.tile(np.arange(samples), 3),
        "alignment_text": np.concatenate([target, donor, target]),
        "alignment_image": np.concatenate([target, target, donor]),
        "alignment_task": task,
    }
    batch: dict[str, Any] = {key: value.astype(np.int32) for key, value in ints.items()}
    batch["items_text"] = rng.normal(size=[items, text_length.max(), spec.text_dim]).astype(np.float32)
    batch["items_image"] = rng.normal(size=[items, spec.image_patches, spec.image_dim]).astype(np.float32)
    batch["items_has_image"] = np.arange(items) > 0
    return batch


def _draw(rng: np.random.Generator, histogram: dict[str, int], count: int) -> np.ndarray:
    values = np.array([int(value) for value in histogram])
    weights = np.array(list(histogram.values()), float)
    return rng.choice(values, count, p=weights / weights.sum())


def train_step(form: Callable[..., Any], model: keras.Model, batch: dict[str, Any]) -> Callable[[], tf.Tensor]:
    """One step on the batch: losses of the three tasks, gradients, Adam."""
    optimizer = keras.optimizers.Adam(4e-4, beta_1=0.95, beta_2=0.999)
    optimizer.build(model.trainable_variables)
    tensors = {key: tf.constant(value) for key, value in batch.items()}
    signature = {key: tf.TensorSpec([None] * value.shape.rank, value.dtype) for key, value in tensors.items()}
    for key in ("fields", "items_fields", "history", "items_text", "items_image"):  # widths are known
        signature[key] = tf.TensorSpec([None, *tensors[key].shape[1:]], tensors[key].dtype)
    signature["items_text"] = tf.TensorSpec([None, None, batch["items_text"].shape[2]], tf.float32)

    @tf.function(input_signature=[signature], autograph=False)
    def step(inputs: dict[str, tf.Tensor]) -> tf.Tensor:
        with tf.GradientTape() as tape:
            outputs = form(inputs, training=True)
            losses = []
            for name, code in (("cvr", -1), ("ita", 0), ("tia", 1)):
                label = tf.cast(tf.range(tf.size(outputs[name])) % 2, tf.float32)
                if code >= 0:
                    label = tf.cast(inputs["alignment_task"] == 2, tf.float32)
                losses.append(tf.reduce_mean(keras.losses.binary_crossentropy(label[:, None], outputs[name][:, None])))
            loss = tf.add_n(losses)
        variables = [variable.value for variable in model.trainable_variables]
        optimizer.apply(tape.gradient(loss, variables), model.trainable_variables)
        return loss

    return lambda: step(tensors)


def seconds(call: Callable[[], tf.Tensor]) -> float:
    """Wall time of one call, result awaited."""
    start = time.perf_counter()
    call().numpy()
    return time.perf_counter() - start


def matmul_rate(product: Callable[[], tf.Tensor]) -> float:
    """float32 FLOPs a second of one matmul of MATMUL_SIZE."""
    return 2 * MATMUL_SIZE**3 / seconds(product)


def make_product() -> Callable[[], tf.Tensor]:
    """One matmul of MATMUL_SIZE, compiled."""
    matrix = tf.random.normal([MATMUL_SIZE, MATMUL_SIZE])
    function: Callable[[], tf.Tensor] = tf.function(lambda: tf.reduce_sum(tf.matmul(matrix, matrix)[0]))
    return function


def literal_flops(config: ConfigDict, spec: ModelSpec, samples: int, items: int) -> float:
    """Products of the literal form: full length, every expert, whole towers."""
    size, wide = config.model.embedding_size, config.model.feed_forward
    slot = spec.text_max_length + spec.image_patches
    length = len(spec.sample_fields) + len(spec.item_fields) + (config.model.history_length + 1) * slot
    rows = np.full(4 * samples, length)  # samples, positives, two kinds of negatives
    streams = np.full(5 * samples, length)  # positives are asked by both tasks
    forward = 2 * size * items * (spec.text_max_length * spec.text_dim + spec.image_patches * spec.image_dim)
    forward += flops.encoder_flops(rows, size, wide)
    forward += (config.model.num_experts + 1) * flops.encoder_flops(streams, size, wide)
    return 3 * forward


def our_flops(config: ConfigDict, spec: ModelSpec, batch: dict[str, Any]) -> float:
    """Products of our form: real tokens, chosen experts."""
    counts = flops.row_counts(batch, config, *flops.field_token_counts(config, spec), spec.image_patches)
    return flops.step_flops(config, counts, spec)


def _row_lengths(config: ConfigDict, spec: ModelSpec, batch: dict[str, Any]) -> np.ndarray:
    fields = flops.field_token_counts(config, spec)
    return flops.row_counts(batch, config, *fields, spec.image_patches).distinct_lengths


def compare(lengths: dict[str, Any], samples: int, repetitions: int) -> dict[str, float]:
    """Ours and the literal form in turn on one batch, a matmul between them."""
    config, spec = bench_config(10), bench_spec(lengths)
    keras.utils.set_random_seed(1)
    model = MODELS["camenn"](config, spec)
    batch = bench_batch(samples, 10, spec, lengths)
    ours = train_step(model, model, batch)
    literal = train_step(LiteralCameNN(model, config, spec), model, batch)
    product = make_product()
    for call in (ours, ours, literal, product, product):
        seconds(call)
    times: dict[str, list[float]] = {"ours": [], "literal": [], "rate": []}
    for _ in range(repetitions):
        times["literal"].append(seconds(literal))
        times["rate"].append(matmul_rate(product))
        times["ours"].append(seconds(ours))
        times["rate"].append(matmul_rate(product))
    rate = statistics.median(times["rate"])
    literal_time, our_time = statistics.median(times["literal"]), statistics.median(times["ours"])
    items = len(batch["items_text_length"])
    return {
        "matmul_gflops": rate / 1e9,
        "literal_seconds": literal_time,
        "our_seconds": our_time,
        "ratio": literal_time / our_time,
        "literal_share": literal_flops(config, spec, samples, items) / literal_time / rate,
        "our_share": our_flops(config, spec, batch) / our_time / rate,
        "mean_row_tokens": float(_row_lengths(config, spec, batch).mean()),
    }


def peak_bytes() -> int:
    """Largest resident size of this process; getrusage would count the process that started it, too."""
    with open("/proc/self/status", encoding="ascii") as file:
        line = next(line for line in file if line.startswith("VmHWM"))
    return int(line.split()[1]) * 1024


def measure_alone(lengths: dict[str, Any], history: int, samples: int, repetitions: int) -> dict[str, float]:
    """Ours in one setting: samples/s, share, peak memory of this process."""
    config, spec = bench_config(history), bench_spec(lengths)
    keras.utils.set_random_seed(1)
    model = MODELS["camenn"](config, spec)
    batch = bench_batch(samples, history, spec, lengths)
    step = train_step(model, model, batch)
    product = make_product()
    for call in (step, step, product):
        seconds(call)
    taken, rates = [], []
    for _ in range(repetitions):
        taken.append(seconds(step))
        rates.append(matmul_rate(product))
    taken_time = statistics.median(taken)
    return {
        "history": history,
        "batch": samples,
        "samples_per_second": samples / taken_time,
        "share": our_flops(config, spec, batch) / taken_time / statistics.median(rates),
        "peak_gb": peak_bytes() / 2**30,
    }
