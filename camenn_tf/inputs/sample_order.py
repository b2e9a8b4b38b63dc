"""The order in which a split's records are read: a function of (seed, epoch) that can be entered at any step."""

from __future__ import annotations

import os

import numpy as np
import tensorflow as tf

from camenn_tf.dataset.dataset_info import SplitInfo
from camenn_tf.errors import UserError
from camenn_tf.inputs import stateless

_READ_BYTES = 1 << 20


class SampleOrder:
    """Serialised records by step.

    Shuffled, an epoch reads the split's files in an order of its own, one after the other, in windows of at most
    `buffer` records (a whole number of batches, at least one); every window is permuted. The permutation is drawn
    from (seed, epoch, window), so a later step is reached by skipping records unread. Only one window and the next
    are in memory; a split that fits into one window is permuted as a whole.

    Args:
      directory: the dataset.
      split: the split's description.
      batch_size: records a step.
      buffer: records to shuffle among; 0 = none, the records come in the order they are stored.
      seed: the run's seed.
    """

    def __init__(self, directory: str, split: SplitInfo, batch_size: int, buffer: int, seed: int) -> None:
        self._paths = [os.path.join(directory, name) for name, _ in split.shards]
        self._counts = np.asarray([count for _, count in split.shards], np.int64)
        if self._counts.sum() != split.samples:
            raise UserError(
                f"{directory}: dataset.json gives {split.samples} samples, but {self._counts.sum()} in its shards; "
                "prepare the dataset again"
            )
        self._samples = split.samples
        self._batch_size = batch_size
        self._shuffled = buffer > 0
        self._window_steps = max(1, buffer // batch_size)
        self._seed = seed

    @property
    def steps(self) -> int:
        """Steps of an epoch; the last one may have fewer records than the others."""
        return -(-self._samples // self._batch_size)

    def batches(self, epoch: int, start_step: int = 0) -> tf.data.Dataset:
        """(step int64 scalar, serialised records string [n <= batch_size]) from `start_step` on."""
        if start_step >= self.steps:
            return tf.data.Dataset.from_tensor_slices((tf.zeros([0], tf.int64), tf.zeros([0, 1], tf.string)))
        window = start_step // self._window_steps
        records = self._window_steps * self._batch_size
        windows = self._records(epoch, window * records).batch(records).enumerate(start=window)
        if self._shuffled:
            windows = windows.map(lambda number, window: (number, self._permuted(epoch, number, window)))
            windows = windows.prefetch(1)
        return windows.flat_map(lambda number, window: self._steps_of(number, window, start_step))

    def _records(self, epoch: int, first: int) -> tf.data.Dataset:
        """All records of the epoch's order of files from number `first` on; files before it are not opened."""
        order = np.arange(len(self._paths))
        if self._shuffled:
            order = stateless.generator(self._seed, stateless.SHARD_ORDER, epoch).permutation(len(self._paths))
        ends = np.cumsum(self._counts[order])
        shard = int(np.searchsorted(ends, first, side="right"))
        skip = first - int(ends[shard] - self._counts[order[shard]])
        paths = [self._paths[number] for number in order[shard:]]
        return tf.data.TFRecordDataset(paths, buffer_size=_READ_BYTES).skip(skip)

    def _permuted(self, epoch: int, number: tf.Tensor, window: tf.Tensor) -> tf.Tensor:
        def permutation(number: np.ndarray, count: np.ndarray) -> np.ndarray:
            rng = stateless.generator(self._seed, stateless.WINDOW_ORDER, epoch, int(number))
            return rng.permutation(int(count))

        order = tf.numpy_function(permutation, [number, tf.size(window)], tf.int64, stateful=False)
        return tf.gather(window, tf.ensure_shape(order, [None]))

    def _steps_of(self, number: tf.Tensor, window: tf.Tensor, start_step: int) -> tf.data.Dataset:
        size = self._batch_size
        first = number * self._window_steps
        steps = (tf.size(window, out_type=tf.int64) + size - 1) // size
        done = tf.maximum(start_step - first, 0)
        return tf.data.Dataset.range(done, steps).map(
            lambda step: (first + step, window[step * size : (step + 1) * size])
        )
