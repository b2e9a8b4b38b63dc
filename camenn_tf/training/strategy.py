"""Which devices a run trains on, and how their gradients meet."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping

import tensorflow as tf

from camenn_tf.errors import UserError

STRATEGIES = ("auto", "one_device", "mirrored", "multi_worker")
_TF_CONFIG = '{"cluster": {"worker": ["host:port", ...]}, "task": {"type": "worker", "index": 0}}'


def make_strategy(name: str = "auto", logical_cpus: int = 0) -> tf.distribute.Strategy:
    """Sets up the devices and returns the strategy; the first thing a process does with TensorFlow.

    `auto` takes `multi_worker` when TF_CONFIG names more than one worker, `mirrored` when this machine has more than
    one GPU, else `one_device`. GPUs take memory as they need it, not all at once.

    Args:
      name: one of `STRATEGIES`.
      logical_cpus: cut the CPU into so many devices and use them as replicas, to try out a distribution without GPUs.

    Raises:
      UserError: an unknown name, `multi_worker` without TF_CONFIG, or `logical_cpus` beside GPUs or another strategy.
    """
    if name not in STRATEGIES:
        raise UserError(f"train.strategy is {name!r}, expected one of {', '.join(STRATEGIES)}")
    gpus = tf.config.list_physical_devices("GPU")
    for gpu in gpus:
        tf.config.experimental.set_memory_growth(gpu, True)
    if logical_cpus:
        _cut_cpu(logical_cpus, name, len(gpus))
    chosen = _resolve(name, len(gpus), logical_cpus, worker_count())
    if chosen == "multi_worker":
        return tf.distribute.MultiWorkerMirroredStrategy()
    if chosen == "mirrored":
        devices = [f"/gpu:{n}" for n in range(len(gpus))] or [f"/cpu:{n}" for n in range(max(1, logical_cpus))]
        return tf.distribute.MirroredStrategy(devices)
    return tf.distribute.OneDeviceStrategy("/gpu:0" if gpus else "/cpu:0")


def worker_count(environment: Mapping[str, str] = os.environ) -> int:
    """Workers that TF_CONFIG names (the chief is one of them), 1 without it.

    Raises UserError where it is no JSON of that form.
    """
    text = environment.get("TF_CONFIG") or "{}"
    try:
        cluster = json.loads(text).get("cluster", {})
        return max(1, len(cluster.get("chief", [])) + len(cluster.get("worker", [])))
    except (ValueError, AttributeError, TypeError) as error:
        raise UserError(f"TF_CONFIG is {text!r}, which is not of the form {_TF_CONFIG} ({error})") from error


def is_chief(strategy: tf.distribute.Strategy) -> bool:
    """Whether this process writes what all workers share: true but on workers other than the first."""
    resolver = strategy.cluster_resolver
    if resolver is None or not resolver.task_type:
        return True
    cluster = resolver.cluster_spec().as_dict()
    first = resolver.task_type == "chief" or "chief" not in cluster
    return bool(first and resolver.task_id == 0)


def worker_name(strategy: tf.distribute.Strategy) -> str:
    """Of this process among all that train one run: `chief-0`, `worker-1`; `worker-0` where it is alone."""
    resolver = strategy.cluster_resolver
    if resolver is None or not resolver.task_type:
        return "worker-0"
    return f"{resolver.task_type}-{resolver.task_id}"


def _resolve(name: str, gpus: int, logical_cpus: int, workers: int) -> str:
    if name == "multi_worker" and workers < 2:
        raise UserError(
            f"train.strategy is multi_worker, but TF_CONFIG names no other worker; set TF_CONFIG to {_TF_CONFIG}"
        )
    if name != "auto":
        return name
    if workers > 1:
        return "multi_worker"
    return "mirrored" if max(gpus, logical_cpus) > 1 else "one_device"


def _cut_cpu(count: int, name: str, gpus: int) -> None:
    if gpus or name not in ("auto", "mirrored"):
        raise UserError(f"--logical_cpus={count} goes with --strategy=mirrored on a machine without GPUs")
    cpu = tf.config.list_physical_devices("CPU")[0]
    tf.config.set_logical_device_configuration(cpu, [tf.config.LogicalDeviceConfiguration()] * count)
