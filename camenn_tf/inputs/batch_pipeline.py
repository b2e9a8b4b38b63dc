"""From a prepared dataset and its features to the batches that one replica trains or is judged on."""

from __future__ import annotations

from collections.abc import Sequence

import tensorflow as tf
from ml_collections import ConfigDict

from camenn_tf.dataset.dataset_info import DatasetInfo
from camenn_tf.inputs.catalogue import Catalogue


class BatchPipeline:
    """Batches of one split, as `tf.data` datasets of the batch dict.

    The global batch of a step is a function of (seed, epoch, step) alone: neither the number of replicas nor the step
    a run was resumed at changes it. A replica gets a contiguous slice of its samples with these samples' alignment rows;
    item indices are the replica's own. Every step is a full round of replicas: the last step of an epoch is filled with
    rows of weight 0, which repeat a real sample.

    Samples of the train split are shuffled anew each epoch and get alignment rows; validation and test come in order,
    without alignment rows. The batch size is `inputs.batch_size` for train, `evaluate.batch_size` for the others.

    Args:
      info: the dataset's description.
      directory: the dataset.
      catalogue: `Catalogue.load(directory)`.
      store: the item store of the features.
      config: the whole configuration (sections seed, inputs, alignment, model, evaluate are read).
      split: `train`, `validation` or `test`.
      keys: the keys of the batch dict to make, None = all; besides the contract's keys `METADATA_KEYS` may be named:
        `sample`, `user`, `timestamp`, `new_to_user`, `target_row` (catalogue row of the target), each int64 [B].
    """

    def __init__(
        self,
        info: DatasetInfo,
        directory: str,
        catalogue: Catalogue,
        store: "ItemStore",  # noqa: F821
        config: ConfigDict,
        split: str = "train",
        keys: Sequence[str] | None = None,
    ) -> None: ...

    @property
    def steps_per_epoch(self) -> int:
        """Steps of an epoch: ceil(samples / batch size)."""
        raise NotImplementedError

    @property
    def element_spec(self) -> dict[str, tf.TensorSpec]:
        """Spec of every batch, of samples and of warm-up alike: rank fixed, leading dimensions None."""
        raise NotImplementedError

    def dataset(
        self, epoch: int = 0, start_step: int = 0, replica: int = 0, replicas: int = 1, local_replicas: int = 1
    ) -> tf.data.Dataset:
        """Batches of one epoch from `start_step` on.

        Args:
          epoch: which order.
          start_step: the first step; what comes is exactly what the uninterrupted epoch gives from there on.
          replica: the first replica served, of all replicas of all workers.
          replicas: number of replicas of all workers.
          local_replicas: replicas served. Each step gives one batch for each of replica, replica + 1, ... in turn, which is
            what `Strategy.distribute_datasets_from_function` expects of a worker's dataset.
        """
        raise NotImplementedError

    def warmup_dataset(
        self, start_step: int = 0, replica: int = 0, replicas: int = 1, local_replicas: int = 1
    ) -> tf.data.Dataset:
        """The `alignment.warmup_steps` batches before joint training, from `start_step` on: B = 0, items alone."""
        raise NotImplementedError
