"""Items a second and bytes an item of pretrained encoders on one core: python -m experiments.encode_cost --output=FILE.

The paper's pair (BERT of the base's size and InceptionV4, random weights: as fast as trained ones) and the offline pair
(MiniLM and EfficientNet-Lite0 from `data.offline_encoders`), each as a worker of `camenn_tf.encode` runs it: tokenizing
or decoding, 3 x 3 patches, float16. Texts are the embedded store's Chinese titles, pictures are made-up JPEG files of
GroceryStoreDataset's size. About four minutes. RESULTS.md says what that means for catalogues of any size.
"""

from __future__ import annotations

import io
import os
import tempfile
import time
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import tensorflow as tf
from absl import flags
from PIL import Image
from tensorflow.python.framework.convert_to_constants import convert_variables_to_constants_v2

from camenn_tf.encoders.encode_texts import by_length, encode_batches
from camenn_tf.encoders.image_encoder import ImageEncoder
from camenn_tf.encoders.inception_v4_image import InceptionV4Image
from camenn_tf.encoders.keras_nlp_text import KerasNlpText
from camenn_tf.encoders.precision import choose_precision, run_in_bfloat16
from camenn_tf.encoders.text_encoder import TextEncoder
from camenn_tf.encoders.tfhub_image import TfHubImage
from camenn_tf.flags import run_main
from data.offline.build import write_encoders
from experiments.base_bert import BASE, MAX_PIECES, VOCABULARY_SIZE, make_preset, titles
from experiments.steps import write_result

_TITLES = flags.DEFINE_integer("titles", 200, "Titles to encode.", lower_bound=2)
_PICTURES = flags.DEFINE_integer("pictures", 8, "Pictures to encode.", lower_bound=1)
_OUTPUT = flags.DEFINE_string("output", "", "JSON file for the figures.")

GRID, BATCH, SIZE = 3, 64, (464, 348)


def text_cost(encoder: TextEncoder, corpus: Sequence[str]) -> dict[str, Any]:
    """Texts a second, and the bytes and products of one."""
    precision = choose_precision("auto", encoder)
    if precision == "bfloat16":
        run_in_bfloat16(encoder.model)
    ordered = by_length(encoder, corpus)

    def run() -> list[np.ndarray]:
        batches = encode_batches(encoder, ordered, BATCH, "float16", range(len(ordered)))
        return [values for batch in batches for values in batch]

    states = run()  # also traces
    seconds = _seconds(run)
    tokens = float(np.mean([len(part) for part in states]))
    size = sum(part.nbytes for part in states) / len(states)
    return {"per_second": len(corpus) / seconds, "bytes": size, "precision": precision, "tokens": tokens}


def picture_cost(encoder: ImageEncoder, pictures: Sequence[bytes]) -> dict[str, Any]:
    """Pictures a second, and the bytes and floating-point operations of one."""
    encoder.encode(pictures)  # traces
    seconds = _seconds(lambda: encoder.encode(pictures))
    size = encoder.patches * encoder.dim * np.dtype(np.float16).itemsize
    return {"per_second": len(pictures) / seconds, "bytes": size, "gflops": _operations(encoder) / 1e9}


def _operations(encoder: ImageEncoder) -> float:
    """Floating-point operations of one picture, counted in the network's graph."""
    spec = tf.TensorSpec([1, encoder.patches, *encoder.patch_shape], tf.uint8)
    traced = tf.function(lambda pixels: encoder.model(pixels, training=False)).get_concrete_function(spec)
    graph = convert_variables_to_constants_v2(traced).graph
    options = tf.compat.v1.profiler.ProfileOptionBuilder(
        tf.compat.v1.profiler.ProfileOptionBuilder.float_operation()
    ).with_empty_output()
    counted = tf.compat.v1.profiler.profile(graph, options=options.build())
    return float(counted.total_float_ops)


def made_up_pictures(count: int) -> list[bytes]:
    """JPEG files of smooth colours with some noise."""
    random = np.random.default_rng(1)
    files = []
    for _ in range(count):
        small = Image.fromarray(random.integers(0, 256, (12, 9, 3), dtype=np.uint8))
        pixels = np.asarray(small.resize(SIZE, Image.Resampling.BICUBIC), np.int16)
        noisy = np.clip(pixels + random.integers(-8, 9, pixels.shape), 0, 255).astype(np.uint8)
        file = io.BytesIO()
        Image.fromarray(noisy).save(file, "JPEG", quality=90)
        files.append(file.getvalue())
    return files


def _seconds(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return time.perf_counter() - started


def measure(texts: int, pictures: int) -> dict[str, Any]:
    """The four encoders one after the other."""
    corpus, files = titles(texts), made_up_pictures(pictures)
    with tempfile.TemporaryDirectory() as directory:
        base = os.path.join(directory, "base")
        make_preset(base, corpus, vocabulary_size=VOCABULARY_SIZE, **BASE)
        write_encoders(directory)
        network = f"tfhub:{os.path.join(directory, 'efficientnet_lite0')}"
        return {
            "paper": {
                "text": text_cost(KerasNlpText(base, MAX_PIECES), corpus),
                "image": picture_cost(InceptionV4Image(GRID, 0), files),
            },
            "offline": {
                "text": text_cost(KerasNlpText(os.path.join(directory, "minilm"), MAX_PIECES), corpus),
                "image": picture_cost(TfHubImage(network, GRID, 0), files),
            },
        }


def main(_: Sequence[str]) -> None:
    """Measures on one core, prints, and writes the figures."""
    os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})  # before TensorFlow makes its threads
    figures = measure(_TITLES.value, _PICTURES.value)
    for pair, sides in figures.items():
        for side, cost in sides.items():
            print(f"{pair} {side}: " + "  ".join(f"{key}={value}" for key, value in cost.items()))
    if _OUTPUT.value:
        write_result(_OUTPUT.value, figures)


if __name__ == "__main__":
    run_main(main)
