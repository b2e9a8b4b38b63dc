"""The requests that latency is measured with."""

from __future__ import annotations

from typing import Any

import numpy as np
import tensorflow as tf

from experiments.serving_latency import make_requests

FLOAT, TEXT = "float32", "string"
INPUTS: dict[str, dict[str, Any]] = {
    "history_item_ids": {"dtype": TEXT, "shape": [None]},
    "candidate_item_ids": {"dtype": TEXT, "shape": [None]},
    "age": {"dtype": FLOAT, "shape": "any"},
    "weather": {"dtype": TEXT, "shape": "any"},
    "seen": {"dtype": FLOAT, "shape": [None]},
    "shelf": {"dtype": TEXT, "shape": [None]},
}


def test_requests_have_every_input_of_rank_and_nothing_else() -> None:
    description = {"history_length": 3, "inputs": {"rank": INPUTS, "align": {"texts": {}}}}
    requests = make_requests(description, ["apple", "bread", "chai"], candidates=4, count=2)
    assert len(requests) == 2
    for request in requests:
        assert set(request) == set(INPUTS)
        lengths = {name: len(values) for name, values in request.items()}
        assert lengths == {
            "history_item_ids": 3,
            "candidate_item_ids": 4,
            "age": 1,
            "weather": 1,
            "seen": 4,
            "shelf": 4,
        }
        for name, values in request.items():
            assert values.dtype == tf.as_dtype(INPUTS[name]["dtype"]), name
        for name in ("history_item_ids", "candidate_item_ids"):
            assert set(request[name].numpy()) <= {b"apple", b"bread", b"chai"}
        assert np.isnan(request["age"]).all() and np.isnan(request["seen"]).all()
        assert set(request["weather"].numpy()) == set(request["shelf"].numpy()) == {b""}


def test_requests_differ_and_are_the_same_each_time() -> None:
    description = {"history_length": 5, "inputs": {"rank": INPUTS}}
    items = [f"item {number}" for number in range(50)]
    ours, again = (make_requests(description, items, candidates=20, count=2) for _ in range(2))
    names = ("history_item_ids", "candidate_item_ids")
    for one, other in zip(ours, again, strict=True):
        assert all((one[name].numpy() == other[name].numpy()).all() for name in names)
    assert (ours[0]["candidate_item_ids"].numpy() != ours[1]["candidate_item_ids"].numpy()).any()
