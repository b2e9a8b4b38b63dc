"""Every registered layer with small inputs, in each form it has."""

from __future__ import annotations

import functools
from collections.abc import Callable
from typing import Any

import keras
import numpy as np

from camenn_tf.layers.activation_unit import ActivationUnit
from camenn_tf.layers.attentional_interaction import AttentionalInteraction
from camenn_tf.layers.behaviour_tokens import BehaviourTokens
from camenn_tf.layers.compressed_interaction import CompressedInteraction
from camenn_tf.layers.dice import Dice
from camenn_tf.layers.factorization_machine import FactorizationMachine
from camenn_tf.layers.field_aware_interaction import FieldAwareInteraction
from camenn_tf.layers.field_dense import FieldDense
from camenn_tf.layers.field_tokens import FieldTokens
from camenn_tf.layers.item_tokens import ItemTokens
from camenn_tf.layers.layer_norm import LayerNorm
from camenn_tf.layers.masked_patches import MaskedPatches
from camenn_tf.layers.masked_pieces import MaskedPieces
from camenn_tf.layers.masked_states import MaskedStates
from camenn_tf.layers.mini_batch_regularization import MiniBatchRegularization
from camenn_tf.layers.mixed_rows import MixedRows
from camenn_tf.layers.mixture_of_experts import MixtureOfExperts
from camenn_tf.layers.offset import Offset
from camenn_tf.layers.pair_match import PairMatch
from camenn_tf.layers.pair_rows import PairRows
from camenn_tf.layers.pair_score import PairScore
from camenn_tf.layers.piece_prediction import PiecePrediction
from camenn_tf.layers.pooled_content import PooledContent
from camenn_tf.layers.probability import Probability
from camenn_tf.layers.row_lstm import RowLstm
from camenn_tf.layers.row_tokens import RowTokens
from camenn_tf.layers.slot_means import SlotMeans
from camenn_tf.layers.softmax_gate import SoftmaxGate
from camenn_tf.layers.state_prediction import StatePrediction
from camenn_tf.layers.task_streams import AlignmentScores, TaskStreams
from camenn_tf.layers.task_tower import TaskTower
from camenn_tf.layers.transformer_encoder import TransformerEncoder
from tests.layers.layer_check import LayerCase

ENCODER = {"num_heads": 2, "feed_forward": 2, "groups": 1}
SIZE = 4  # E
_RNG = np.random.default_rng(11)


def floats(*shape: int) -> np.ndarray:
    return _RNG.normal(size=shape).astype(np.float32)


def ints(*values: Any) -> np.ndarray:
    return np.array(values, np.int32)


PACKED = {"tokens": floats(9, SIZE), "lengths": ints(4, 2, 3)}
PADDED = {"tokens": floats(12, SIZE), "mask": np.arange(4) < ints(4, 2, 3)[:, None]}
MASK = np.array([[True, False, True], [True, True, True]])
ITEMS = {
    "text": floats(4, 5, 3),
    "text_length": ints(0, 5, 2, 3),
    "image": floats(4, 2, 6),
    "has_image": np.array([False, True, False, True]),
}
_TOKENS_OF_ITEMS = {
    "tokens": floats(14, SIZE),
    "text_start": ints(0, 0, 5, 7),
    "text_length": ints(0, 5, 2, 3),
    "image_start": ints(10, 10, 12, 12),
    "image_length": ints(0, 2, 0, 2),
}
ROWS = {
    "sample_tokens": floats(2, 3, SIZE),
    "item_field_tokens": floats(4, 2, SIZE),
    "items": _TOKENS_OF_ITEMS,
    "history": ints([0, 2], [3, 1]),
    "target": ints(1, 3),
    "alignment_sample": ints(0, -1, 1),
    "alignment_text": ints(1, 2, 3),
    "alignment_image": ints(1, 3, 1),
}
STREAMS = {
    "cvr": {"row": ints(0, 1, 2), "experts": ints([0], [1], [0]), "weights": np.abs(floats(3, 1))},
    "ita": {"row": ints(2), "experts": ints([1]), "weights": np.abs(floats(1, 1))},
}

FIELD_IDS = ints([1, 0, 1], [2, 3, 0])
FIELDS: dict[str, Any] = {"sizes": [3, 4, 2], "groups": ["user", "user", "cross"], "embedding_size": SIZE}
FIELD_DENSE = (floats(2, 3, SIZE), ints([1, 70, 0], [3, 98, 2]), floats(2, 5))  # no value stands twice in a field

