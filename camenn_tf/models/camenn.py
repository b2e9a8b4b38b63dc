"""CameNN: cross-modal alignment with mixture of experts, Figure 1 of the paper."""

from __future__ import annotations

from typing import Any

import keras
from ml_collections import ConfigDict

from camenn_tf.layers.mixture_of_experts import MixtureOfExperts
from camenn_tf.layers.pair_match import PairMatch
from camenn_tf.layers.softmax_gate import SoftmaxGate
from camenn_tf.layers.task_streams import CVR, AlignmentScores, TaskStreams
from camenn_tf.layers.task_tower import TaskTower
from camenn_tf.layers.transformer_encoder import TransformerEncoder
from camenn_tf.models.batch_inputs import batch_inputs
from camenn_tf.models.encoder_states import encoder_states
from camenn_tf.models.field_logit import field_logit
from camenn_tf.models.frames import tasks_of
from camenn_tf.models.row_inputs import row_tokens
from camenn_tf.models.spec import ModelSpec

MATCH = "match"


def camenn(config: ConfigDict, spec: ModelSpec) -> keras.Model:
    """Builds the model of section 3 from its six parts.

        E_Input = Concat(E_Other, E_User, E_Target)     (eq. 3; ItemTokens: eqs. 1, 2)
        X = f_TSR(E_Input)                              shared bottom
        g^k = top-k softmax(W_k mean(E_Input))          gates
        X^k = sum_j g_j^k f_j(X)                        experts (eq. 4; see MixtureOfExperts for its printed form)
        y^k = sigmoid(w_k . f_TSR^k(X^k)_[CLS] + b_k)   towers; that of conversion adds `field_logit`, if there is one

    Args:
      config: the whole configuration; sections model, alignment and inputs.fixed_shapes are read.
      spec: sizes of the data.

    Returns:
      A functional model from a batch (docs/ARCHITECTURE.md) to `cvr` [B] and, for the alignment tasks that are on,
      `ita` and `tia` [A]: float32 probabilities. `ita` is 0.5 for rows of TIA alone, and the other way round. With
      `alignment.weights.match` or `alignment.warmup_weights.match` above 0 also `match` [A], see PairMatch.
    """
    tasks = tasks_of(config)
    inputs = batch_inputs(config, spec, alignment=len(tasks) > 1)
    states = encoder_states(config, spec, inputs)
    rows = row_tokens(config, spec, inputs, states)
    encoder = _encoder_arguments(config)
    bottom = TransformerEncoder(**encoder, name="shared_bottom")(rows)
    streams = TaskStreams(tasks, config.inputs.fixed_shapes, name="task_streams")(
        rows, inputs["target"], inputs.get("alignment_task")
    )
    gates = {
        task: SoftmaxGate(config.model.num_experts, config.model.experts_per_task, name=f"gate_{task}")(stream["means"])
        for task, stream in streams.items()
    }
    chosen = {
        task: {"row": stream["row"], "experts": gates[task]["experts"], "weights": gates[task]["weights"]}
        for task, stream in streams.items()
    }
    shape = "mask" if config.inputs.fixed_shapes else "lengths"
    mixture = MixtureOfExperts(
        config.model.num_experts, config.model.gate_position, encoder=encoder, name="mixture_of_experts"
    )({"tokens": bottom, shape: rows[shape]}, chosen)
    further = {CVR: field_logit(config, spec, inputs, states)}
    outputs = {}
    for task, stream in streams.items():
        scores = TaskTower(encoder=encoder, name=f"tower_{task}")(mixture[task], further.get(task))
        if task != CVR:
            scores = AlignmentScores(name=f"scores_{task}")(scores, stream["place"], inputs["alignment_task"])
        outputs[task] = scores
    if len(tasks) > 1 and max(config.alignment.weights.match, config.alignment.warmup_weights.match) > 0:
        outputs[MATCH] = PairMatch(config.model.embedding_size, name="pair_match")(
            {key: states[key] for key in ("text", "text_length", "image")},
            inputs["alignment_text"],
            inputs["alignment_image"],
        )
    return keras.Model(inputs, outputs, name="camenn")


def _encoder_arguments(config: ConfigDict) -> dict[str, Any]:
    model = config.model
    return {
        "num_heads": model.num_heads,
        "feed_forward": model.feed_forward,
        "dropout": model.dropout,
        "norm": model.norm,
    }
