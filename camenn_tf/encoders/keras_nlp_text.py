"""Pretrained BERT-like text encoders from keras_nlp presets and Hugging Face directories."""

from __future__ import annotations

import os
from typing import Any

import keras
import keras_nlp

from camenn_tf.encoders.keras_nlp_pieces import KerasNlpPieces
from camenn_tf.encoders.pieces import Pieces
from camenn_tf.encoders.pretrained_text import PretrainedText
from camenn_tf.encoders.stored_path import stored_path
from camenn_tf.encoders.word_pieces import WordPieces
from camenn_tf.errors import UserError

DEFAULT = "bert_base_zh"  # Chinese BERT: 12 layers, 768 wide, 12 heads, as in the paper
INPUTS = {"token_ids", "padding_mask", "segment_ids"}
# OSError: also what the downloading libraries raise. ImportError: no safetensors, which Hugging Face models need.
FAILURES = (OSError, ValueError, KeyError, ImportError)


class KerasNlpText(PretrainedText):
    """The last hidden states of a preset's backbone.

    Args:
      path: a directory with a Keras preset or a Hugging Face model (config.json, model.safetensors and the tokenizer's
        files), or a preset name of keras_nlp, which downloads it; empty = `DEFAULT`.
      max_pieces: most pieces of a text, without [CLS] and [SEP].
      trains_along: whether it is trained with the model.

    Raises:
      UserError: no such preset, one that cannot be loaded or is not like BERT, or fewer positions than max_pieces + 2.
    """

    name = "keras_nlp"

    def __init__(self, path: str, max_pieces: int, trains_along: bool = False) -> None:
        path = path or DEFAULT
        _check_preset(path)
        # Trained along, it is loaded once more by `model`; until then its sizes are enough.
        backbone = _load(path, dtype="float32", trainable=False, load_weights=not trains_along)
        _check_backbone(backbone, path)
        place = path if path in keras_nlp.models.Backbone.presets else stored_path(path)
        super().__init__(place, max_pieces, trains_along, _pieces(path), int(backbone.hidden_dim))
        self._frozen = None if trains_along else backbone
        positions = getattr(backbone, "max_sequence_length", None)
        if positions is not None and positions < self.max_length:
            raise UserError(
                f"encode.text.max_pieces={max_pieces}: {path} has {positions} positions, [CLS] and [SEP] too"
            )

    def _apply(self, ids: Any, mask: Any) -> Any:
        backbone = self._frozen or _load(self.path, dtype=keras.config.dtype_policy(), trainable=True)
        inputs = {"token_ids": ids, "padding_mask": mask}
        if "segment_ids" in backbone.input:
            inputs["segment_ids"] = keras.ops.zeros_like(ids)
        outputs = backbone(inputs)
        return outputs["sequence_output"] if isinstance(outputs, dict) else outputs


def _check_preset(path: str) -> None:
    if path in keras_nlp.models.Backbone.presets or "://" in path:
        return
    if not os.path.isdir(path):
        raise UserError(f"encode.text.path={path}: no such directory, and no preset name of keras_nlp")
    if not os.path.exists(os.path.join(path, "config.json")):
        raise UserError(f"encode.text.path={path}: has no config.json; expected a Keras preset or a Hugging Face model")


def _load(path: str, **arguments: Any) -> keras.Model:
    try:
        return keras_nlp.models.Backbone.from_preset(path, **arguments)
    except FAILURES as error:
        raise _unusable(path, error) from error


def _unusable(path: str, error: Exception) -> UserError:
    reason = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    advice = "expected a Keras preset or a Hugging Face model with all its files"
    if not os.path.isdir(path):
        advice = "without a network, download the preset elsewhere and name its directory"
    return UserError(f"encode.text.path={path}: cannot be loaded ({type(error).__name__}: {reason}); {advice}")


def _check_backbone(backbone: keras.Model, path: str) -> None:
    inputs = set(backbone.input) if isinstance(backbone.input, dict) else set()
    if not {"token_ids", "padding_mask"} <= inputs <= INPUTS or not hasattr(backbone, "hidden_dim"):
        kind = type(backbone).__name__
        raise UserError(
            f"encode.text.path={path}: a {kind} reads {', '.join(sorted(inputs)) or 'something else'}; expected an "
            "encoder like BERT, of token_ids, padding_mask and perhaps segment_ids"
        )


def _pieces(path: str) -> Pieces:
    try:
        tokenizer = keras_nlp.models.Tokenizer.from_preset(path)
    except FAILURES as error:
        raise _unusable(path, error) from error
    try:
        if isinstance(tokenizer, keras_nlp.tokenizers.WordPieceTokenizer):
            return WordPieces(tokenizer.get_vocabulary(), lower_case=tokenizer.lowercase)
        return KerasNlpPieces(tokenizer)
    except UserError as error:
        raise UserError(f"encode.text.path={path}: {error}") from error