# tokens of three rows, where their texts start, whose these are, and which pieces of the two texts are hidden
HIDDEN = (floats(9, SIZE), ints(0, 4, 6), ints(1, 0, 0), np.array([[0, 1, 0, 0], [0, 1, 1, 0]], bool))


def _case(name: str, kind: Callable[..., keras.layers.Layer], *inputs: Any, **arguments: Any) -> LayerCase:
    about = {key: arguments.pop(key) for key in ("float32_outputs", "not_reached", "training") if key in arguments}
    return LayerCase(name, functools.partial(kind, **arguments), inputs, **about)


CASES = [
    _case("layer_norm", LayerNorm, floats(5, SIZE)),
    _case("encoder", TransformerEncoder, PACKED, **{**ENCODER, "groups": 2}),
    _case("encoder_padded", TransformerEncoder, PADDED, **ENCODER),
    _case(
        "fields", FieldTokens, ints([1, 0], [2, 3], [0, 1]), sizes=[3, 4], groups=["user", "cross"], embedding_size=SIZE
    ),
    _case("fields_group", FieldTokens, FIELD_IDS, **FIELDS, mode="group"),
    _case("fields_group_hidden", FieldTokens, FIELD_IDS, **FIELDS, mode="group", field_size=2, hidden=3),
    _case("fields_ordered", FieldTokens, FIELD_IDS, **FIELDS, ordered=[True, True, False]),
    _case("items", ItemTokens, ITEMS, embedding_size=SIZE, text_length=5, patches=2),
    _case("items_fixed", ItemTokens, ITEMS, embedding_size=SIZE, text_length=5, patches=2, fixed_shapes=True),
    _case(
        "items_without_text",
        ItemTokens,
        ITEMS,
        embedding_size=SIZE,
        text_length=5,
        patches=2,
        use_text=False,
        not_reached=("text_kernel",),
    ),
    _case(
        "items_without_images",
        ItemTokens,
        ITEMS,
        embedding_size=SIZE,
        text_length=5,
        patches=2,
        use_images=False,
        not_reached=("image_kernel", "image_bias", "image_position_embedding"),
    ),
    _case(
        "pair_match",
        PairMatch,
        {"text": floats(4, 3, SIZE), "text_length": ints(0, 1, 3, 2), "image": floats(4, 2, SIZE)},
        ints(1, 2),
        ints(1, 3),
        embedding_size=SIZE,
        float32_outputs=("output",),
    ),
    _case("factorization_machine", FactorizationMachine, floats(3, 5, SIZE), float32_outputs=("output",)),
    _case("field_aware", FieldAwareInteraction, floats(3, 5, 5, 2), float32_outputs=("output",)),
    _case("attentional", AttentionalInteraction, floats(3, 5, SIZE), attention_size=3, float32_outputs=("output",)),
    _case("compressed", CompressedInteraction, floats(3, 5, SIZE), units=[2, 3]),
    _case("compressed_once", CompressedInteraction, floats(3, 5, SIZE), units=[2]),
    _case("compressed_deep", CompressedInteraction, floats(3, 5, SIZE), units=[2, 3, 2]),
    _case("dice", Dice, floats(3, SIZE)),
    _case(
        "regularization",
        MiniBatchRegularization,
        floats(3, 2, SIZE),
        ints([1, 0], [2, 3], [0, 1]),
        strength=0.1,
        sizes=[3, 4],
        training=True,
    ),
    _case("activation_unit", ActivationUnit, floats(2, SIZE), floats(2, 3, SIZE), MASK, units=[5, 3]),
    _case("pooled_content", PooledContent, ITEMS, embedding_size=SIZE),
    _case("field_dense", FieldDense, *FIELD_DENSE, units=3, sizes=[4, 99, 3]),
    _case("field_dense_folded", FieldDense, *FIELD_DENSE, units=3, sizes=[4, 99, 3], folded=True),
    _case("offset", Offset, floats(3)),
    _case("probability", Probability, floats(3), float32_outputs=("output",)),
    _case("behaviour_tokens", BehaviourTokens, floats(4, SIZE), ints(1, 3), ints([0, 2], [3, 1]), places=3),
    _case("encoder_leaky", TransformerEncoder, PADDED, **ENCODER, activation="leaky_relu"),
    _case("rows", RowTokens, ROWS, slots=3, context_fields=2),
    _case("rows_content_dropout", RowTokens, ROWS, slots=3, context_fields=2, content_dropout=0.5),
    _case(
        "rows_content_dropout_training",
        RowTokens,
        ROWS,
        slots=3,
        context_fields=2,
        content_dropout=0.5,
        training=True,
    ),
    _case("slot_means", SlotMeans, ROWS, slots=3, context_fields=2),
    _case("slot_means_full", SlotMeans, ROWS, slots=3, context_fields=2, alignment_context="full"),
    _case("slot_means_content_dropout", SlotMeans, ROWS, slots=3, context_fields=2, content_dropout=0.5),
    _case(
        "slot_means_content_dropout_training",
        SlotMeans,
        ROWS,
        slots=3,
        context_fields=2,
        content_dropout=0.5,
        training=True,
    ),
    _case("slot_means_fixed", SlotMeans, ROWS, slots=3, context_fields=2, fixed_shapes=True, text_length=5, patches=2),
    _case("row_lstm", RowLstm, PACKED, units=2),
    _case("row_lstm_padded", RowLstm, PADDED, units=2),
    _case("row_lstm_last", RowLstm, PACKED, units=2, last_only=True),
    _case(
        "mixed_rows",
        MixedRows,
        [floats(9, SIZE), floats(9, SIZE)],
        {"lengths": PACKED["lengths"]},
        ints(0, 2),
        np.abs(floats(2, 2)),
    ),
    _case("rows_full", RowTokens, ROWS, slots=3, context_fields=2, alignment_context="full"),
    _case("rows_without_slots", RowTokens, ROWS, slots=3, context_fields=2, slot_embedding=False),
    _case("rows_fixed", RowTokens, ROWS, slots=3, context_fields=2, fixed_shapes=True, text_length=5, patches=2),
    _case("gate", SoftmaxGate, floats(3, SIZE), num_experts=2, experts_per_task=1),
    _case("gate_of_all", SoftmaxGate, floats(3, SIZE), num_experts=2, experts_per_task=2),
    *(
        _case(
            f"mixture_{position}",
            MixtureOfExperts,
            PACKED,
            STREAMS,
            num_experts=2,
            gate_position=position,
            encoder=ENCODER,
        )
        for position in ("output", "printed")
    ),
    _case("mixture_padded", MixtureOfExperts, PADDED, STREAMS, num_experts=2, encoder=ENCODER),
    _case(
        "streams",
        TaskStreams,
        {**PACKED, "alignment_row": ints(2, 0)},
        ints(1),
        ints(2, 1),
        tasks=["cvr", "ita", "tia"],
    ),
    _case(
        "streams_fixed",
        TaskStreams,
        {**PADDED, "alignment_row": ints(2, 0)},
        ints(1),
        ints(2, 1),
        tasks=["cvr", "tia"],
        fixed_shapes=True,
    ),
    _case("scores", AlignmentScores, np.abs(floats(2)), ints(2, 0), ints(2, 1, 2), float32_outputs=("output",)),
    _case("tower", TaskTower, PACKED, encoder=ENCODER, float32_outputs=("output",)),
    _case("tower_pre", TaskTower, PACKED, encoder={**ENCODER, "norm": "pre"}, float32_outputs=("output",)),
    _case("tower_padded", TaskTower, PADDED, encoder=ENCODER, float32_outputs=("output",)),
    _case(
        "masked_pieces",
        MaskedPieces,
        ints([1, 7, 2, 0], [1, 5, 6, 2]),
        ints(3, 4),
        share=0.5,
        pieces=9,
        mask=4,
        training=True,
    ),
    _case("masked_states", MaskedStates, floats(2, 4, 3), ints(3, 4), share=0.5, training=True),
    _case("masked_patches", MaskedPatches, floats(2, 4, 3), np.array([True, False]), share=0.5, training=True),
    _case("pair_rows", PairRows, _TOKENS_OF_ITEMS, ints(1, 2, 1), ints(1, 3, 0)),
    _case("pair_score", PairScore, *PACKED.values(), float32_outputs=("output",)),
    _case(
        "piece_prediction",
        PiecePrediction,
        *HIDDEN,
        ints([1, 7, 2, 0], [1, 5, 6, 2]),
        pieces=9,
        float32_outputs=("output",),
    ),
    _case("state_prediction", StatePrediction, *HIDDEN, floats(2, 4, 3), float32_outputs=("output",)),
    _case("dice_training", Dice, floats(3, SIZE), training=True),
    _case(
        "activation_unit_training",
        ActivationUnit,
        floats(2, SIZE),
        floats(2, 3, SIZE),
        MASK,
        units=[5, 3],
        training=True,
    ),
]
