from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Iterator
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from ml_collections import ConfigDict

from camenn_tf.models import MODELS, ModelSpec, flops
from experiments import step_timing as throughput

# Numbers of purchases and of text tokens with their frequencies, in the form of journey_lengths.json.
LENGTHS: dict[str, Any] = {
    "fields": {"user": 2, "context": 1, "cross": 3, "item": 2},
    "history": {"0": 1, "3": 1, "30": 2},
    "text": {"4": 1, "7": 2},
    "distinct_share": {"4": 0.8},
}
HISTORY = 10


@pytest.fixture
def plain_graphs() -> Iterator[None]:
    """Graphs as they were traced: improving them would take longer than running them once."""
    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": True})
    yield
    tf.config.optimizer.set_experimental_options({"disable_meta_optimizer": False})


@pytest.fixture
def tiny(monkeypatch: pytest.MonkeyPatch) -> None:
    """A small model instead of the paper's, and a small matmul."""
    config, spec = throughput.bench_config, throughput.bench_spec

    def small_config(history: int) -> ConfigDict:
        small = config(history)
        small.model.update(
            {"embedding_size": 8, "num_heads": 2, "num_experts": 1, "experts_per_task": 1, "dropout": 0.0}
        )
        return small

    def small_spec(lengths: dict[str, Any]) -> ModelSpec:
        return dataclasses.replace(spec(lengths), text_dim=6, text_max_length=9, image_patches=2, image_dim=5)

    monkeypatch.setattr(throughput, "bench_config", small_config)
    monkeypatch.setattr(throughput, "bench_spec", small_spec)
    monkeypatch.setattr(throughput, "MATMUL_SIZE", 32)


def test_the_batch_has_the_lengths_asked_for_and_points_at_its_own_items(tiny: None) -> None:
    spec = throughput.bench_spec(LENGTHS)
    batch = throughput.bench_batch(40, HISTORY, spec, LENGTHS)
    model = MODELS["camenn"](throughput.bench_config(HISTORY), spec)
    assert sorted(batch) == sorted(tensor.name for tensor in model.inputs)
    for tensor in model.inputs:
        assert batch[tensor.name].dtype == tensor.dtype, tensor.name
    items = len(batch["items_text_length"])
    bought = (batch["history"] > 0).sum(1)
    assert set(bought) == {0, 3, HISTORY}  # 30 purchases are cut to the history's length
    assert (np.diff((batch["history"] > 0).astype(int), axis=1) >= 0).all()  # newest last
    assert items == 1 + int(0.8 * (40 + bought.sum()))
    assert batch["items_text_length"][0] == 0
    assert not batch["items_has_image"][0]
    assert set(batch["items_text_length"][1:]) == {4, 7}
    assert batch["items_text"].shape == (items, 7, 6)
    for key in ("history", "target", "alignment_text", "alignment_image"):
        assert batch[key].min() >= (0 if key == "history" else 1)
        assert batch[key].max() < items
    assert (batch["fields"] < [field.size for field in spec.sample_fields]).all()
    assert (batch["items_fields"] < [field.size for field in spec.item_fields]).all()
    # A positive of both tasks, a foreign text and a foreign image for each sample.
    text, image, target = (batch[key] for key in ("alignment_text", "alignment_image", "target"))
    own = np.tile(target, 3)
    np.testing.assert_array_equal(text != own, batch["alignment_task"] == 0)
    np.testing.assert_array_equal(image != own, batch["alignment_task"] == 1)
    np.testing.assert_array_equal(batch["alignment_sample"], np.tile(np.arange(40), 3))


def test_products_of_the_literal_form_by_hand() -> None:
    with open(throughput.LENGTHS, encoding="utf-8") as file:
        lengths = json.load(file)
    config, spec = throughput.bench_config(10), throughput.bench_spec(lengths)
    fields, experts = sum(lengths["fields"].values()), config.model.num_experts
    length = fields + 11 * 61  # 52 text tokens and 9 patches an item
    assert length == 751  # 80 fields
    # Of 1 sample: 4 rows at the bottom, 5 (row, task) in each expert and in the towers.
    encoders = 4 + 5 * (experts + 1)
    forward = 2 * 128 * 3 * (52 * 384 + 9 * 1280) + encoders * flops.encoder_flops(np.array([length]), 128, 4)
    assert throughput.literal_flops(config, spec, samples=1, items=3) == pytest.approx(3 * forward)
    assert throughput.our_flops(config, spec, throughput.bench_batch(4, 10, spec, lengths)) < 4 * 3 * forward


def test_both_forms_train_in_turn_on_one_batch(tiny: None, plain_graphs: None, monkeypatch: pytest.MonkeyPatch) -> None:
    losses = []
    seconds = throughput.seconds

    def watched(call: Callable[[], Any]) -> float:
        def recorded() -> Any:
            losses.append(call())
            return losses[-1]

        return seconds(recorded)

    monkeypatch.setattr(throughput, "seconds", watched)
    figures = throughput.compare(LENGTHS, samples=2, repetitions=1)
    # Ours, ours, the literal form and two matmuls to warm up; then the literal form and ours, a matmul after each.
    steps = [float(losses[place]) for place in (0, 1, 2, 5, 7)]
    assert len(losses) == 9
    assert (np.diff(steps) < 0).all(), steps
    assert all(np.isfinite(value) and value > 0 for value in figures.values())
    assert figures["ratio"] == pytest.approx(figures["literal_seconds"] / figures["our_seconds"])
    assert figures["our_share"] * figures["our_seconds"] < figures["literal_share"] * figures["literal_seconds"]
