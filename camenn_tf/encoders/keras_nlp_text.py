"""Pretrained BERT-like text encoders from keras_nlp presets, frozen."""

from __future__ import annotations

import functools
import os
from typing import Any

import keras
import keras_nlp

from camenn_tf.encoders.fingerprint import fingerprint, hash_arrays
from camenn_tf.encoders.text_encoder import TextEncoder
from camenn_tf.encoders.word_pieces import WordPieces
from camenn_tf.errors import UserError


class KerasNlpText(TextEncoder):
    """The last hidden states of a preset's backbone.

    Args:
      path: a directory with a Keras preset or a Hugging Face model (config.json, model.safetensors, vocab.txt), or a
        preset name of keras_nlp, which downloads it.
      max_pieces: most pieces of a text, without [CLS] and [SEP].

    Raises:
      UserError: no such preset, another tokenizer than WordPiece, or fewer positions than max_pieces + 2.
    """

    name = "keras_nlp"
    trains_along = False

    def __init__(self, path: str, max_pieces: int) -> None:
        _check_preset(path)
        self.path, self.max_pieces = path, max_pieces
        self._backbone = keras_nlp.models.Backbone.from_preset(path, dtype="float32", trainable=False)
        self._word_pieces = _word_pieces(path)
        self.dim = int(self._backbone.hidden_dim)
        positions = getattr(self._backbone, "max_sequence_length", None)
        if positions is not None and positions < self.max_length:
            raise UserError(
                f"encode.text.max_pieces={max_pieces}: {path} has {positions} positions, [CLS] and [SEP] too"
            )

    @property
    def config(self) -> dict[str, Any]:
        return {"name": self.name, "path": self.path, "max_pieces": self.max_pieces}

    @functools.cached_property
    def fingerprint(self) -> str:
        weights = hash_arrays(keras.ops.convert_to_numpy(weight) for weight in self._backbone.weights)
        settings = {"max_pieces": self.max_pieces, "vocabulary": self._word_pieces.fingerprint}
        return fingerprint(self.name, settings, weights)

    @property
    def word_pieces(self) -> WordPieces:
        return self._word_pieces

    @functools.cached_property
    def model(self) -> keras.Model:
        ids = keras.Input([None], dtype="int32", name="piece_ids")  # [n, L]
        mask = keras.ops.not_equal(ids, 0)
        inputs = {"token_ids": ids, "padding_mask": mask}
        if "segment_ids" in self._backbone.input:
            inputs["segment_ids"] = keras.ops.zeros_like(ids)
        outputs = self._backbone(inputs)
        states = outputs["sequence_output"] if isinstance(outputs, dict) else outputs  # [n, L, D]
        keep = keras.ops.expand_dims(keras.ops.cast(mask, states.dtype), -1)
        model = keras.Model(ids, states * keep, name="keras_nlp_text")
        model.trainable = False
        return model


def _check_preset(path: str) -> None:
    if not path:
        raise UserError("encode.text.path is empty: name=keras_nlp needs a preset, --config.encode.text.path=DIRECTORY")
    if path in keras_nlp.models.Backbone.presets or "://" in path:
        return
    if not os.path.isdir(path):
        raise UserError(f"encode.text.path={path}: no such directory, and no preset name of keras_nlp")
    if not os.path.exists(os.path.join(path, "config.json")):
        raise UserError(f"encode.text.path={path}: has no config.json; expected a Keras preset or a Hugging Face model")


def _word_pieces(path: str) -> WordPieces:
    tokenizer = keras_nlp.models.Tokenizer.from_preset(path)
    if not isinstance(tokenizer, keras_nlp.tokenizers.WordPieceTokenizer):
        kind = type(tokenizer).__name__
        raise UserError(f"encode.text.path={path}: its tokenizer is {kind}, expected WordPiece, as in BERT")
    return WordPieces(tokenizer.get_vocabulary(), lower_case=tokenizer.lowercase)
