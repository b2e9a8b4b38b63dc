"""WordPiece: the tokenizer of BERT, in TensorFlow's graph, and the learning of a vocabulary."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import tensorflow as tf
import tensorflow_text

from camenn_tf.encoders.fingerprint import hash_lines
from camenn_tf.errors import UserError

PAD, CLS, SEP, UNKNOWN, MASK = "[PAD]", "[CLS]", "[SEP]", "[UNK]", "[MASK]"
SPECIAL = (PAD, CLS, SEP, UNKNOWN, MASK)
MAX_BYTES_PER_WORD = 100


class WordPieces:
    """BERT's tokenizer: normalise, split at spaces, punctuation and around Chinese characters, longest match first.

    Args:
      vocabulary: the pieces in id order, '##' before those that continue a word; [PAD] must be number 0.
      lower_case: whether to lower case and strip accents.

    Raises:
      UserError: a special piece is missing or stands in the wrong place.
    """

    def __init__(self, vocabulary: Sequence[str], lower_case: bool = True) -> None:
        self.vocabulary = tuple(vocabulary)
        self.lower_case = lower_case
        for piece in (PAD, CLS, SEP, UNKNOWN):
            if piece not in self.vocabulary:
                raise UserError(f"vocabulary: no piece {piece}; BERT's tokenizer needs it")
        if self.vocabulary[0] != PAD:
            raise UserError(f"vocabulary: piece 0 is {self.vocabulary[0]}, expected {PAD}: id 0 means padding")
        self._cls = self.vocabulary.index(CLS)
        self._sep = self.vocabulary.index(SEP)
        self._tokenizer = tensorflow_text.FastBertTokenizer(
            list(self.vocabulary),
            max_bytes_per_word=MAX_BYTES_PER_WORD,
            token_out_type=tf.int32,
            unknown_token=UNKNOWN,
            lower_case_nfd_strip_accents=lower_case,
        )

    @property
    def fingerprint(self) -> str:
        """Hash of the vocabulary and of the case rule."""
        return hash_lines([*self.vocabulary, str(self.lower_case)])

    def tokenize(self, texts: tf.Tensor, max_pieces: int) -> tuple[tf.Tensor, tf.Tensor]:
        """Pieces of texts.

        Args:
          texts: tf.string [n]; bytes that are not UTF-8 are read as replacement characters.
          max_pieces: further pieces of a text are dropped.

        Returns:
          ids int32 [n, L]: [CLS], at most max_pieces pieces, [SEP], zeros; L = the longest of these texts.
          lengths int32 [n]: tokens with [CLS] and [SEP].
        """
        texts = tf.strings.unicode_transcode(texts, "UTF-8", "UTF-8", errors="replace")
        pieces = self._tokenizer.tokenize(texts)[:, :max_pieces]
        ends = tf.ones([tf.shape(texts)[0], 1], tf.int32)
        tokens = tf.concat([ends * self._cls, pieces, ends * self._sep], axis=1)
        return tokens.to_tensor(), tf.cast(tokens.row_lengths(), tf.int32)


def learn_vocabulary(texts: Iterable[str], size: int) -> tuple[str, ...]:
    """Learns a WordPiece vocabulary with keras_nlp's trainer: lower case, no accents, Chinese characters split.

    Args:
      texts: the corpus.
      size: most pieces, special ones included.

    Returns:
      The pieces in id order: [PAD] [CLS] [SEP] [UNK] [MASK], then the learnt ones.

    Raises:
      UserError: there is no word in the corpus.
    """
    import keras_nlp  # heavy, and only the encoding run needs it

    corpus = [text for text in texts if text.strip()]
    if not corpus:
        raise UserError("vocabulary: no item has a text, there is nothing to learn pieces from")
    vocabulary = keras_nlp.tokenizers.compute_word_piece_vocabulary(
        tf.data.Dataset.from_tensor_slices(corpus),
        size,
        lowercase=True,
        strip_accents=True,
        reserved_tokens=list(SPECIAL),
    )
    return tuple(vocabulary)
