"""What one can look at inside a CameNN: gates by task, and text and image embeddings at the shared bottom."""

from __future__ import annotations

from typing import Any

import keras
import numpy as np
import tensorflow as tf

from camenn_tf.layers.packing import row_means
from camenn_tf.layers.task_streams import CVR, ITA, TIA


def outputs_by_key(model: keras.Model, layer: str, *keys: str) -> dict[str, keras.KerasTensor]:
    """A layer's dict of outputs, which Keras flattens in the order of its sorted keys.

    Raises ValueError when the layer does not have exactly as many outputs as `keys`.
    """
    return dict(zip(sorted(keys), keras.tree.flatten(model.get_layer(layer).output), strict=True))


def inspection_model(model: keras.Model) -> keras.Model | None:
    """The gates: from the model's batch to `<task>_experts` int32 [n, k] and `<task>_probabilities` [n, M] by task.

    None for a model without gates.

    n is B for `cvr` and the task's alignment rows otherwise. Probabilities are those before the choice of k.
    """
    names = {layer.name for layer in model.layers}
    outputs = {}
    for task in (CVR, ITA, TIA):
        if f"gate_{task}" in names:
            gate = outputs_by_key(model, f"gate_{task}", "experts", "probabilities", "weights")
            outputs[f"{task}_experts"], outputs[f"{task}_probabilities"] = gate["experts"], gate["probabilities"]
    return keras.Model(model.input, outputs, name="gates") if outputs else None


@keras.saving.register_keras_serializable(package="camenn_tf")
class AlignmentRowMeans(keras.layers.Layer):
    """Mean of the tokens of each alignment row: [A, E] from packed or padded rows."""

    def call(self, rows: dict[str, tf.Tensor]) -> tf.Tensor:
        return tf.gather(row_means(rows), rows["alignment_row"])

    def compute_output_spec(self, rows: dict[str, Any]) -> keras.KerasTensor:
        return keras.KerasTensor((None, rows["tokens"].shape[-1]), dtype=self.compute_dtype)


def embedding_model(model: keras.Model) -> keras.Model:
    """From the model's batch to `embedding` [A, E]: the mean of each alignment row's states at the shared bottom.

    With the rows of `content_rows`, a row holds one item's text or one item's patches alone, so that attention cannot
    mix the two (FIDELITY 26). Needs a model with at least one alignment task.
    """
    shape = "mask" if model.get_layer("row_tokens").fixed_shapes else "lengths"
    rows = outputs_by_key(model, "row_tokens", "alignment_row", shape, "tokens")
    rows["tokens"] = model.get_layer("shared_bottom").output
    return keras.Model(model.input, {"embedding": AlignmentRowMeans(name="embedding")(rows)}, name="embeddings")


def content_rows(items: int) -> dict[str, np.ndarray]:
    """Alignment rows for the embeddings of items 1 to `items` of a batch: first their texts alone, then their images.

    Item 0, the padding item, stands for 'none'. The arrays are int32 [2 * items]; the batch's other keys have B = 0.
    """
    index, none = np.arange(1, items + 1, dtype=np.int32), np.zeros(items, np.int32)
    return {
        "alignment_sample": np.full(2 * items, -1, np.int32),
        "alignment_text": np.concatenate([index, none]),
        "alignment_image": np.concatenate([none, index]),
        "alignment_task": np.zeros(2 * items, np.int32),
    }
