"""The tokenizers of keras_nlp that are not WordPiece: SentencePiece (XLM-R, ALBERT) and byte pairs (RoBERTa)."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import keras
import keras_nlp
import tensorflow as tf

from camenn_tf.encoders.fingerprint import hash_lines
from camenn_tf.encoders.pieces import Pieces
from camenn_tf.errors import UserError

SentencePiece = keras_nlp.tokenizers.SentencePieceTokenizer
BytePair = keras_nlp.tokenizers.BytePairTokenizer
# Of a text, for each piece that is kept. Merging byte pairs takes time that grows with the square of a word's length,
# and Chinese knows no spaces: 10,000 letters without one took 20 s.
MAX_CHARACTERS = 16


class KerasNlpPieces(Pieces):
    """A tokenizer of keras_nlp, always in its graph form: outside of graphs its byte pairs split words by another rule.

    Byte pairs keep a table of the words they have met; it grows with them, in a serving process too. They read the
    first `MAX_CHARACTERS` characters for every piece that is kept, and no more.

    Args:
      tokenizer: knows its start, end and padding ids by `start_token_id`, `end_token_id` and `pad_token_id`.

    Raises:
      UserError: another kind of tokenizer, or one without those ids.
    """

    def __init__(self, tokenizer: Any) -> None:
        kind = type(tokenizer).__name__
        if not isinstance(tokenizer, SentencePiece | BytePair):
            raise UserError(f"its tokenizer is {kind}, expected WordPiece, SentencePiece or byte pairs")
        ids: dict[str, Any] = {name: getattr(tokenizer, f"{name}_token_id", None) for name in ("start", "end", "pad")}
        missing = [name for name, number in ids.items() if number is None]
        if missing:
            raise UserError(f"its tokenizer {kind} has no {' and no '.join(missing)} token, as BERT-like models have")
        self._tokenizer = tokenizer
        self._pad = int(ids["pad"])
        self._shift = 1 if self._pad else 0
        self.start, self.end = int(ids["start"]) + self._shift, int(ids["end"]) + self._shift
        mask = getattr(tokenizer, "mask_token_id", None)
        self.mask = None if mask is None else int(mask) + self._shift
        self.size = int(tokenizer.vocabulary_size()) + self._shift
        self._traced = self._trace()

    @property
    def fingerprint(self) -> str:
        """Hash of the tokenizer's kind and of its SentencePiece model, or of its vocabulary and merges."""
        if isinstance(self._tokenizer, SentencePiece):
            rules = [hashlib.sha256(self._tokenizer.proto).hexdigest()]
        else:
            rules = [json.dumps(dict(self._tokenizer.vocabulary), sort_keys=True), *self._tokenizer.merges]
            rules.append(str(self._tokenizer.add_prefix_space))
        return hash_lines([type(self._tokenizer).__name__, *rules])

    @property
    def resources(self) -> list[Any]:
        return [self._tokenizer]

    def network_ids(self, ids: Any) -> Any:
        if not self._shift:
            return ids
        return keras.ops.where(keras.ops.equal(ids, 0), self._pad, ids - self._shift)

    def _split(self, texts: tf.Tensor, max_pieces: int) -> tf.RaggedTensor:
        if isinstance(self._tokenizer, BytePair):
            texts = tf.strings.substr(texts, 0, max_pieces * MAX_CHARACTERS, unit="UTF8_CHAR")
        with tf.init_scope():
            self._revive()
        return self._traced(texts)

    def _revive(self) -> None:
        """Loads SentencePiece anew if it is gone: TensorFlow drops its model whenever a random seed is set."""
        try:
            self._traced(tf.constant([""]))
        except tf.errors.NotFoundError:
            self._tokenizer.set_proto(self._tokenizer.proto)
            self._traced = self._trace()

    def _trace(self) -> Any:
        return tf.function(self._known, input_signature=[tf.TensorSpec([None], tf.string)], autograph=False)

    def _known(self, texts: tf.Tensor) -> tf.RaggedTensor:
        pieces = self._tokenizer(texts)
        # A byte that the vocabulary lacks has id -1; keras_nlp leaves it out as well when it is not in a graph.
        known = tf.ragged.boolean_mask(pieces, pieces >= 0)
        return tf.cast(known, tf.int32) + self._shift
