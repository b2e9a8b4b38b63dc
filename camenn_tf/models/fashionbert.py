"""FashionBERT: text and image matching over one item's tokens, the comparison model of Table 2."""

from __future__ import annotations

from typing import Any

import keras
from ml_collections import ConfigDict

from camenn_tf.bounds import check_at_least, check_shares
from camenn_tf.errors import UserError
from camenn_tf.layers.layer_norm import LayerNorm
from camenn_tf.layers.masked_patches import MaskedPatches
from camenn_tf.layers.masked_pieces import MaskedPieces
from camenn_tf.layers.masked_states import MaskedStates
from camenn_tf.layers.pair_rows import PairRows
from camenn_tf.layers.pair_score import PairScore
from camenn_tf.layers.piece_prediction import PiecePrediction
from camenn_tf.layers.state_prediction import StatePrediction
from camenn_tf.layers.transformer_encoder import TransformerEncoder
from camenn_tf.models.batch_inputs import content_inputs
from camenn_tf.models.encoder_states import encoder_states
from camenn_tf.models.row_inputs import item_tokens
from camenn_tf.models.spec import ModelSpec
from camenn_tf.tasks import ITA, TIA

MATCH, MASKED_TEXT, MASKED_PATCHES = "match", "masked_text", "masked_patches"
Tensors = dict[str, Any]


def fashionbert(config: ConfigDict, spec: ModelSpec) -> keras.Model:
    """Builds the backbone over [CLS] text [SEP] patches, and its three tasks (Gao et al. 2020, section 3).

        X = f_TSR(... f_TSR([CLS] text [SEP] patches))       fashionbert.blocks times
        p = sigmoid(w . tanh(W X_[CLS] + b) + c)             text and image matching (PairScore)
        -log softmax(...)[piece]                             masked language modelling (PiecePrediction)
        KL(softmax(v) || softmax(W_v X_v))                   masked patch modelling (StatePrediction)

    In training 15% of the text and 10% of the patches are hidden, of a distinct item once a step, so the same in all
    pairs it stands in; the masked losses are taken over genuine and mixed pairs alike, as in the authors' code
    (github.com/alibaba/EasyTransfer, scripts/fashion_bert). Where the text encoder trains along, pieces are hidden
    before it and predicted among all. Where it is frozen, its states are hidden, and predicted as patches are: only
    they are stored. See docs/FIDELITY.md 23.

    Args:
      config: the whole configuration; sections model, fashionbert and alignment are read.
      spec: sizes of the data.

    Returns:
      A functional model from a batch to float32 `ita`, `tia` (those that are on) and `match`, [A] each and all the
      same probability, and `masked_text`, `masked_patches` [A, 2]: each row's sum of losses and number of hidden
      tokens, 0 without training. User, history and fields are never read.

    Raises:
      UserError: a configuration that leaves one of the tasks nothing to do.
    """
    _check(config, spec)
    model, settings = config.model, config.fashionbert
    inputs = content_inputs(config, spec)
    pair = [keras.Input((), dtype="int32", name=f"alignment_{part}") for part in ("text", "image")]
    inputs.update({tensor.name: tensor for tensor in pair})
    states, text = _masked_text(config, spec, inputs)
    patches = MaskedPatches(settings.patch_share, name="masked_patches")(states["image"], states["has_image"])
    items = item_tokens(config, spec, {**states, "image": patches["states"]})
    rows = PairRows(name="pair_rows")(items, *pair)
    tokens, lengths = rows["tokens"], rows["lengths"]
    for number in range(1, settings.blocks + 1):
        tokens = TransformerEncoder(
            model.num_heads, model.feed_forward, model.dropout, model.norm, name=f"block_{number}"
        )({"tokens": tokens, "lengths": lengths})
    if model.norm == "pre":  # whose blocks leave their output unnormalised
        tokens = LayerNorm(name="backbone_norm")(tokens)
    predict_text: keras.layers.Layer
    if spec.text_model:
        predict_text = PiecePrediction(spec.text_pieces, name="piece_prediction")
    else:
        predict_text = StatePrediction(name="state_prediction")
    score = PairScore(name="pair_score")(tokens, lengths)
    outputs = {task: score for task in (ITA, TIA) if config.alignment[task]}
    outputs[MATCH] = score
    outputs[MASKED_TEXT] = predict_text(tokens, rows["text_start"], pair[0], text["chosen"], text["true"])
    outputs[MASKED_PATCHES] = StatePrediction(name="patch_prediction")(
        tokens, rows["image_start"], pair[1], patches["chosen"], states["image"]
    )
    return keras.Model(inputs, outputs, name="fashionbert")


def _masked_text(config: ConfigDict, spec: ModelSpec, inputs: Tensors) -> tuple[Tensors, Tensors]:
    """What `encoder_states` gives of partly hidden texts; and `chosen` [U, L] with the `true` pieces or states."""
    share, length = config.fashionbert.text_share, inputs["items_text_length"]
    if spec.text_model:
        assert spec.text_mask is not None
        ids = inputs["items_piece_ids"]
        hidden = MaskedPieces(share, spec.text_pieces, spec.text_mask, name="masked_text")(ids, length)
        states = encoder_states(config, spec, {**inputs, "items_piece_ids": hidden["ids"]})
        return states, {"chosen": hidden["chosen"], "true": ids}
    states = encoder_states(config, spec, inputs)
    hidden = MaskedStates(share, name="masked_text")(states["text"], length)
    return {**states, "text": hidden["states"]}, {"chosen": hidden["chosen"], "true": states["text"]}


def _check(config: ConfigDict, spec: ModelSpec) -> None:
    settings = config.fashionbert
    check_at_least("fashionbert", settings, {"blocks": 1})
    check_shares("fashionbert", settings, ("text_share", "patch_share"))
    for key in ("use_text", "use_images"):
        if not config.model[key]:
            raise UserError(f"model.{key}=False: model.name=fashionbert matches texts with images, it reads both")
    if not (config.alignment.ita or config.alignment.tia):
        raise UserError(
            "alignment.ita=False and alignment.tia=False: model.name=fashionbert learns from the pairs of these tasks "
            "and from nothing else, leave one of them on"
        )
    if spec.text_model and spec.text_mask is None:
        raise UserError(
            "encode.text: the vocabulary of the encoder has no [MASK], which model.name=fashionbert hides pieces with; "
            "take another one, or freeze it with encode.text.trains_along=False"
        )
