"""A small model specification and random batches in the contract's form, for the tests of models and layers."""

from __future__ import annotations

import collections
import re
import zlib

import keras
import numpy as np
import tensorflow as tf
from ml_collections import ConfigDict

from camenn_tf.config import default_config
from camenn_tf.dataset.dataset_info import FieldInfo
from camenn_tf.models.spec import ModelSpec

SPEC = ModelSpec(
    sample_fields=(
        FieldInfo("age", "user", "categorical", 5),
        FieldInfo("hour", "context", "numeric", 7),
        FieldInfo("weather", "context", "categorical", 4),
        FieldInfo("bought", "cross", "numeric", 6),
    ),
    item_fields=(FieldInfo("item_id", "item", "categorical", 9), FieldInfo("price", "item", "numeric", 4)),
    text_kind="states",
    text_dim=12,
    text_max_length=8,
    image_kind="features",
    image_patches=4,
    image_dim=10,
    train_counts={
        "age": np.array([1, 2, 3, 4, 5]),
        "hour": np.arange(7),
        "weather": np.full(4, 10),
        "bought": np.arange(6) + 2,
        "item_id": np.arange(9),
        "price": np.array([4, 3, 2, 1]),
    },
)


_NUMBER = re.compile(r"_(\d+)")


def small_config(**model: object) -> ConfigDict:
    """A small CameNN without dropout."""
    config = default_config()
    config.model.update({"embedding_size": 16, "num_heads": 4, "history_length": 3, "dropout": 0.0, **model})
    return config


def random_batch(
    seed: int = 1, samples: int = 6, items: int = 9, text_length: int = 8, spec: ModelSpec = SPEC
) -> dict[str, tf.Tensor]:
    """Samples with histories of every length, items without text or image, and alignment rows of every kind."""
    rng = np.random.default_rng(seed)
    lengths = rng.integers(2, text_length + 1, items)
    lengths[0], lengths[2] = 0, 2  # padding row; an item without text keeps [CLS] and [SEP]
    has_image = rng.random(items) < 0.7
    has_image[0], has_image[1] = False, True
    history = rng.integers(0, items, [samples, 3])
    target = rng.integers(1, items, samples)
    history[0] = 0
    donors = 1 + target % (items - 1)
    sample = np.concatenate([np.arange(samples), np.arange(samples), np.arange(samples)]) - (samples // 2)
    sample = np.where(sample % 2 == 0, np.maximum(sample, -1) % samples, -1)
    own = np.where(sample >= 0, target[sample], rng.integers(1, items, len(sample)))
    other = np.where(sample >= 0, donors[sample], 1 + own % (items - 1))
    task = np.arange(len(sample)) % 3  # 0 = ITA negative, 1 = TIA negative, 2 = positive of both
    arrays = {
        "fields": np.stack([rng.integers(0, field.size, samples) for field in spec.sample_fields], 1),
        "history": history,
        "target": target,
        "items_fields": np.stack([rng.integers(0, field.size, items) for field in spec.item_fields], 1),
        "items_text_length": lengths,
        "alignment_sample": sample,
        "alignment_text": np.where(task == 0, other, own),
        "alignment_image": np.where(task == 1, other, own),
        "alignment_task": task,
    }
    batch = {key: tf.constant(value, tf.int32) for key, value in arrays.items()}
    batch["items_has_image"] = tf.constant(has_image)
    batch["items_text"] = tf.constant(rng.normal(size=[items, text_length, spec.text_dim]), tf.float32)
    batch["items_image"] = tf.constant(rng.normal(size=[items, spec.image_patches, spec.image_dim]), tf.float32)
    return batch


def spread_weights(model: keras.Model, spread: float = 0.2) -> None:
    """Draws every trainable weight anew, so that none is neutral; each by its own name, whatever order Keras has.

    Keras numbers layers without a name through a whole process. Of weights whose names differ in numbers alone, each is
    drawn by its place among them, so a model that is built again gets the same.
    """
    places: collections.Counter[str] = collections.Counter()
    for weight in sorted(model.trainable_weights, key=_numbers):
        name = _NUMBER.sub("", weight.path)
        random = np.random.default_rng(zlib.crc32(f"{name} {places[name]}".encode()))
        weight.assign(random.normal(0, spread, weight.shape))
        places[name] += 1


def _numbers(weight: keras.Variable) -> list[list[int]]:
    """The numbers in each part of its path: a key that sorts layer_norm, layer_norm_9, layer_norm_10."""
    return [[int(number) for number in _NUMBER.findall(part)] for part in weight.path.split("/")]


def weights_without_gradient(model: keras.Model, batch: dict[str, tf.Tensor]) -> list[str]:
    """Paths of the trainable weights that move no output in training, all of them drawn anew before."""
    spread_weights(model)
    with tf.GradientTape() as tape:
        outputs = model({key: batch[key] for key in model.input}, training=True)
        loss = tf.add_n([tf.reduce_sum(part * tf.range(1.0, 1.0 + part.shape[0])) for part in outputs.values()])
    gradients = tape.gradient(loss, [weight.value for weight in model.trainable_weights])
    return [
        weight.path
        for weight, gradient in zip(model.trainable_weights, gradients, strict=True)
        if gradient is None or not np.any(tf.convert_to_tensor(gradient).numpy())
    ]
