"""CameNN in the MoSE frame: LSTMs in the place of transformers."""

from __future__ import annotations

import keras
from ml_collections import ConfigDict

from camenn_tf.layers.mixed_rows import MixedRows
from camenn_tf.layers.row_lstm import RowLstm
from camenn_tf.models.batch_inputs import batch_inputs
from camenn_tf.models.encoder_states import encoder_states
from camenn_tf.models.field_logit import field_logit
from camenn_tf.models.frames import Tensors, frame_model, streams_of, tasks_of, trunk_weights, width_for
from camenn_tf.models.logit import logit
from camenn_tf.models.row_inputs import row_tokens
from camenn_tf.models.spec import ModelSpec


def mose(config: ConfigDict, spec: ModelSpec) -> keras.Model:
    """Builds y^k = sigmoid(w_k . LSTM^k(sum_j g_j^k LSTM_j(LSTM(X)))), read at the last token    (Qin et al. 2020).

    X are CameNN's tokens in their order, target first and fields last; g^k = softmax(W_k mean(X) + c_k), over all
    experts. The LSTMs' width is the one that gives as many weights as CameNN's trunk has.

    Args:
      config: the whole configuration.
      spec: sizes of the data.

    Returns:
      A functional model with CameNN's inputs and outputs.
    """
    tasks, experts = tasks_of(config), config.model.num_experts
    inputs = batch_inputs(config, spec, alignment=len(tasks) > 1)
    states = encoder_states(config, spec, inputs)
    rows = row_tokens(config, spec, inputs, states)
    streams = streams_of(config, inputs, rows)
    shape: Tensors = {key: rows[key] for key in ("lengths", "mask") if key in rows}
    size = rows["tokens"].shape[-1]

    def weights(width: int) -> int:
        lstms = 4 * width * (size + width + 1) + (experts + len(tasks)) * 4 * width * (2 * width + 1)
        return lstms + len(tasks) * (experts * (size + 1) + width + 1)

    width = width_for(trunk_weights(config), weights)
    bottom = RowLstm(width, name="bottom")({"tokens": rows["tokens"], **shape})
    made = [
        RowLstm(width, name=f"expert_{j}")({"tokens": bottom, **shape}) for j in range(experts)
    ]  # M times [S, width]
    logits = {}
    for task in tasks:
        stream = streams[task]
        gate = keras.layers.Dense(experts, "softmax", name=f"mixing_{task}")(stream["means"])
        mixed = MixedRows(name=f"mixed_{task}")(made, shape, stream["row"], gate)
        last = RowLstm(width, last_only=True, name=f"tower_{task}")(mixed)
        logits[task] = logit(last, f"logit_{task}")
    return frame_model("mose", inputs, streams, logits, field_logit(config, spec, inputs, states))
