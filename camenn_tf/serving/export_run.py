"""Exports a trained run as a SavedModel."""

from __future__ import annotations

import os
from typing import Any

import keras
import numpy as np
import numpy.typing as npt
from absl import logging

from camenn_tf.config import default_config, override
from camenn_tf.dataset.dataset_info import DatasetInfo, FieldInfo, load_dataset_info
from camenn_tf.inputs.catalogue import Catalogue
from camenn_tf.inputs.history_length import check_history_length
from camenn_tf.inputs.item_store import ItemStore
from camenn_tf.inputs.selected_fields import selected_fields
from camenn_tf.models import MODELS, READ_BOUGHT_FIELDS
from camenn_tf.models.alignment_states import alignment_states, has_alignment_states
from camenn_tf.models.spec import ModelSpec
from camenn_tf.plain_path import check_plain_path
from camenn_tf.serving.field_inputs import FieldInputs
from camenn_tf.serving.item_encoder import ItemEncoder
from camenn_tf.serving.item_table import ItemTable
from camenn_tf.serving.items import image_key, keys_read, text_key
from camenn_tf.serving.recommender import Recommender
from camenn_tf.serving.saved_model import save, version_directory
from camenn_tf.training.run import LoadedRun, load_run
from camenn_tf.training.run_directory import RunDirectory

_BLOCK = 1024  # catalogue rows read at a time


def export_run(
    run_dir: str,
    output: str,
    version: int | None = None,
    max_items: int | None = None,
    dataset_dir: str = "",
    features_dir: str = "",
) -> str:
    """Writes `<output>/<version>/` with the run's best weights.

    Args:
      run_dir: the run.
      output: the model's directory.
      version: None = `export.version` of the run's configuration.
      max_items: largest catalogue whose features lie inside; None = `export.max_items` of the run's configuration.
      dataset_dir: where the dataset lies now, if it has moved.
      features_dir: where the features lie now, if they have moved.

    Returns:
      The path of the version.

    Raises:
      UserError: no run, other data than it was trained on, a longer history than theirs, no version of at least 1, a
        version's directory that holds something else, or a path that TensorFlow would not read again.
    """
    number = RunDirectory(run_dir).load()[0].export.version if version is None else version
    version_directory(output, number)  # before the model is loaded, which takes long
    check_plain_path("output", output)
    run = load_run(run_dir, dataset_dir, features_dir)
    info, catalogue = load_dataset_info(run.dataset_dir), Catalogue.load(run.dataset_dir)
    if any(tensor.name == "history" for tensor in run.model.inputs):
        check_history_length(run.config.model.history_length, info)
    limit = run.config.export.max_items if max_items is None else max_items
    ranks = "cvr" in run.model.output  # else no signature names items
    inside = ranks and catalogue.size <= limit
    if ranks and not inside:
        logging.warning("%d items, more than the %d that may lie inside: rank takes features", catalogue.size, limit)
    recommender = build_recommender(run, info, catalogue, inside)
    description = {
        "model": run.config.model.name,
        "dataset": info.fingerprint,
        "items": catalogue.size,
        "items_inside": inside,
        "history_length": run.config.model.history_length,
        "fields": recommender.describe_fields(),
    }
    return save(recommender, output, number, description)


def build_recommender(run: LoadedRun, info: DatasetInfo, catalogue: Catalogue, inside: bool) -> Recommender:
    """The run's model behind the signatures.

    Args:
      run: the run.
      info: its dataset.
      catalogue: the dataset's catalogue.
      inside: whether the catalogue's features become part of the model.
    """
    store = ItemStore.open(run.features_dir)
    model = unpadded_model(run)
    keys = keys_read(run.spec, [tensor.name for tensor in model.inputs])
    encoder = ItemEncoder(run.spec, run.text_encoder, run.image_encoder, store.info.dtype, keys)
    table = None
    if inside:
        columns = selected_fields(info, run.config).item_columns
        table = catalogue_table(run.spec, catalogue, store, encoder, catalogue.fields[:, columns])
    return Recommender(
        model,
        run.spec,
        run.config.model.history_length,
        _inputs(run.spec.sample_fields, run.dataset_dir),
        _inputs(run.spec.item_fields, run.dataset_dir),
        encoder,
        table,
        alignment_states(model) if has_alignment_states(model) else None,
        bought_fields=run.config.model.name in READ_BOUGHT_FIELDS,
    )


def unpadded_model(run: LoadedRun) -> keras.Model:
    """The run's model with lengths left free, whatever shapes it was trained with."""
    if not run.config.inputs.fixed_shapes:
        return run.model
    config = default_config()
    override(config, run.config.to_dict())
    config.inputs.fixed_shapes = False
    model = MODELS[config.model.name](config, run.spec)
    model.set_weights(run.model.get_weights())
    return model


def catalogue_table(
    spec: ModelSpec, catalogue: Catalogue, store: ItemStore, encoder: ItemEncoder, fields: npt.NDArray[np.int32]
) -> ItemTable:
    """The catalogue's features as the item store has them, in the type they are stored in; those of the encoder's keys.

    Args:
      spec: the model's sizes.
      catalogue: the dataset's.
      store: its features.
      encoder: gives the item without text and image, the last of the table.
      fields: int32 [items, Fi], those that the model reads.
    """
    nothing = {key: value.numpy() for key, value in encoder.nothing().items()}
    text, lengths, images, has_image = [], [], [], []
    floating = np.dtype(store.info.dtype)
    reads_text, reads_images = text_key(spec) in encoder.keys, image_key(spec) in encoder.keys
    for start in range(0, catalogue.size, _BLOCK):
        rows = np.arange(start, min(start + _BLOCK, catalogue.size))
        part = store.gather(rows, texts=reads_text, images=reads_images)
        real = np.arange(part.text.shape[1]) < part.text_length[:, np.newaxis]  # [n, L]
        text.append(_narrow(part.text[real], floating))
        lengths.append(part.text_length)
        images.append(_narrow(part.image[part.has_image], floating))
        has_image.append(part.has_image)
    if reads_text:
        text.append(_narrow(nothing[text_key(spec)][0], floating))
    lengths.append(nothing.get("items_text_length", np.zeros(1, np.int32)))
    return ItemTable(
        spec,
        list(catalogue.item_ids),
        fields,
        np.concatenate(text),
        np.concatenate(lengths),
        np.concatenate(images),
        np.concatenate(has_image),
        encoder.keys,
    )


def _narrow(values: npt.NDArray[Any], floating: npt.DTypeLike) -> npt.NDArray[Any]:
    return values.astype(floating) if np.issubdtype(values.dtype, np.floating) else values


def _inputs(fields: tuple[FieldInfo, ...], dataset_dir: str) -> FieldInputs:
    vocabularies = {field.name: field.load_vocabulary(dataset_dir) for field in fields if field.kind == "categorical"}
    return FieldInputs(fields, vocabularies)


def size_on_disk(path: str) -> int:
    """Bytes of all files below a directory."""
    return sum(os.path.getsize(os.path.join(top, name)) for top, _, names in os.walk(path) for name in names)
