"""The tokenizer and its vocabulary."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from camenn_tf.encoders.word_pieces import SPECIAL, WordPieces, learn_vocabulary
from camenn_tf.errors import UserError

#                      5    6     7        8       9      10    11    12   13
VOCABULARY = (*SPECIAL, "a", "##b", "apple", "##s", "fresh", "红", "富", "士", ",")
TEXTS = ["新鲜 红富士 苹果 脆甜", "Fresh apples 500g", "fresh apple juice", "红富士 apple"] * 5


def ids(text: str | bytes, max_pieces: int = 50) -> list[int]:
    out, lengths = WordPieces(VOCABULARY).tokenize(tf.constant([text]), max_pieces)
    assert out.dtype == tf.int32 and lengths.dtype == tf.int32
    assert int(lengths[0]) == out.shape[1]
    values: list[int] = out.numpy()[0].tolist()
    return values


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Fresh APPLES", [1, 9, 7, 8, 2]),  # lower case; apple ##s
        ("ab abb", [1, 5, 6, 5, 6, 6, 2]),
        ("红富士apple", [1, 10, 11, 12, 7, 2]),  # Chinese characters stand alone
        ("fresh,apple", [1, 9, 13, 7, 2]),
        ("fr\u00e9sh", [1, 9, 2]),  # accents go
        ("banana 苹", [1, 3, 3, 2]),  # unknown words whole
        ("", [1, 2]),
        ("  \t ", [1, 2]),
        (b"\xff\xfe apple", [1, 3, 7, 2]),  # not UTF-8: one unknown word
    ],
)
def test_tokens_by_hand(text: str | bytes, expected: list[int]) -> None:
    assert ids(text) == expected


def test_long_texts_are_cut_and_keep_their_end() -> None:
    assert ids("apple " * 10_000, max_pieces=3) == [1, 7, 7, 7, 2]
    assert ids("a" * 10_000) == [1, 3, 2]


def test_short_texts_are_padded_to_the_longest() -> None:
    out, lengths = WordPieces(VOCABULARY).tokenize(tf.constant(["apple", "", "fresh apples"]), 50)
    np.testing.assert_array_equal(out, [[1, 7, 2, 0, 0], [1, 2, 0, 0, 0], [1, 9, 7, 8, 2]])
    np.testing.assert_array_equal(lengths, [3, 2, 5])


def test_no_texts() -> None:
    out, lengths = WordPieces(VOCABULARY).tokenize(tf.constant([], tf.string), 50)
    assert out.shape[0] == 0 and lengths.shape == (0,)


def test_works_in_dataset_map() -> None:
    pieces = WordPieces(VOCABULARY)
    dataset = tf.data.Dataset.from_tensor_slices(TEXTS[:4]).batch(2).map(lambda texts: pieces.tokenize(texts, 4))
    eager = pieces.tokenize(tf.constant(TEXTS[:2]), 4)
    np.testing.assert_array_equal(next(iter(dataset))[0], eager[0])


@pytest.mark.parametrize(
    ("vocabulary", "said"),
    [(("[PAD]", "[CLS]", "[UNK]"), r"no piece \[SEP\]"), (("a", *SPECIAL), r"piece 0 is a")],
)
def test_unusable_vocabularies(vocabulary: tuple[str, ...], said: str) -> None:
    with pytest.raises(UserError, match=said):
        WordPieces(vocabulary)


def test_learnt_vocabulary() -> None:
    learnt = learn_vocabulary(TEXTS, 60)
    assert learnt[:5] == SPECIAL and len(set(learnt)) == len(learnt) <= 60
    assert {"红", "富", "士", "fresh", "apple"} <= set(learnt)
    assert "Fresh" not in learnt and "红富士" not in learnt
    out, _ = WordPieces(learnt).tokenize(tf.constant(TEXTS), 50)
    assert not np.any(out.numpy() == 3)  # every word of the corpus can be written


def test_learning_is_deterministic() -> None:
    assert learn_vocabulary(TEXTS, 40) == learn_vocabulary(list(TEXTS), 40)


def test_nothing_to_learn_from() -> None:
    with pytest.raises(UserError, match="no item has one: fill in the column text"):
        learn_vocabulary(["", " "], 40)


def test_fingerprint_follows_pieces_and_case() -> None:
    base = WordPieces(VOCABULARY).fingerprint
    assert base == WordPieces(list(VOCABULARY)).fingerprint
    assert base != WordPieces((*VOCABULARY, "z")).fingerprint
    assert base != WordPieces(VOCABULARY, lower_case=False).fingerprint
