"""The text encoder that needs no download: a small BERT over a vocabulary learnt from the catalogue."""

from __future__ import annotations

import functools
from collections.abc import Sequence
from typing import Any

import keras
import keras_nlp

from camenn_tf.encoders.fingerprint import fingerprint
from camenn_tf.encoders.piece_dropout import PieceDropout
from camenn_tf.encoders.text_encoder import TextEncoder
from camenn_tf.encoders.word_pieces import WordPieces
from camenn_tf.errors import UserError

MISSING = 0.2  # share of the pieces hidden in training
# BERT's own initial spread. A layer that begins close to the identity learns from a few hundred texts; with Glorot's
# spread it learns them by heart.
INITIAL_SPREAD = 0.02


class ScratchText(TextEncoder):
    """Token and position embeddings, then post-norm transformer encoders; trains along with the model.

    Args:
      vocabulary: learnt pieces (`word_pieces.learn_vocabulary`).
      max_pieces: most pieces of a text, without [CLS] and [SEP].
      vocabulary_size: most pieces that were to be learnt.
      dim: width of a state; a multiple of `heads`.
      layers: transformer layers.
      heads: attention heads.
    """

    name = "scratch"
    trains_along = True

    def __init__(
        self, vocabulary: Sequence[str], max_pieces: int, vocabulary_size: int, dim: int, layers: int, heads: int
    ) -> None:
        if dim % heads:
            raise UserError(f"encode.text.dim={dim} is not a multiple of encode.text.heads={heads}")
        self.max_pieces, self.vocabulary_size = max_pieces, vocabulary_size
        self.dim, self.layers, self.heads = dim, layers, heads
        self._pieces = WordPieces(vocabulary)

    @property
    def config(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "max_pieces": self.max_pieces,
            "vocabulary_size": self.vocabulary_size,
            "dim": self.dim,
            "layers": self.layers,
            "heads": self.heads,
        }

    @property
    def fingerprint(self) -> str:
        return fingerprint(self.name, {**self.config, "vocabulary": self._pieces.fingerprint})

    @property
    def pieces(self) -> WordPieces:
        return self._pieces

    @functools.cached_property
    def model(self) -> keras.Model:
        ids = keras.Input([None], dtype="int32", name="piece_ids")  # [n, L]
        mask = keras.ops.not_equal(ids, 0)
        states = keras_nlp.layers.TokenAndPositionEmbedding(
            vocabulary_size=len(self._pieces.vocabulary),
            sequence_length=self.max_length,
            embedding_dim=self.dim,
            embeddings_initializer=keras.initializers.TruncatedNormal(stddev=0.05),
            name="embeddings",
        )(PieceDropout(MISSING, name="missing_pieces")(ids))
        states = keras.layers.LayerNormalization(name="embeddings_norm")(states)
        for number in range(self.layers):
            # No dropout: on attention it costs half of the speed, and the model around it has its own.
            states = keras_nlp.layers.TransformerEncoder(
                intermediate_dim=4 * self.dim,
                num_heads=self.heads,
                activation="gelu",
                kernel_initializer=keras.initializers.TruncatedNormal(stddev=INITIAL_SPREAD),
                name=f"layer_{number}",
            )(states, padding_mask=mask)
        keep = keras.ops.expand_dims(keras.ops.cast(mask, states.dtype), -1)  # [n, L, 1]
        return keras.Model(ids, states * keep, name="scratch_text")
