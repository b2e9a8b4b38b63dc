"""Keras inputs for the keys of a batch (the table of docs/ARCHITECTURE.md)."""

from __future__ import annotations

import keras
from ml_collections import ConfigDict

from camenn_tf.models.spec import ModelSpec

ALIGNMENT_KEYS = ("alignment_sample", "alignment_text", "alignment_image", "alignment_task")
Inputs = dict[str, keras.KerasTensor]


def batch_inputs(config: ConfigDict, spec: ModelSpec, alignment: bool) -> Inputs:
    """One symbolic input a key; leading dimensions are free (B, U, A), with `inputs.fixed_shapes` too."""
    inputs = {**field_inputs(spec), **history_inputs(config), **content_inputs(config, spec)}
    if alignment:
        inputs.update({key: keras.Input((), dtype="int32", name=key) for key in ALIGNMENT_KEYS})
    return inputs


def field_inputs(spec: ModelSpec) -> Inputs:
    """The fields of the samples and of their targets."""
    return {
        "fields": keras.Input((len(spec.sample_fields),), dtype="int32", name="fields"),
        "target": keras.Input((), dtype="int32", name="target"),
        "items_fields": keras.Input((len(spec.item_fields),), dtype="int32", name="items_fields"),
    }


def history_inputs(config: ConfigDict) -> Inputs:
    """What was bought before."""
    return {"history": keras.Input((config.model.history_length,), dtype="int32", name="history")}


def content_inputs(config: ConfigDict, spec: ModelSpec) -> Inputs:
    """Texts and images of the items, as the features hold them; without `model.use_text`, `model.use_images` no such.

    Batches have what the model reads, so texts and images that it does not use are not even read from disk.
    """
    tensors = [
        keras.Input((), dtype="int32", name="items_text_length"),
        keras.Input((), dtype="bool", name="items_has_image"),
    ]
    if config.model.use_text:
        tensors.append(_text_input(spec, spec.text_max_length if config.inputs.fixed_shapes else None))
    if config.model.use_images:
        tensors.append(_image_input(spec))
    return {tensor.name: tensor for tensor in tensors}


def _text_input(spec: ModelSpec, length: int | None) -> keras.KerasTensor:
    if spec.text_kind == "pieces":
        return keras.Input((length,), dtype="int32", name="items_piece_ids")
    return keras.Input((length, spec.text_dim), dtype="float32", name="items_text")


def _image_input(spec: ModelSpec) -> keras.KerasTensor:
    if spec.image_kind == "pixels":
        assert spec.image_shape is not None
        return keras.Input((spec.image_patches, *spec.image_shape), dtype="uint8", name="items_pixels")
    return keras.Input((spec.image_patches, spec.image_dim), dtype="float32", name="items_image")
