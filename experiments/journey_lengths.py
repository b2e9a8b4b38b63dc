"""Measures the row lengths that experiments.throughput draws: from a prepared and encoded Complete Journey.

python -m experiments.journey_lengths --dataset=DIR --features=DIR
"""

from __future__ import annotations

import collections
import json
from collections.abc import Sequence

import numpy as np
import tensorflow as tf
from absl import flags

from camenn_tf.dataset.dataset_info import load_dataset_info
from camenn_tf.flags import run_main
from camenn_tf.inputs.item_store import ItemStore
from experiments.reference_rows import read_split
from experiments.step_timing import LENGTHS
from experiments.steps import write_text

_DATASET = flags.DEFINE_string("dataset", None, "Prepared dataset.", required=True)
_FEATURES = flags.DEFINE_string("features", None, "Its encoded items.", required=True)

SIZES = (4, 8, 16, 32, 64, 128, 256)  # batches among which the share of distinct items is counted


def main(_: Sequence[str]) -> None:
    """Counts, and writes the lengths that `make bench` draws its batches from."""
    info = load_dataset_info(_DATASET.value)
    records = read_split(_DATASET.value, info, "train")
    rows = np.arange(info.catalogue_items)
    text_length = ItemStore.open(_FEATURES.value).gather(rows).text_length
    files = [f"{_DATASET.value}/{name}" for name, _ in info.splits["train"].shards]
    spec = {"history": tf.io.VarLenFeature(tf.int64)}
    lengths: collections.Counter[int] = collections.Counter()
    shares: dict[int, list[float]] = {size: [] for size in SIZES}
    for batch in tf.data.TFRecordDataset(files).batch(max(SIZES)).take(200):
        history = tf.sparse.to_dense(tf.io.parse_example(batch, spec)["history"], default_value=-1).numpy()
        counts = (history >= 0).sum(1)
        lengths.update(int(count) for count in counts)
        for size in SIZES:
            some = history[:size][history[:size] >= 0]
            shares[size].append(len(np.unique(some)) / max(len(some), 1))
    texts = collections.Counter(int(text_length[row]) for row in records["target"])
    groups = collections.Counter(field.group for field in info.schema.fields)
    measured = {
        "fields": {group: groups[group] for group in ("user", "context", "cross", "item")},
        "history": {str(key): lengths[key] for key in sorted(lengths)},
        "text": {str(key): texts[key] for key in sorted(texts)},
        "distinct_share": {str(size): round(float(np.mean(values)), 3) for size, values in shares.items()},
    }
    write_text(LENGTHS, json.dumps(measured, indent=1) + "\n")


if __name__ == "__main__":
    run_main(main)
