"""What the shared bottom makes of an item's text and image by themselves: the states that Figures 4 and 5 compare."""

from __future__ import annotations

from collections.abc import Callable, Mapping

import keras
import tensorflow as tf

from camenn_tf.layers.packing import flat_ranges, row_starts
from camenn_tf.models.inspection import outputs_by_key

Batch = Mapping[str, tf.Tensor]
_LAYERS = ("item_tokens", "row_tokens", "shared_bottom")


def has_alignment_states(model: keras.Model) -> bool:
    """Whether the model is made of items' tokens, rows and a shared bottom, unpadded, and reads alignment rows."""
    names = {layer.name for layer in model.layers}
    if not names.issuperset(_LAYERS) or "alignment_text" not in {tensor.name for tensor in model.inputs}:
        return False
    return not model.get_layer("row_tokens").fixed_shapes


def alignment_states(model: keras.Model) -> Callable[[Batch], tuple[tf.Tensor, tf.Tensor]]:
    """Mean text state (over [CLS], pieces, [SEP]) and mean patch state of each alignment row, after the shared bottom.

    Rows that hold a text alone, or [CLS], [SEP] and an image alone, keep attention from mixing the two.

    Args:
      model: CameNN, or a model with its layers `item_tokens`, `row_tokens`, `shared_bottom`, without fixed shapes.

    Returns:
      A function from a batch (the model's inputs; alignment rows are items alone) to text states [A, E] and image
      states [A, E]; zeros where a row has no image. It can be traced.

    Raises:
      ValueError: the model has no such layers.
    """
    if not has_alignment_states(model):
        raise ValueError(
            f"model '{model.name}' has no text and image states: it lacks {', '.join(_LAYERS)}, or is padded"
        )
    items = outputs_by_key(model, "item_tokens", "image_length", "image_start", "text_length", "text_start", "tokens")
    rows = outputs_by_key(model, "row_tokens", "alignment_row", "lengths", "tokens")
    outputs = {
        "image_length": items["image_length"],
        "text_length": items["text_length"],
        "alignment_row": rows["alignment_row"],
        "lengths": rows["lengths"],
        "tokens": model.get_layer("shared_bottom").output,
    }
    inner = keras.Model({tensor.name: tensor for tensor in model.inputs}, outputs)
    names = [tensor.name for tensor in model.inputs]

    def states(batch: Batch) -> tuple[tf.Tensor, tf.Tensor]:
        out = inner({name: batch[name] for name in names}, training=False)
        tokens = out["tokens"]  # [S, E]
        start = tf.gather(row_starts(out["lengths"]), out["alignment_row"])  # [A]; a row begins with its target
        text = tf.gather(out["text_length"], batch["alignment_text"])
        image = tf.gather(out["image_length"], batch["alignment_image"])
        return _means(tokens, start, text), _means(tokens, start + text, image)

    return states


def _means(tokens: tf.Tensor, starts: tf.Tensor, lengths: tf.Tensor) -> tf.Tensor:
    """Mean of each range of tokens: [A, E]; 0 for an empty one."""
    row = tf.repeat(tf.range(tf.size(starts)), lengths)
    return tf.math.unsorted_segment_mean(tf.gather(tokens, flat_ranges(starts, lengths)), row, tf.size(starts))
