"""The truth of another store is told by its items: their ids are the same in all of them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from camenn_tf.errors import UserError
from camenn_tf.evaluation.truth import Truth, load_truth
from data.corner.store import write_store
from data.corner.store_settings import StoreSettings

SEEDS = (3, 4)


@pytest.fixture(scope="module")
def stores(tmp_path_factory: pytest.TempPathFactory) -> dict[int, Path]:
    directory = tmp_path_factory.mktemp("stores")
    for seed in SEEDS:
        settings = StoreSettings(seed, items=70, shops=5, users=30, days=5, sessions_a_day=8, test_days=1)
        write_store(str(directory / str(seed)), settings)
    return {seed: directory / str(seed) for seed in SEEDS}


def of_store(store: Path, item_ids: list[str]) -> tuple[Truth, np.ndarray, np.ndarray]:
    """Truth, sample numbers and rows of their items in a catalogue of this order."""
    events = pq.read_table(store / "events.parquet")
    sample = np.flatnonzero(events["history_only"].to_numpy(zero_copy_only=False) == 0)
    target = np.array([item_ids.index(item) for item in events["item_id"].to_pylist()])[sample]
    return load_truth(str(store / "truth"), item_ids), sample, target


def test_the_truth_of_another_store_is_refused(stores: dict[int, Path]) -> None:
    item_ids = pq.read_table(stores[3] / "items.parquet")["item_id"].to_pylist()[::-1]
    (truth, sample, target), (other, *_) = (of_store(stores[seed], item_ids) for seed in SEEDS)
    expected = pq.read_table(stores[3] / "truth" / "events.parquet")["probability"].to_numpy()[sample]
    assert truth.probability_of(sample, target).tolist() == expected.tolist()
    message = (
        rf"another item in events\.parquet, row {sample[0] + 1}, than sample {sample[0]} \({{}} of 50 .*\(--truth\)"
    )
    with pytest.raises(UserError, match=message.format(r"\d\d")):
        other.probability_of(sample[:50], target[:50])
    target[0] = (target[0] + 1) % len(item_ids)
    with pytest.raises(UserError, match=message.format("1")):
        truth.probability_of(sample[:50], target[:50])
    assert len(truth.probability_of(sample[:0], target[:0])) == 0


def test_a_truth_that_does_not_tell_items_apart_is_read(tmp_path: Path) -> None:
    pq.write_table(pa.table({"item_id": ["b", "a"], "dirty": [True, False]}), tmp_path / "items.parquet")
    pq.write_table(pa.table({"probability": [0.25, 0.5], "price_level": [1.0, 2.0]}), tmp_path / "events.parquet")
    truth = load_truth(str(tmp_path), ["a", "b"])
    assert truth.probability_of(np.array([1]), np.array([0])).tolist() == [0.5]
