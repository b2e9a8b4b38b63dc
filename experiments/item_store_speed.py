"""How fast an item store opens and gathers: python -m experiments.item_store_speed --output=FILE (under a minute).

Writes made-up features of 100,000 items into a temporary directory (12 text tokens of 384, 9 patches of 256, float16,
1.4 GB), opens them and gathers 512 items at a time. The first time the rows' pages are new to the process, though they
were just written; the second time they are warm.
"""

from __future__ import annotations

import functools
import os
import tempfile
import time
from collections.abc import Callable, Sequence

import numpy as np
from absl import flags

from camenn_tf.encoders import item_store_files as files
from camenn_tf.encoders.features_info import FeaturesInfo, ImageFeatures, TextFeatures
from camenn_tf.encoders.item_store_writer import write_index
from camenn_tf.flags import run_main
from camenn_tf.inputs.item_store import ItemStore
from experiments.steps import write_result

_ITEMS = flags.DEFINE_integer("items", 100_000, "Items of the store.", lower_bound=1)
_GATHER = flags.DEFINE_integer("gather", 512, "Items gathered at a time.", lower_bound=1)
_REPETITIONS = flags.DEFINE_integer("repetitions", 21, "Counted calls.", lower_bound=1)
_OUTPUT = flags.DEFINE_string("output", "", "JSON file for the figures.")

TOKENS, TEXT_DIM, PATCHES, IMAGE_DIM = 12, 384, 9, 256
SHARD_ITEMS = 65536


def write_store(directory: str, items: int) -> None:
    """A store of items that all have a text and an image of their own."""
    sizes = tuple(min(SHARD_ITEMS, items - first) for first in range(0, items, SHARD_ITEMS))
    random = np.random.default_rng(1)
    for number, size in enumerate(sizes):
        for name, shape in (
            (files.text_shard(number), (size * TOKENS, TEXT_DIM)),
            (files.image_shard(number), (size, PATCHES, IMAGE_DIM)),
        ):
            out = np.lib.format.open_memmap(os.path.join(directory, name), "w+", np.float16, shape)
            for first in range(0, shape[0], 4096):
                part = out[first : first + 4096]
                part[...] = random.random(part.shape, np.float32)
            out.flush()
            del out
    write_index(directory, np.full(items, TOKENS), np.arange(items), np.arange(items))
    text = TextFeatures("states", TEXT_DIM, TOKENS, {"name": "made up"}, "made up", sizes)
    image = ImageFeatures("features", PATCHES, IMAGE_DIM, (1, 1, 3), {"name": "made up"}, "made up", sizes)
    FeaturesInfo(items, "made up", "made up", "made up", "float16", text, image).save(directory)


def measure(directory: str, count: int, repetitions: int) -> dict[str, float]:
    """Milliseconds to open the store and to gather random and neighbouring rows, and the memory that opening takes."""
    _open_milliseconds(directory)  # imports and the file system's own first steps
    before = _own_megabytes()
    opened = _open_milliseconds(directory)
    store = ItemStore.open(directory)
    memory = _own_megabytes() - before
    random = np.random.default_rng(2)
    rows = [random.integers(0, len(store), count) for _ in range(repetitions)]
    first = [_milliseconds(functools.partial(store.gather, chosen)) for chosen in rows]
    gathered = [_milliseconds(functools.partial(store.gather, chosen)) for chosen in rows]
    return {
        "items": len(store),
        "gathered": count,
        "open_ms": opened,
        "open_megabytes": memory,
        "first_gather_ms_median": float(np.median(first)),
        "gather_ms_median": float(np.median(gathered)),
        "gather_ms_worst": max(gathered),
    }


def _open_milliseconds(directory: str) -> float:
    return _milliseconds(lambda: ItemStore.open(directory))


def _milliseconds(call: Callable[[], object]) -> float:
    started = time.perf_counter()
    call()
    return 1e3 * (time.perf_counter() - started)


def _own_megabytes() -> float:
    """Memory of this process that is not pages of files."""
    with open("/proc/self/status", encoding="utf-8") as file:
        line = next(line for line in file if line.startswith("RssAnon"))
    return int(line.split()[1]) / 1e3


def main(_: Sequence[str]) -> None:
    """Makes the store, measures, prints, and writes the figures."""
    with tempfile.TemporaryDirectory() as directory:
        write_store(directory, _ITEMS.value)
        figures = measure(directory, _GATHER.value, _REPETITIONS.value)
    if _OUTPUT.value:
        write_result(_OUTPUT.value, figures)
    print("  ".join(f"{key}={value:.4g}" for key, value in figures.items()))


if __name__ == "__main__":
    run_main(main)
