"""Batches on their way to the devices."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import tensorflow as tf

from camenn_tf.inputs.batch_pipeline import BatchPipeline


def distribute(
    strategy: tf.distribute.Strategy,
    pipeline: BatchPipeline,
    epoch: int = 0,
    start_step: int = 0,
    warm_up: bool = False,
) -> Any:
    """The pipeline's batches from `start_step` on, one a replica and step."""

    def worker_dataset(context: tf.distribute.InputContext) -> tf.data.Dataset:
        local = _local_replicas(context)
        places = {
            "start_step": start_step,
            "replica": context.input_pipeline_id * local,
            "replicas": strategy.num_replicas_in_sync,
            "local_replicas": local,
        }
        return pipeline.warmup_dataset(**places) if warm_up else pipeline.dataset(epoch=epoch, **places)

    return _on_devices(strategy, worker_dataset)


def same_for_all(strategy: tf.distribute.Strategy, dataset: tf.data.Dataset) -> Any:
    """Each batch of the dataset for every replica, where batches are few and one replica's results are read."""

    def worker_dataset(context: tf.distribute.InputContext) -> tf.data.Dataset:
        local = _local_replicas(context)
        return dataset.flat_map(lambda batch: tf.data.Dataset.from_tensors(batch).repeat(local))

    return _on_devices(strategy, worker_dataset)


def _local_replicas(context: tf.distribute.InputContext) -> int:
    return int(context.num_replicas_in_sync // context.num_input_pipelines)


def _on_devices(
    strategy: tf.distribute.Strategy, worker_dataset: Callable[[tf.distribute.InputContext], tf.data.Dataset]
) -> Any:
    """The datasets of all workers as one.

    `tf.distribute` puts an iterator of its own behind each, which tf.data tunes (see `untuned`); one CPU device, to
    which nothing has to be copied, does without it.
    """
    if isinstance(strategy, tf.distribute.OneDeviceStrategy) and "cpu" in strategy.extended.worker_devices[0].lower():
        return worker_dataset(tf.distribute.InputContext())
    return strategy.distribute_datasets_from_function(worker_dataset)
