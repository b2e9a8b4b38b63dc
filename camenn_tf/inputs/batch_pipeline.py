"""From a prepared dataset and its features to the batches that one replica trains or is judged on."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import tensorflow as tf
from ml_collections import ConfigDict

from camenn_tf.dataset.dataset_info import DatasetInfo
from camenn_tf.dataset.records import FEATURES, parse_samples
from camenn_tf.errors import UserError
from camenn_tf.inputs import stateless
from camenn_tf.inputs.alignment import (
    AlignmentRows,
    alignment_rows,
    choose,
    joined_rows,
    most_rows,
    no_alignment_rows,
    paired_rows,
)
from camenn_tf.inputs.batch_assembler import BatchAssembler, Sizes
from camenn_tf.inputs.catalogue import Catalogue
from camenn_tf.inputs.extra_pairs import ExtraPairs
from camenn_tf.inputs.history_length import check_history_length
from camenn_tf.inputs.item_source import ItemSource
from camenn_tf.inputs.sample_order import SampleOrder
from camenn_tf.inputs.selected_fields import selected_fields
from camenn_tf.inputs.untuned import untuned
from camenn_tf.inputs.warmup_order import WarmupOrder

_PARALLEL = 2  # batches in the making


class BatchPipeline:
    """Batches of one split, as `tf.data` datasets of the batch dict.

    The global batch of a step is a function of (seed, epoch, step) alone: neither the number of replicas nor the
    step a run was resumed at changes it. A replica gets a contiguous slice of its samples with these samples'
    alignment rows; item indices are the replica's own. Every step is a full round of replicas: the last step of an
    epoch is filled with rows of weight 0, which repeat the step's samples in turn: what is taken over a batch, like
    Dice's moments, hardly notices.

    Samples of the train split are shuffled anew each epoch and get alignment rows; validation and test come in order,
    without alignment rows. The batch size is `inputs.batch_size` for train, `evaluate.batch_size` for the others.

    With `inputs.fixed_shapes` all batches of samples that a replica gets have one shape, and all warm-up batches
    another.

    Args:
      info: the dataset's description.
      directory: the dataset.
      catalogue: `Catalogue.load(directory)`.
      store: the features, `ItemStore.open(features directory)`.
      config: the whole configuration (seed and sections inputs, alignment, model, evaluate are read).
      split: `train`, `validation` or `test`.
      keys: the keys of the batch dict to make, None = all of the contract; besides these `METADATA_KEYS` may be named:
        `sample`, `user`, `timestamp`, `new_to_user`, `target_row` (catalogue row of the target), each int64 [B].

    Raises:
      UserError: settings of inputs, alignment or history that cannot work, or not with this dataset.
    """

    def __init__(
        self,
        info: DatasetInfo,
        directory: str,
        catalogue: Catalogue,
        store: ItemSource,
        config: ConfigDict,
        split: str = "train",
        keys: Sequence[str] | None = None,
    ) -> None:
        self.info, self.directory, self.catalogue, self.store = info, directory, catalogue, store
        self.config, self.split = config, split
        self.assembler = BatchAssembler(
            catalogue, store, selected_fields(info, config), config.model.history_length, keys
        )
        if "history" in self.assembler.keys:
            check_history_length(config.model.history_length, info)
        _check_alignment(config.alignment)
        train = split == "train"
        section = "inputs" if train else "evaluate"
        self._batch_key = f"{section}.batch_size"
        self.batch_size = config[section].batch_size
        if self.batch_size < 1:
            raise UserError(f"{self._batch_key} is {self.batch_size}, expected at least 1")
        self._order = SampleOrder(
            directory, info.splits[split], self.batch_size, config.inputs.shuffle_buffer if train else 0, config.seed
        )
        reads_pairs = any(key.startswith("alignment_") for key in self.assembler.keys)
        self._has_alignment = train and reads_pairs and (config.alignment.ita or config.alignment.tia)
        self.complete = (catalogue.text_group >= 0) & store.has_image  # items that have text and image
        self._extra_items = round(config.alignment.extra_fraction * self.batch_size) if self._has_alignment else 0
        self._extra = self._extra_pairs() if self._extra_items else None

    def of_split(self, split: str) -> BatchPipeline:
        """The same of another split."""
        keys = self.assembler.keys
        return BatchPipeline(self.info, self.directory, self.catalogue, self.store, self.config, split, keys)

    @property
    def steps_per_epoch(self) -> int:
        """Steps of an epoch: ceil(samples / batch size)."""
        return self._order.steps

    @property
    def element_spec(self) -> dict[str, tf.TensorSpec]:
        """Spec of every batch, of samples and of warm-up alike: rank fixed, lengths None."""
        return dict(self.assembler.spec)

    def dataset(
        self, epoch: int = 0, start_step: int = 0, replica: int = 0, replicas: int = 1, local_replicas: int = 1
    ) -> tf.data.Dataset:
        """Batches of one epoch from `start_step` on.

        Args:
          epoch: which order.
          start_step: the first step; what comes is exactly what the uninterrupted epoch gives from there on.
          replica: the first replica served, of all replicas of all workers.
          replicas: number of replicas of all workers.
          local_replicas: replicas served. Each step gives one batch for each of replica, replica + 1, ... in turn,
            which is what `Strategy.distribute_datasets_from_function` expects of a worker's dataset.
        """
        width, length = len(self.info.sample_fields), self.config.model.history_length
        self._check_replicas(self._batch_key, self.batch_size, replicas)
        sizes = self._sizes(self.batch_size, replicas, self._has_alignment, length)

        def make(step: int, replica: int, columns: list[np.ndarray]) -> dict[str, np.ndarray]:
            samples, alignment = self._global_batch(epoch, step, dict(zip(FEATURES, columns, strict=True)))
            first, end = _slice(self.batch_size, replica, replicas)
            part = {name: column[first:end] for name, column in samples.items()}
            return self.assembler.assemble(part, alignment.owned(first, end), sizes)

        def parse(step: tf.Tensor, records: tf.Tensor) -> tuple[tf.Tensor, tuple[tf.Tensor, ...]]:
            parsed = parse_samples(records, length, width)
            return step, tuple(parsed[name] for name in FEATURES)

        steps = self._order.batches(epoch, start_step).map(parse, num_parallel_calls=_PARALLEL)
        return self._served(steps, make, replica, local_replicas)

    def warmup_dataset(
        self, start_step: int = 0, replica: int = 0, replicas: int = 1, local_replicas: int = 1
    ) -> tf.data.Dataset:
        """The `alignment.warmup_steps` batches before joint training, from `start_step` on: B = 0, items alone.

        Targets are drawn without replacement, pass by pass, from the distinct items that are targets of train samples,
        or set aside for alignment training, and have text and image; with `alignment.hard_share` that share of them
        against donors of their coarse class. Replicas as for `dataset`.
        """
        config, size = self.config.alignment, self.config.alignment.warmup_batch_size
        known = (self.catalogue.train_samples > 0) | (self.catalogue.alignment_split == "train")
        rows = np.flatnonzero(self.complete & known)
        if not rows.size:
            raise UserError("alignment.warmup_steps: no item of the train split has text and image; set it to 0")
        self._check_replicas("alignment.warmup_batch_size", size, replicas)
        order = WarmupOrder(rows, size, self.config.seed)
        pairs = None
        if config.hard_share:
            pairs = ExtraPairs(self.catalogue, rows, size, self.config.seed, config.hard_share, config.donors)
        sizes = self._sizes(size, replicas, True, history_length=None)

        def make(step: int, replica: int, columns: list[np.ndarray]) -> dict[str, np.ndarray]:
            if pairs is not None:
                own, donors = pairs.draw(step)
                alignment = paired_rows(np.arange(own.size), own, donors, np.ones(own.size, bool), config)
            else:
                rng = stateless.generator(self.config.seed, stateless.WARMUP_DONORS, step)
                alignment = self._rows(np.arange(size), order.targets(step), np.ones(size, bool), rng)
            return self.assembler.assemble(self.no_samples(), alignment.owned(*_slice(size, replica, replicas)), sizes)

        steps = tf.data.Dataset.range(start_step, self.config.alignment.warmup_steps).map(lambda step: (step, ()))
        return self._served(steps, make, replica, local_replicas)

    def _check_replicas(self, key: str, size: int, replicas: int) -> None:
        """Raises UserError that names the key of a batch size that so many replicas cannot share."""
        if size < replicas:
            raise UserError(f"{key} is {size}, expected at least {replicas}: every replica needs a row of each batch")
        if self.config.inputs.fixed_shapes and size % replicas:
            raise UserError(f"{key} is {size}, which {replicas} replicas do not divide, as inputs.fixed_shapes needs")

    def no_samples(self) -> dict[str, np.ndarray]:
        """Samples of a batch with B = 0."""
        none = {name: np.zeros(0, np.int64) for name in (*FEATURES, "weight")}
        return {
            **none,
            "fields": np.zeros((0, len(self.info.sample_fields)), np.int32),
            "history": np.zeros((0, self.config.model.history_length), np.int32),
        }

    def _global_batch(
        self, epoch: int, step: int, samples: dict[str, np.ndarray]
    ) -> tuple[dict[str, np.ndarray], AlignmentRows]:
        """The step's samples, filled up to the batch size with repetitions of weight 0, and their alignment rows."""
        real = len(samples["sample"])
        alignment = self._alignment(epoch, step, samples) if self._has_alignment else no_alignment_rows()
        position = np.arange(self.batch_size) % real
        filled = {name: column[position] for name, column in samples.items()}
        filled["weight"] = (np.arange(self.batch_size) < real).astype(np.float32)
        return filled, alignment

    def _alignment(self, epoch: int, step: int, samples: dict[str, np.ndarray]) -> AlignmentRows:
        config, seed = self.config.alignment, self.config.seed
        rng = stateless.generator(seed, stateless.DONORS, epoch, step)
        target = samples["target"].astype(np.int64)
        phase = stateless.uniform(np.asarray([step]), seed, stateless.CHOICE, epoch)[0]
        chosen = np.flatnonzero(choose(self.complete[target], config.fraction, phase))
        draw = stateless.uniform(samples["sample"][chosen], seed, stateless.CONTEXT, epoch)
        rows = self._rows(chosen, target[chosen], draw < config.context_dropout, rng)
        if self._extra is None:
            return rows
        own, donors = self._extra.draw(epoch * self.steps_per_epoch + step)
        owner = np.arange(own.size) * self.batch_size // max(own.size, 1)  # an even share for every replica
        return joined_rows([rows, paired_rows(owner, own, donors, np.ones(own.size, bool), config)])

    def _extra_pairs(self) -> ExtraPairs:
        config = self.config.alignment
        rows = np.flatnonzero(self.complete & (self.catalogue.alignment_split == "train"))
        if not rows.size:
            raise UserError(
                f"alignment.extra_fraction={config.extra_fraction}: no row of the items table with text and image has "
                "alignment_split = train; set it to 0"
            )
        size = self._extra_items
        return ExtraPairs(self.catalogue, rows, size, self.config.seed, config.hard_share, config.donors)

    def _rows(
        self, owner: np.ndarray, target: np.ndarray, alone: np.ndarray, rng: np.random.Generator
    ) -> AlignmentRows:
        groups = self.catalogue.alignment_groups(target)
        return alignment_rows(owner, target, alone, groups, rng, self.config.alignment)

    def _sizes(self, batch_size: int, replicas: int, aligned: bool, history_length: int | None) -> Sizes | None:
        """The shape that all batches of a replica are padded to; `history_length` None = warm-up."""
        if not self.config.inputs.fixed_shapes:
            return None
        positions, config = batch_size // replicas, self.config.alignment
        fraction = config.fraction if history_length is not None else 1.0
        rows = most_rows(positions, config, fraction) if aligned else 0
        width = 1 + config.donors * (int(config.ita) + int(config.tia))
        others = config.donors * rows // max(1, width)
        own = positions if history_length is None else positions * (history_length + 1)
        extra = -(-self._extra_items // replicas) if history_length is not None else 0
        items = own + others + extra * (1 + config.donors) + 1
        return Sizes(items=items, alignment=rows + extra * width, text=self.store.text_max_length)

    def _served(
        self,
        steps: tf.data.Dataset,
        make: Callable[[int, int, list[np.ndarray]], dict[str, np.ndarray]],
        replica: int,
        local_replicas: int,
    ) -> tf.data.Dataset:
        """Assembles the batch of each step and local replica; `steps` yields (step, columns)."""
        keys, spec = self.assembler.keys, self.assembler.spec

        def numpy_make(step: np.ndarray, replica: np.ndarray, *columns: np.ndarray) -> list[np.ndarray]:
            batch = make(int(step), int(replica), list(columns))
            return [batch[key] for key in keys]

        def batch(replica: tf.Tensor, step: tf.Tensor, columns: Sequence[tf.Tensor]) -> dict[str, tf.Tensor]:
            types = [spec[key].dtype for key in keys]
            made = tf.numpy_function(numpy_make, [step, replica, *columns], types, stateful=False)
            return {key: tf.ensure_shape(value, spec[key].shape) for key, value in zip(keys, made, strict=True)}

        def each_replica(step: tf.Tensor, columns: Sequence[tf.Tensor]) -> tf.data.Dataset:
            numbers = tf.data.Dataset.range(replica, replica + local_replicas)
            return numbers.map(lambda number: (number, step, columns))

        served = steps.flat_map(each_replica).map(batch, num_parallel_calls=_PARALLEL, deterministic=True)
        return untuned(served.prefetch(self.config.inputs.prefetch))


def _slice(size: int, replica: int, replicas: int) -> tuple[int, int]:
    """The positions of a global batch that a replica gets: first <= position < end."""
    return size * replica // replicas, size * (replica + 1) // replicas


def _check_alignment(config: ConfigDict) -> None:
    for name in ("fraction", "context_dropout", "extra_fraction", "hard_share"):
        if not 0 <= config[name] <= 1:
            raise UserError(f"alignment.{name} is {config[name]}, expected 0 to 1")
    if config.donors < 1:
        raise UserError(f"alignment.donors is {config.donors}, expected at least 1; alignment.ita and .tia switch off")
