"""A trained run with its validation batches, for what is read off it besides its scores."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:  # --help should not wait for TensorFlow
    from camenn_tf.inputs.batch_pipeline import BatchPipeline
    from camenn_tf.training.run import LoadedRun


def loaded_run(run_dir: str) -> tuple[LoadedRun, BatchPipeline]:
    """The run, and the pipeline of its validation split with labels and weights of alignment rows."""
    from camenn_tf.dataset.dataset_info import load_dataset_info
    from camenn_tf.inputs.batch_pipeline import BatchPipeline
    from camenn_tf.inputs.catalogue import Catalogue
    from camenn_tf.inputs.item_store import ItemStore
    from camenn_tf.training.run import load_run

    run = load_run(run_dir)
    info, catalogue = load_dataset_info(run.dataset_dir), Catalogue.load(run.dataset_dir)
    keys = [*(tensor.name for tensor in run.model.inputs), "alignment_label", "alignment_weight"]
    store = ItemStore.open(run.features_dir)
    return run, BatchPipeline(info, run.dataset_dir, catalogue, store, run.config, "validation", keys)
