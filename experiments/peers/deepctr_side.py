"""One of DeepCTR's models through a pass: .venv-peers/bin/python -P experiments/peers/deepctr_side.py JOB.json.

Runs in the peers' own environment and knows nothing of our code: arrays of `experiments.peers.export` are loaded from
disk and given to `fit` by column, as DeepCTR's documentation does. The job is what `experiments.peers.compare` writes;
what was measured goes to `<output>.json`, the validation scores to `<output>.npz`.
"""

from __future__ import annotations

import json
import os
import sys
import time
from typing import Any

# before TensorFlow is imported: DeepCTR's models need Keras 2
os.environ["TF_USE_LEGACY_KERAS"] = "1"

import deepctr
import numpy as np
import tensorflow as tf
import tf_keras
from deepctr.feature_column import SparseFeat, VarLenSparseFeat
from deepctr.models import AFM, BST, DIN, MMOE, WDL, DeepFM, xDeepFM

Columns = dict[str, np.ndarray]
TASKS = ("cvr", "copy")  # DeepCTR's MMOE wants two: the second has the same label


class Clock(tf_keras.callbacks.Callback):
    """When the first step was done, which is mostly tracing, and when the last."""

    def __init__(self) -> None:
        super().__init__()
        self._supports_tf_logs = True  # nobody reads the logs, so nothing need be converted for this
        self.first = self.last = self.cpu = 0.0

    def on_train_batch_end(self, batch: int, logs: Any = None) -> None:
        self.last = time.perf_counter()
        if batch == 0:
            self.first, self.cpu = self.last, time.process_time()


def build(name: str, fields: list[dict[str, Any]], history_length: int, job: dict[str, Any]) -> tf_keras.Model:
    """DeepCTR's model of the shared sizes; regularisation off, initialisation as it comes."""
    settings = job["settings"]
    columns, items = [], []
    for field in fields:
        columns.append(SparseFeat(field["name"], field["size"], embedding_dim=settings["embedding_size"]))
        if field["group"] == "item":
            items.append(columns[-1])
    deep = {"dnn_hidden_units": settings["hidden_units"], "dnn_dropout": settings["dropout"]}
    plain = {"l2_reg_linear": 0.0, "l2_reg_embedding": 0.0, "seed": settings["seed"]}
    if name in ("fm", "afm"):
        return AFM(
            columns, columns, use_attention=name == "afm", attention_factor=settings["attention_size"], l2_reg_att=0.0,
            afm_dropout=settings["dropout"], **plain,
        )  # fmt: skip
    if name == "wide_deep":
        return WDL(columns, columns, **deep, **plain)
    if name == "deepfm":
        return DeepFM(columns, columns, **deep, **plain)
    if name == "xdeepfm":
        # our feature maps are linear and all of them count, as in the paper
        cin = {"cin_layer_size": settings["cin_units"], "cin_split_half": False, "cin_activation": "linear"}
        return xDeepFM(columns, columns, **cin, **deep, **plain)
    plain.pop("l2_reg_linear")
    if name == "mmoe":
        width = mmoe_width(job["trunk_weights"], len(columns) * settings["embedding_size"], settings["experts"])
        units = {"expert_dnn_hidden_units": [width, width], "tower_dnn_hidden_units": [width]}
        return MMOE(columns, settings["experts"], task_names=TASKS, **units, **plain)
    columns += [
        VarLenSparseFeat(
            SparseFeat(f"hist_{item.name}", item.vocabulary_size, item.embedding_dim, embedding_name=item.name),
            maxlen=history_length,
            length_name="seq_length",
        )
        for item in items
    ]
    history = [item.name for item in items]
    if name == "din":
        return DIN(columns, history, dnn_activation="dice", att_hidden_size=settings["unit_sizes"], **deep, **plain)
    assert name == "bst", name
    return BST(
        columns, history, transformer_num=settings["blocks"], att_head_num=settings["heads"],
        dnn_activation="leaky_relu", **deep, **plain,
    )  # fmt: skip


def mmoe_width(weights: int, inputs: int, experts: int) -> int:
    """Width of experts (two layers) and towers with which the network behind the embeddings has so many weights."""

    def found(width: int) -> int:
        layers = experts * (inputs * width + width) + (experts + len(TASKS)) * (width * width + width)
        return layers + len(TASKS) * (inputs * experts + width + 1)

    return min(range(1, 513), key=lambda width: abs(found(width) - weights))


def load(directory: str, split: str, names: list[str]) -> tuple[Columns, np.ndarray]:
    """The columns that a model reads, and the labels."""
    with np.load(os.path.join(directory, f"{split}.npz")) as arrays:
        return {name: arrays[name] for name in names}, arrays["label"]


def peak_bytes() -> int:
    """Largest resident size of this process."""
    with open("/proc/self/status", encoding="ascii") as file:
        return 1024 * next(int(line.split()[1]) for line in file if line.startswith("VmHWM"))


def run(job: dict[str, Any]) -> None:
    """Trains, scores the validation split, writes both files."""
    started = time.perf_counter()
    settings = job["settings"]
    tf.keras.utils.set_random_seed(settings["seed"])
    with open(os.path.join(job["data"], "fields.json"), encoding="utf-8") as file:
        description = json.load(file)
    model = build(job["model"], description["fields"], description["history_length"], job)
    inputs, label = load(job["data"], "train", model.input_names)
    adam = tf.keras.optimizers.Adam(settings["learning_rate"], settings["beta_1"], settings["beta_2"])
    model.compile(adam, "binary_crossentropy")
    tasks = len(model.output_names)
    clock = Clock()
    model.fit(inputs, [label] * tasks, batch_size=settings["batch_size"], epochs=1, verbose=0, callbacks=[clock])
    cpu_seconds, seconds = time.process_time() - clock.cpu, clock.last - clock.first
    samples = len(label) - settings["batch_size"]
    inputs, label = load(job["data"], "validation", model.input_names)
    score = model.predict(inputs, batch_size=settings["predict_batch_size"], verbose=0)
    score = score[0] if tasks > 1 else score
    np.savez(f"{job['output']}.npz", score=np.reshape(score, [-1]), label=label)
    result = {
        "samples_per_second": samples / seconds,
        "cpu_seconds_per_1000_samples": 1000 * cpu_seconds / samples,
        "training_seconds": seconds,
        "seconds_in_all": time.perf_counter() - started,
        "peak_bytes": peak_bytes(),
        "weights": model.count_params(),
        "versions": {"deepctr": deepctr.__version__, "tensorflow": tf.__version__, "tf-keras": tf_keras.__version__},
    }
    with open(f"{job['output']}.json", "w", encoding="utf-8") as file:
        json.dump(result, file, indent=1)


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as job_file:
        run(json.load(job_file))
