"""The arrays that peers read, against the rules by which the small dataset is written."""

from __future__ import annotations

import json
import pathlib

import numpy as np
import pytest

from camenn_tf.dataset.dataset_info import load_dataset_info
from camenn_tf.errors import UserError
from experiments.peers import export
from tests.inputs.small_dataset import FakeStore, batches, small_config, small_pipeline, write_dataset


@pytest.fixture
def dataset(tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch) -> pathlib.Path:
    directory = tmp_path / "dataset"
    directory.mkdir()
    write_dataset(directory)
    monkeypatch.setattr(export.ItemStore, "open", lambda path: FakeStore(np.ones(30, bool)))
    return directory


def write(dataset: pathlib.Path, output: pathlib.Path, max_samples: int = 0) -> bool:
    return export.export(str(dataset), "", str(output), small_config(), max_samples)


def test_columns_by_the_rules(dataset: pathlib.Path, tmp_path: pathlib.Path) -> None:
    output = tmp_path / "arrays"
    assert write(dataset, output)
    assert sorted(path.name for path in output.iterdir()) == ["fields.json", "train.npz", "validation.npz"]
    arrays = np.load(output / "validation.npz")  # in order: sample s has target s % 30, s % 5 purchases, 3 are kept
    sample = np.arange(20)
    assert set(arrays) == {
        "user_id", "hour", "bought", "item_id", "shop", "hist_item_id", "hist_shop", "seq_length", "label",
    }  # fmt: skip
    np.testing.assert_array_equal(arrays["user_id"], sample % 7 + 2)
    np.testing.assert_array_equal(arrays["hour"], sample % 24)
    np.testing.assert_array_equal(arrays["bought"], sample % 4)
    np.testing.assert_array_equal(arrays["item_id"], sample + 2 + 1)
    np.testing.assert_array_equal(arrays["shop"], sample % 3 + 1)
    np.testing.assert_array_equal(arrays["label"], sample % 2)
    np.testing.assert_array_equal(arrays["seq_length"], np.minimum(sample % 5, 3))
    # sample 7 bought items 7 and 8, sample 14 bought 14 to 17 and lost the oldest
    np.testing.assert_array_equal(arrays["hist_item_id"][[0, 7, 14]], [[0, 0, 0], [10, 11, 0], [18, 19, 20]])
    np.testing.assert_array_equal(arrays["hist_shop"][7], [7 % 3 + 1, 8 % 3 + 1, 0])
    described = json.loads((output / "fields.json").read_text())
    assert described["samples"] == {"train": 100, "validation": 20}
    sizes = {field["name"]: field["size"] for field in described["fields"]}
    assert sizes == {"user_id": 32, "hour": 32, "bought": 32, "item_id": 33, "shop": 33}


def test_train_comes_in_the_order_of_our_first_epoch(dataset: pathlib.Path, tmp_path: pathlib.Path) -> None:
    assert write(dataset, tmp_path / "few", 40)
    train = np.load(tmp_path / "few" / "train.npz")
    pipeline = small_pipeline(dataset, load_dataset_info(str(dataset)), small_config(), "train", ["fields", "label"])
    seen = batches(pipeline.dataset())
    np.testing.assert_array_equal(train["user_id"], np.concatenate([batch["fields"][:, 0] for batch in seen])[:40])
    np.testing.assert_array_equal(train["label"], np.concatenate([batch["label"] for batch in seen])[:40])
    assert len(np.load(tmp_path / "few" / "validation.npz")["label"]) == 20


def test_kept_where_it_is_the_same_and_refused_where_not(dataset: pathlib.Path, tmp_path: pathlib.Path) -> None:
    output = tmp_path / "arrays"
    assert write(dataset, output, 30)
    assert not write(dataset, output, 30)
    with pytest.raises(UserError, match="arrays of other samples"):
        write(dataset, output, 31)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["arrays", "dataset"]
