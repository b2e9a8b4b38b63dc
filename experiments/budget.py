"""Measures how fast every model trains on one core, from which BUDGET.md computes what the planned runs take.

    taskset -c 0 python -m experiments.budget --images=GroceryStoreDataset --results=experiments/results

Each model makes real steps on real batches, in a process of its own. BUDGET.md is written by `make results`.
"""

from __future__ import annotations

import multiprocessing
import os
import time
from collections.abc import Sequence
from typing import Any

from absl import flags

from camenn_tf.flags import run_main
from experiments.comparison.data import DATA
from experiments.configs.comparison import SETTINGS
from experiments.steps import commit, write_result

_IMAGES = flags.DEFINE_string("images", "", "GroceryStoreDataset directory.")
_OUTPUT = flags.DEFINE_string("output", "build/comparison", "Directory for tables and features.")
_RESULTS = flags.DEFINE_string("results", "experiments/results", "Directory of the JSON file.")
_SECONDS = flags.DEFINE_float("seconds", 15.0, "How long each model trains.", lower_bound=1.0)

SOURCES = {"small": "", "ab": "corner_store/"}  # data measured on, and the prefix of its configurations


def main(_: Sequence[str]) -> None:
    """Measures every model on both worlds."""
    speeds: dict[str, dict[str, Any]] = {}
    samples = {}
    DATA["bench"].make(_OUTPUT.value, _IMAGES.value)  # Tables 1, 2 and 4 are counted by its samples
    for name, prefix in SOURCES.items():
        DATA[name].make(_OUTPUT.value, _IMAGES.value)
        paths = tuple(DATA[name].path(_OUTPUT.value, part) for part in ("dataset", "features"))
        for model in SETTINGS:
            with multiprocessing.get_context("spawn").Pool(1) as pool:
                measured = pool.apply(measure, (f"{prefix}{model}", *paths, _SECONDS.value))
            speeds.setdefault(name, {})[model] = measured
            print(f"{name} {model}: {measured['samples_per_second']:.0f} samples/s", flush=True)
    for name, data in DATA.items():
        info = os.path.join(data.path(_OUTPUT.value, "dataset"), "dataset.json")
        if os.path.exists(info):
            samples[name] = _train_samples(data.path(_OUTPUT.value, "dataset"))
    result = {"kind": "budget", "commit": commit(), "speeds": speeds, "train_samples": samples}
    write_result(os.path.join(_RESULTS.value, "budget.json"), result)


def measure(name: str, dataset: str, features: str, seconds: float) -> dict[str, Any]:
    """Samples a second of joint training, and seconds of everything before the first step.

    Args:
      name: of `experiments/configs/comparison.py`.
      dataset, features: directories.
      seconds: about how long to train.
    """
    started = time.monotonic()
    from camenn_tf.dataset.dataset_info import load_dataset_info
    from camenn_tf.training.distribute import distribute
    from camenn_tf.training.losses import joint_weights
    from camenn_tf.training.precision import set_precision, set_seeds
    from camenn_tf.training.strategy import make_strategy
    from camenn_tf.training.train_run import build_model, build_pipelines
    from camenn_tf.training.train_step import TrainStep
    from experiments.configs.comparison import get_config

    config = get_config(name)
    strategy = make_strategy("one_device")
    set_precision(config)
    set_seeds(config)
    info = load_dataset_info(dataset)
    _, model = build_model(config, info, dataset, features, strategy)
    pipeline, _ = build_pipelines(config, info, dataset, features, model)
    tasks = joint_weights(config, model.output)
    step = TrainStep(model, strategy, distribute(strategy, pipeline).element_spec, config, tasks, 1000)
    data = iter(distribute(strategy, pipeline))
    step(next(data)).numpy()
    first, steps = time.monotonic(), 0
    while time.monotonic() - first < seconds and steps < pipeline.steps_per_epoch - 2:
        step(next(data)).numpy()
        steps += 1
    trained = time.monotonic() - first
    return {
        "samples_per_second": steps * config.inputs.batch_size / trained,
        "seconds_before": first - started,
        "parameters": model.count_params(),
    }


def _train_samples(dataset: str) -> int:
    from camenn_tf.dataset.dataset_info import load_dataset_info

    return load_dataset_info(dataset).splits["train"].samples


if __name__ == "__main__":
    run_main(main)
