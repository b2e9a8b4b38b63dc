"""CameNN in the MoSE frame: LSTMs in the place of transformers."""

from __future__ import annotations

import keras
from keras import ops
from ml_collections import ConfigDict

from camenn_tf.layers.padded_rows import PaddedRows
from camenn_tf.layers.row_lstm import RowLstm
from camenn_tf.models.batch_inputs import batch_inputs
from camenn_tf.models.encoder_states import encoder_states
from camenn_tf.models.frames import frame_model, streams_of, tasks_of, trunk_weights, width_for
from camenn_tf.models.row_inputs import row_tokens
from camenn_tf.models.spec import ModelSpec


def mose(config: ConfigDict, spec: ModelSpec) -> keras.Model:
    """Builds y^k = sigmoid(w_k . LSTM^k(sum_j g_j^k LSTM_j(LSTM(X)))), read at the last token    (Qin et al. 2020).

    X are CameNN's tokens in their order, target first and fields last; g^k = softmax(W_k mean(X)), over all experts.
    The LSTMs' width is the one that gives as many weights as CameNN's trunk has.

    Args:
      config: the whole configuration.
      spec: sizes of the data.

    Returns:
      A functional model with CameNN's inputs and outputs.
    """
    tasks, experts = tasks_of(config), config.model.num_experts
    inputs = batch_inputs(config, spec, alignment=len(tasks) > 1)
    rows = row_tokens(config, spec, inputs, encoder_states(config, spec, inputs))
    streams = streams_of(config, inputs, rows)
    padded = PaddedRows(name="padded_rows")({key: rows[key] for key in rows if key != "alignment_row"})
    tokens, real = padded["tokens"], padded["mask"]
    size = tokens.shape[-1]

    def weights(width: int) -> int:
        lstms = 4 * width * (size + width + 1) + (experts + len(tasks)) * 4 * width * (2 * width + 1)
        return lstms + len(tasks) * (experts * (size + 1) + width + 1)

    width = width_for(trunk_weights(config), weights)
    bottom = RowLstm(width, name="bottom")(tokens, real)
    made = ops.stack([RowLstm(width, name=f"expert_{j}")(bottom, real) for j in range(experts)], 1)  # [R, M, L, width]
    logits = {}
    for task in tasks:
        place = streams[task]["row"]
        gate = keras.layers.Dense(experts, "softmax", name=f"mixing_{task}")(streams[task]["means"])
        mixed = ops.einsum("nm,nmlw->nlw", gate, ops.take(made, place, 0))
        last = RowLstm(width, last_only=True, name=f"tower_{task}")(mixed, ops.take(real, place, 0))
        logits[task] = ops.squeeze(keras.layers.Dense(1, name=f"logit_{task}")(last), -1)
    return frame_model("mose", inputs, streams, logits)
