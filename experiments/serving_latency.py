"""Milliseconds that an exported model takes to rank candidates.

    python -m experiments.serving_latency --model=MODEL/1 --item_ids=FILE

Asks `rank` for one made-up user of the longest history and a number of catalogue items, a request at a time, as a
server would, and prints the median and the 95th percentile.
"""

from __future__ import annotations

import json
import os
import time
from collections.abc import Sequence
from typing import Any

import numpy as np
import tensorflow as tf
import tensorflow_text  # noqa: F401 (registers the tokenizer's operations)
from absl import flags

from camenn_tf.flags import run_main

_MODEL = flags.DEFINE_string("model", None, "Version directory, made by camenn_tf.export.", required=True)
_ITEMS = flags.DEFINE_string("item_ids", None, "File with one item id a line; those are ranked.", required=True)
_CANDIDATES = flags.DEFINE_integer("candidates", 100, "Candidates a request.", lower_bound=1)
_REQUESTS = flags.DEFINE_integer("requests", 50, "Requests to time.", lower_bound=1)


def make_requests(description: dict[str, Any], item_ids: Sequence[str], candidates: int, count: int) -> list[Any]:
    """Requests of the `rank` signature whose fields are all missing; items are drawn from `item_ids`."""
    random = np.random.default_rng(1)
    requests = []
    for _ in range(count):
        request = {
            "history_item_ids": tf.constant(random.choice(item_ids, description["history_length"])),
            "candidate_item_ids": tf.constant(random.choice(item_ids, candidates)),
        }
        for name, spec in description["inputs"]["rank"].items():
            if name not in request:
                missing = float("nan") if spec["dtype"] == "float32" else ""
                request[name] = tf.constant([missing] * (1 if spec["shape"] == "any" else candidates))
        requests.append(request)
    return requests


def main(_: Sequence[str]) -> None:
    """Loads the model, warms it up and times the requests."""
    with open(os.path.join(_MODEL.value, "assets.extra", "signatures.json"), encoding="utf-8") as file:
        description = json.load(file)
    with open(_ITEMS.value, encoding="utf-8") as file:
        item_ids = file.read().splitlines()
    served = tf.saved_model.load(_MODEL.value)
    requests = make_requests(description, item_ids, _CANDIDATES.value, _REQUESTS.value)
    for request in requests[:3]:
        served.signatures["rank"](**request)
    took = []
    for request in requests:
        started = time.perf_counter()
        served.signatures["rank"](**request)["cvr"].numpy()
        took.append(1e3 * (time.perf_counter() - started))
    median, late = np.percentile(took, [50, 95])
    print(f"{_CANDIDATES.value} candidates: median {median:.1f} ms, 95th percentile {late:.1f} ms")


if __name__ == "__main__":
    run_main(main)
