"""Tokenizers behind one interface: strings to piece ids in which 0 is padding and nothing else."""

from __future__ import annotations

import abc
from typing import Any

import tensorflow as tf


class Pieces(abc.ABC):
    """A tokenizer whose ids are stored, batched and padded.

    Everything between tokenizer and network takes id 0 for padding. A tokenizer that has a real piece there (RoBERTa
    and XLM-R start texts with 0 and pad with 1) stores its ids one higher, and `network_ids` takes them back.

    Attributes:
      start, end: stored ids of the pieces around a text, [CLS] and [SEP] in BERT.
      mask: stored id of the piece that stands for a hidden one; None = there is none.
      size: stored ids there are, padding included.
      fingerprint: hash of all that decides about pieces and ids.
    """

    start: int
    end: int
    mask: int | None
    size: int

    @property
    @abc.abstractmethod
    def fingerprint(self) -> str:
        """Hash of all that decides about pieces and ids."""

    @property
    def resources(self) -> list[Any]:
        """Tables that must hang on a SavedModel whose signatures tokenize; most tokenizers have none."""
        return []

    @abc.abstractmethod
    def _split(self, texts: tf.Tensor, max_pieces: int) -> tf.RaggedTensor:
        """Valid UTF-8 tf.string [n] to stored ids, ragged int32 [n, (max_pieces or more)], without start and end."""

    def network_ids(self, ids: Any) -> Any:
        """Stored ids [n, L] to those of the network's embedding; backend tensors or Keras's symbolic ones."""
        return ids

    def tokenize(self, texts: tf.Tensor, max_pieces: int) -> tuple[tf.Tensor, tf.Tensor]:
        """Pieces of texts.

        Args:
          texts: tf.string [n]; bytes that are not UTF-8 are read as replacement characters.
          max_pieces: further pieces of a text are dropped.

        Returns:
          ids int32 [n, L]: start, at most max_pieces pieces, end, zeros; L = the longest of these texts.
          lengths int32 [n]: tokens with start and end.
        """
        texts = tf.strings.unicode_transcode(texts, "UTF-8", "UTF-8", errors="replace")
        pieces = self._split(texts, max_pieces)[:, :max_pieces]
        ends = tf.ones([tf.shape(texts)[0], 1], tf.int32)
        tokens = tf.concat([ends * self.start, pieces, ends * self.end], axis=1)
        return tokens.to_tensor(), tf.cast(tokens.row_lengths(), tf.int32)
