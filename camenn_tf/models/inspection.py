"""What one can look at inside a CameNN: the gates by task."""

from __future__ import annotations

import keras

from camenn_tf.tasks import CVR, ITA, TIA


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
