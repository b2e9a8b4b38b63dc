"""A BERT of the base's size with random weights, as fast as a trained one, and texts for it."""

from __future__ import annotations

from collections.abc import Sequence

import keras
import keras_nlp
import numpy as np

from data.corner import texts as corner_texts
from data.corner.kinds import GRADES, KINDS

MAX_PIECES = 50
BASE = {"num_layers": 12, "num_heads": 12, "hidden_dim": 768, "intermediate_dim": 3072, "max_sequence_length": 512}
VOCABULARY_SIZE = 21128  # of Chinese BERT


def titles(count: int) -> list[str]:
    """Distinct Chinese titles."""
    random = np.random.default_rng(1)
    found: dict[str, None] = {}
    while len(found) < count:
        kind = KINDS[int(random.integers(len(KINDS)))]
        grams = 250 * int(random.integers(1, 9))
        found[corner_texts.title(kind, int(random.integers(len(GRADES))), grams, "zh", random)] = None
    return list(found)


def make_preset(directory: str, corpus: Sequence[str], **sizes: int) -> None:
    """A BERT of random weights whose vocabulary has the characters of the corpus."""
    keras.utils.set_random_seed(1)
    pieces = ["[PAD]", "[CLS]", "[SEP]", "[UNK]", "[MASK]", *sorted({*"".join(corpus).lower()} - {" "})]
    pieces += ["##" + piece for piece in "0123456789.kg"]
    pieces += [f"[unused{number}]" for number in range(sizes["vocabulary_size"] - len(pieces))]
    keras_nlp.models.BertBackbone(**sizes).save_to_preset(directory)
    keras_nlp.models.BertTokenizer(vocabulary=pieces, lowercase=True).save_to_preset(directory)
