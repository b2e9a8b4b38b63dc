"""Batches of one device and of several are the same, and one CPU device gets them without a second iterator."""

from __future__ import annotations

from typing import cast

import numpy as np
import tensorflow as tf

from camenn_tf.inputs.batch_pipeline import BatchPipeline
from camenn_tf.training.distribute import distribute, same_for_all
from tests.training.fakes import FakePipeline, fake_config

CPU = tf.distribute.OneDeviceStrategy("/cpu:0")


def test_one_cpu_gets_the_plain_dataset() -> None:
    pipeline = cast(BatchPipeline, FakePipeline(fake_config(), "train", samples=50))
    ours, theirs = distribute(CPU, pipeline), distribute(tf.distribute.MirroredStrategy(["/cpu:0"]), pipeline)
    assert isinstance(ours, tf.data.Dataset) and not isinstance(theirs, tf.data.Dataset)
    assert ours.element_spec == theirs.element_spec
    for batch, expected in zip(ours, theirs, strict=True):
        for name in expected:
            np.testing.assert_array_equal(batch[name], expected[name])


def test_every_replica_gets_each_batch() -> None:
    numbers = tf.data.Dataset.range(3).batch(1)
    assert [batch.numpy().tolist() for batch in same_for_all(CPU, numbers)] == [[0], [1], [2]]
