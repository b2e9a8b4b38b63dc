"""WordPiece: the tokenizer of BERT, in TensorFlow's graph, and the learning of a vocabulary."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import tensorflow as tf
import tensorflow_text

from camenn_tf.encoders.fingerprint import hash_lines
from camenn_tf.encoders.pieces import Pieces
from camenn_tf.errors import UserError

PAD, CLS, SEP, UNKNOWN, MASK = "[PAD]", "[CLS]", "[SEP]", "[UNK]", "[MASK]"
SPECIAL = (PAD, CLS, SEP, UNKNOWN, MASK)
MAX_BYTES_PER_WORD = 100
# Spaces to BERT as it was trained; tensorflow_text's tokenizers take them for letters, each in a way of its own.
SEPARATORS = "[\u2028\u2029]"


class WordPieces(Pieces):
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
        self.start = self.vocabulary.index(CLS)
        self.end = self.vocabulary.index(SEP)
        self.mask = self.vocabulary.index(MASK) if MASK in self.vocabulary else None
        self.size = len(self.vocabulary)
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

    def _split(self, texts: tf.Tensor, max_pieces: int) -> tf.RaggedTensor:
        return self._tokenizer.tokenize(tf.strings.regex_replace(texts, SEPARATORS, " "))


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
        raise UserError(
            "encode.text.name=scratch learns its word pieces from the items' texts, and no item has one: fill in the "
            "column text of the items table, or name a pretrained encoder"
        )
    vocabulary = keras_nlp.tokenizers.compute_word_piece_vocabulary(
        tf.data.Dataset.from_tensor_slices(corpus),
        size,
        lowercase=True,
        strip_accents=True,
        reserved_tokens=list(SPECIAL),
    )
    return tuple(vocabulary)
