"""A tiny model and pipeline with the signatures of the real ones, so that the loop can be tested in seconds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import keras
import numpy as np
import tensorflow as tf
from ml_collections import ConfigDict

from camenn_tf.config import default_config, override
from camenn_tf.layers.dice import Dice

FIELD_VALUES = 7
ITEMS = 12


class FakePipeline:
    """Samples whose label depends on (field, item), alignment rows that are right when text and image index agree.

    As the real pipeline: the global batch is a function of (seed, epoch, step), replicas get contiguous slices, the
    last step is filled with rows of weight 0.
    """

    def __init__(self, config: ConfigDict, split: str = "train", samples: int = 90) -> None:
        self._config = config
        self._batch = config.inputs.batch_size if split == "train" else config.evaluate.batch_size
        self._train = split == "train"
        rng = np.random.default_rng(config.seed + (0 if self._train else 1))
        self._field = rng.integers(0, FIELD_VALUES, samples)
        self._target = rng.integers(1, ITEMS, samples)
        self._label = ((self._field + self._target + rng.integers(0, 2, samples)) % 3 == 0).astype(np.float32)
        self._samples = samples

    @property
    def steps_per_epoch(self) -> int:
        return -(-self._samples // self._batch)

    @property
    def element_spec(self) -> dict[str, tf.TensorSpec]:
        floats = ("label", "weight", "alignment_label", "alignment_weight")
        spec = {name: tf.TensorSpec([None], tf.float32, name=name) for name in floats}
        whole = ("target", "alignment_sample", "alignment_text", "alignment_image", "alignment_task")
        spec.update({name: tf.TensorSpec([None], tf.int32, name=name) for name in whole})
        spec["fields"] = tf.TensorSpec([None, 1], tf.int32, name="fields")
        return spec

    def dataset(
        self, epoch: int = 0, start_step: int = 0, replica: int = 0, replicas: int = 1, local_replicas: int = 1
    ) -> tf.data.Dataset:
        order = np.random.default_rng([self._config.seed, epoch]).permutation(self._samples)
        order = order if self._train else np.arange(self._samples)
        places = (replica, replicas, local_replicas)
        return self._rounds(start_step, self.steps_per_epoch, places, lambda step: self._joint_rows(order, epoch, step))

    def warmup_dataset(
        self, start_step: int = 0, replica: int = 0, replicas: int = 1, local_replicas: int = 1
    ) -> tf.data.Dataset:
        places = (replica, replicas, local_replicas)
        return self._rounds(start_step, self._config.alignment.warmup_steps, places, self._warm_up_rows)

    def alignment_batches(self) -> tf.data.Dataset:
        rows = self._warm_up_rows(10_000)
        return tf.data.Dataset.from_tensors({name: tf.constant(values) for name, values in rows.items()})

    def _rounds(self, start: int, end: int, places: tuple[int, int, int], rows: Any) -> tf.data.Dataset:
        replica, replicas, local = places

        def generate() -> Any:
            for step in range(start, end):
                for place in range(replica, replica + local):
                    yield _slice(rows(step), place, replicas)

        return tf.data.Dataset.from_generator(generate, output_signature=self.element_spec)

    def _joint_rows(self, order: np.ndarray, epoch: int, step: int) -> dict[str, np.ndarray]:
        chosen = order[step * self._batch : (step + 1) * self._batch]
        real = len(chosen)
        chosen = np.concatenate([chosen, np.repeat(chosen[:1], self._batch - real)])
        rows = self._warm_up_rows(1000 * epoch + step)
        rows["fields"] = self._field[chosen].astype(np.int32)[:, None]
        rows["target"] = self._target[chosen].astype(np.int32)
        rows["label"] = self._label[chosen]
        rows["weight"] = (np.arange(self._batch) < real).astype(np.float32)
        return rows

    def _warm_up_rows(self, step: int) -> dict[str, np.ndarray]:
        rng = np.random.default_rng([self._config.seed, 77, step])
        text = rng.integers(1, ITEMS, 6)
        task = np.array([2, 2, 2, 0, 1, 0])  # TIA has a row fewer than ITA
        image = np.where(task == 2, text, text % (ITEMS - 1) + 1)
        none = np.zeros(0)
        return {
            "fields": np.zeros((0, 1), np.int32),
            "target": none.astype(np.int32),
            "label": none.astype(np.float32),
            "weight": none.astype(np.float32),
            "alignment_sample": np.full(6, -1, np.int32),
            "alignment_text": text.astype(np.int32),
            "alignment_image": image.astype(np.int32),
            "alignment_task": task.astype(np.int32),
            "alignment_label": (task == 2).astype(np.float32),
            "alignment_weight": np.ones(6, np.float32),
        }


def _slice(rows: Mapping[str, np.ndarray], replica: int, replicas: int) -> dict[str, np.ndarray]:
    out = {}
    for name, values in rows.items():
        share = -(-len(values) // replicas)
        out[name] = values[replica * share : (replica + 1) * share]
    return out


def fake_model(dropout: float = 0.0, seed: int = 3) -> keras.Model:
    """Field and target embeddings to cvr; text and image embeddings to ita and tia."""
    names = ("target", "alignment_sample", "alignment_text", "alignment_image", "alignment_task")
    inputs = {name: keras.Input((), dtype="int32", name=name) for name in names}
    inputs["fields"] = keras.Input((1,), dtype="int32", name="fields")
    make = iter(range(seed, seed + 100))

    def normal() -> keras.initializers.Initializer:
        return keras.initializers.RandomNormal(stddev=0.3, seed=next(make))

    item = keras.layers.Embedding(ITEMS, 4, embeddings_initializer=normal(), name="item")
    field = keras.layers.Embedding(FIELD_VALUES, 4, embeddings_initializer=normal(), name="field")
    image = keras.layers.Embedding(ITEMS, 4, embeddings_initializer=normal(), name="image")
    joint = keras.layers.Concatenate()([keras.layers.Flatten()(field(inputs["fields"])), item(inputs["target"])])
    joint = keras.layers.Dense(8, kernel_initializer=normal(), name="mix")(joint)
    joint = Dice(momentum=0.7, name="dice")(joint)  # its moments are those of all replicas
    joint = keras.layers.Dropout(dropout, seed=5)(joint)
    pair = keras.layers.Concatenate()([item(inputs["alignment_text"]), image(inputs["alignment_image"])])
    pair = keras.layers.LayerNormalization(name="norm")(
        keras.layers.Dense(8, "tanh", kernel_initializer=normal())(pair)
    )
    outputs = {}
    for task, hidden in (("cvr", joint), ("ita", pair), ("tia", pair)):
        score = keras.layers.Dense(1, "sigmoid", kernel_initializer=normal(), dtype="float32", name=task)(hidden)
        outputs[task] = keras.layers.Reshape((), dtype="float32", name=f"{task}_score")(score)
    return keras.Model(inputs, outputs)


def fake_config(**sections: Mapping[str, Any]) -> ConfigDict:
    """A configuration for the fakes; `sections` override it."""
    config = default_config()
    base: dict[str, Any] = {
        "inputs": {"batch_size": 16},
        "alignment": {"warmup_steps": 3},
        "optimizer": {"learning_rate": 0.01},
        "train": {
            "epochs": 3,
            "evaluations_per_epoch": 2,
            "patience": 5,
            "checkpoint_steps": 4,
            "tensorboard_steps": 2,
        },
        "evaluate": {"batch_size": 32},
    }
    override(config, base)
    override(config, sections)
    return config
