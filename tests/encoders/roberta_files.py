"""A small XLM-R and a small RoBERTa as presets: encoders like BERT whose tokenizers are not WordPiece."""

from __future__ import annotations

import io
from pathlib import Path

import keras
import keras_nlp
import numpy as np
import sentencepiece

CORPUS = ["fresh red apples 500g", "car engine oil 5l", "红富士 苹果 新鲜 脆甜", "a quick brown fox"] * 5
SIZES = {"num_layers": 1, "num_heads": 2, "hidden_dim": 8, "intermediate_dim": 16, "max_sequence_length": 60}


def write_xlm_roberta(directory: Path) -> str:
    """SentencePiece; <s> is 0, <pad> 1, </s> 2."""
    proto = io.BytesIO()
    sentencepiece.SentencePieceTrainer.train(
        sentence_iterator=iter(CORPUS), model_writer=proto, vocab_size=70, hard_vocab_limit=False, minloglevel=2,
        unk_id=0, bos_id=1, eos_id=2,
    )  # fmt: skip
    tokenizer = keras_nlp.models.XLMRobertaTokenizer(proto=proto.getvalue())
    _save(keras_nlp.models.XLMRobertaBackbone, tokenizer, directory)
    return str(directory)


def write_roberta(directory: Path) -> str:
    """Byte pairs; <s> is 0, <pad> 1, </s> 2. Bytes other than printable ASCII are not in the vocabulary."""
    merges = ["q u", "i c", "qu ic", "quic k", "Ġ quick", "a p", "p l", "ap pl", "appl e", "Ġ apple"]
    letters = [chr(code) for code in range(33, 127)]
    pieces = ["<s>", "<pad>", "</s>", "<unk>", "<mask>", "Ġ", *letters, *(merge.replace(" ", "") for merge in merges)]
    vocabulary = {piece: number for number, piece in enumerate(pieces)}
    tokenizer = keras_nlp.models.RobertaTokenizer(vocabulary=vocabulary, merges=merges)
    _save(keras_nlp.models.RobertaBackbone, tokenizer, directory)
    return str(directory)


def _save(backbone: type[keras.Model], tokenizer: keras_nlp.tokenizers.Tokenizer, directory: Path) -> None:
    keras.utils.set_random_seed(1)
    model = backbone(vocabulary_size=tokenizer.vocabulary_size(), **SIZES)
    random = np.random.default_rng(1)
    model.set_weights([weight + random.normal(0, 0.3, weight.shape) for weight in model.get_weights()])
    model.save_to_preset(str(directory))
    tokenizer.save_to_preset(str(directory))
