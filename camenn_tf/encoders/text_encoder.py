"""Text encoders: strings to word pieces to the states of a BERT-like network."""

from __future__ import annotations

import abc
import functools
from collections.abc import Sequence
from typing import Any

import keras
import numpy as np
import tensorflow as tf

from camenn_tf.encoders.pieces import Pieces


class TextEncoder(abc.ABC):
    """A tokenizer and a network over its pieces.

    Attributes:
      name: registered name.
      max_pieces: most pieces kept of a text, without those that start and end it ([CLS] and [SEP]).
      dim: width of a state.
      trains_along: whether the network is trained with the model (stored are piece ids) or frozen (stored are states).
      config: JSON-able settings from which `factory` rebuilds the encoder, besides the vocabulary.
      fingerprint: hash of name, settings and (frozen) weights.
    """

    name: str
    max_pieces: int
    dim: int
    trains_along: bool

    @property
    @abc.abstractmethod
    def config(self) -> dict[str, Any]:
        """JSON-able settings from which `factory` rebuilds the encoder."""

    @property
    @abc.abstractmethod
    def fingerprint(self) -> str:
        """Hash of name, settings and weights; equal fingerprints mean equal features."""

    @property
    @abc.abstractmethod
    def pieces(self) -> Pieces:
        """The tokenizer."""

    @property
    @abc.abstractmethod
    def model(self) -> keras.Model:
        """Piece ids int32 [n, L] (0 = padding, masked inside) to states float [n, L, dim] (0 at padding)."""

    @property
    def max_length(self) -> int:
        """Most tokens a text has: max_pieces, [CLS] and [SEP]."""
        return self.max_pieces + 2

    def tokenize(self, texts: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        """Splits texts into pieces; works in eager code, in `Dataset.map` and in exported signatures.

        Args:
          texts: tf.string [n].

        Returns:
          ids int32 [n, L], [CLS] pieces [SEP] (or what the tokenizer calls them) and zeros, L = the longest of these
          texts; lengths int32 [n], with [CLS] and [SEP].
        """
        return self.pieces.tokenize(texts, self.max_pieces)

    def encode(self, texts: Sequence[str]) -> tuple[np.ndarray, np.ndarray]:
        """States of the last layer.

        Args:
          texts: n strings; an empty one has the states of [CLS] and [SEP].

        Returns:
          states float32 [n, L, dim], 0 at padding; lengths int32 [n].
        """
        ids, lengths = self.tokenize(tf.constant(list(texts), tf.string))
        return self._states(ids).numpy().astype(np.float32), lengths.numpy()

    @functools.cached_property
    def _states(self) -> Any:
        model = self.model
        return tf.function(
            lambda ids: model(ids, training=False), input_signature=[tf.TensorSpec([None, None], tf.int32)]
        )
