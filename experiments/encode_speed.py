"""How fast texts are encoded, beside plain `predict` of keras_nlp: python -m experiments.encode_speed --output=FILE.

Both run the same BERT of the base's size (12 layers, 768, random weights) over the same Chinese titles of the embedded
store, in turns in one process, about two minutes on one core. Plain: float32 `predict` of the backbone on pieces
padded to 52, as a preprocessor for at most 50 pieces makes them. Ours: what a worker of `camenn_tf.encode` does with
a shard, in the precision that `encode.precision=auto` chooses here. Tokenizing counts for both.
"""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Callable, Sequence
from typing import Any

import keras_nlp
import numpy as np
from absl import flags

from camenn_tf.encoders.encode_texts import by_length, encode_batches
from camenn_tf.encoders.keras_nlp_text import KerasNlpText
from camenn_tf.encoders.precision import choose_precision, run_in_bfloat16
from camenn_tf.flags import run_main
from experiments.base_bert import BASE, MAX_PIECES, VOCABULARY_SIZE, make_preset, titles
from experiments.steps import write_result

_TITLES = flags.DEFINE_integer("titles", 50, "Titles to encode.", lower_bound=2)
_REPETITIONS = flags.DEFINE_integer("repetitions", 3, "Counted runs of each; the fastest counts.", lower_bound=1)
_BATCH = flags.DEFINE_integer("batch_size", 16, "Texts at a time, of both.", lower_bound=1)
_OUTPUT = flags.DEFINE_string("output", "", "JSON file for the figures.")


def measure(preset: str, corpus: Sequence[str], batch_size: int, repetitions: int) -> dict[str, Any]:
    """Items a second of both ways, and how near their states are."""
    encoder = KerasNlpText(preset, MAX_PIECES)
    precision = choose_precision("auto", encoder)
    if precision == "bfloat16":
        run_in_bfloat16(encoder.model)
    backbone = keras_nlp.models.Backbone.from_preset(preset, dtype="float32")
    preprocessor = keras_nlp.models.BertTextClassifierPreprocessor(
        keras_nlp.models.BertTokenizer.from_preset(preset), sequence_length=MAX_PIECES + 2
    )

    def plain() -> np.ndarray:
        states: np.ndarray = backbone.predict(preprocessor(list(corpus)), batch_size, verbose=0)["sequence_output"]
        return states

    def ours() -> dict[str, np.ndarray]:
        ordered = by_length(encoder, corpus)
        batches = encode_batches(encoder, ordered, batch_size, "float32", range(len(ordered)))
        return dict(zip(ordered, (values for batch in batches for values in batch), strict=True))

    theirs, own = plain(), ours()  # also traces both
    cosines = np.concatenate(
        [_cosines(states[: len(own[t])], own[t]) for t, states in zip(corpus, theirs, strict=True)]
    )
    plain_seconds, own_seconds = [], []
    for _ in range(repetitions):
        plain_seconds.append(_seconds(plain))
        own_seconds.append(_seconds(ours))
    return {
        "items": len(corpus),
        "tokens_mean": float(np.mean([len(states) for states in own.values()])),
        "tokens_most": max(len(states) for states in own.values()),
        "batch_size": batch_size,
        "precision": precision,
        "plain_per_second": len(corpus) / min(plain_seconds),
        "ours_per_second": len(corpus) / min(own_seconds),
        "ratio": min(plain_seconds) / min(own_seconds),
        "cosine_mean": float(cosines.mean()),
        "cosine_least": float(cosines.min()),
    }


def _seconds(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def _cosines(one: np.ndarray, two: np.ndarray) -> np.ndarray:
    return (one * two).sum(-1) / (np.linalg.norm(one, axis=-1) * np.linalg.norm(two, axis=-1))


def main(_: Sequence[str]) -> None:
    """Makes the network, measures, prints, and writes the figures."""
    corpus = titles(_TITLES.value)
    with tempfile.TemporaryDirectory() as directory:
        preset = os.path.join(directory, "bert")
        make_preset(preset, corpus, vocabulary_size=VOCABULARY_SIZE, **BASE)
        figures = measure(preset, corpus, _BATCH.value, _REPETITIONS.value)
    if _OUTPUT.value:
        write_result(_OUTPUT.value, figures)
    for key, value in figures.items():
        print(f"{key}: {value:.6g}" if isinstance(value, float) else f"{key}: {value}")


if __name__ == "__main__":
    run_main(main)
