"""CameNN in the MMoE frame: fully connected experts in the place of transformers."""

from __future__ import annotations

import keras
from keras import ops
from ml_collections import ConfigDict

from camenn_tf.models.batch_inputs import batch_inputs
from camenn_tf.models.encoder_states import encoder_states
from camenn_tf.models.field_logit import field_logit
from camenn_tf.models.frames import frame_model, streams_of, tasks_of, trunk_weights, width_for
from camenn_tf.models.logit import logit
from camenn_tf.models.row_inputs import slot_means
from camenn_tf.models.spec import ModelSpec


def mmoe(config: ConfigDict, spec: ModelSpec) -> keras.Model:
    """Builds y^k = sigmoid(w_k . h^k(sum_j g_j^k f_j(b(x)))), g^k = softmax(W_k x + c_k) (Ma et al. 2018, eqs. 6 to 8).

    x are the means of every item's and field's tokens side by side, so that the fully connected layers see where a
    number comes from; b, f_j and h^k are one ReLU layer each. All experts count (k = M). The layers' width is the one
    that gives as many weights as CameNN's trunk has.

    Args:
      config: the whole configuration.
      spec: sizes of the data.

    Returns:
      A functional model with CameNN's inputs and outputs.
    """
    tasks, experts = tasks_of(config), config.model.num_experts
    inputs = batch_inputs(config, spec, alignment=len(tasks) > 1)
    states = encoder_states(config, spec, inputs)
    rows = slot_means(config, spec, inputs, states)
    streams, row = streams_of(config, inputs, rows), rows["means"]
    size = row.shape[-1]

    def weights(width: int) -> int:
        layers = (experts + len(tasks)) * width * (width + 1)
        return size * width + width + layers + len(tasks) * (experts * (size + 1) + width + 1)

    width = width_for(trunk_weights(config), weights)
    bottom = keras.layers.Dense(width, "relu", name="bottom")(row)
    made = ops.stack([keras.layers.Dense(width, "relu", name=f"expert_{j}")(bottom) for j in range(experts)], 1)
    logits = {}
    for task in tasks:
        place = streams[task]["row"]
        gate = keras.layers.Dense(experts, "softmax", name=f"mixing_{task}")(streams[task]["means"])
        mixed = ops.sum(ops.expand_dims(gate, -1) * ops.take(made, place, 0), 1)  # [n, width]
        hidden = keras.layers.Dense(width, "relu", name=f"tower_{task}")(mixed)
        logits[task] = logit(hidden, f"logit_{task}")
    return frame_model("mmoe", inputs, streams, logits, field_logit(config, spec, inputs, states))
