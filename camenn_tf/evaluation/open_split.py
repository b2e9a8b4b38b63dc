"""A split's batches, as a trained run reads them."""

from __future__ import annotations

from collections.abc import Sequence

from camenn_tf.dataset.dataset_info import load_dataset_info
from camenn_tf.inputs.batch_pipeline import BatchPipeline
from camenn_tf.inputs.catalogue import Catalogue
from camenn_tf.inputs.item_store import ItemStore
from camenn_tf.training.run import LoadedRun


def open_split(run: LoadedRun, split: str, keys: Sequence[str]) -> BatchPipeline:
    """The split of the run's dataset with its features: what the model reads, and `keys` besides."""
    info, catalogue = load_dataset_info(run.dataset_dir), Catalogue.load(run.dataset_dir)
    names = [*(tensor.name for tensor in run.model.inputs), *keys]
    store = ItemStore.open(run.features_dir)
    return BatchPipeline(info, run.dataset_dir, catalogue, store, run.config, split, names)
