"""Alignment rows of batches: whose they are, in training and in warm-up, and that frequency tells nothing."""

from __future__ import annotations

import pathlib

import numpy as np
import pytest

from camenn_tf.dataset.dataset_info import DatasetInfo
from camenn_tf.metrics import auc
from tests.inputs.small_dataset import (
    batches,
    small_config,
    small_pipeline,
)


def test_alignment_rows_are_of_the_chosen_samples(directory: pathlib.Path, info: DatasetInfo) -> None:
    pipeline = small_pipeline(directory, info, small_config())
    alone: list[bool] = []
    positives = 0
    for batch in batches(pipeline.dataset(0)) + batches(pipeline.dataset(1)):
        rows, sample = batch["items_row"], batch["alignment_sample"]
        text, image = rows[batch["alignment_text"]], rows[batch["alignment_image"]]
        task, label = batch["alignment_task"], batch["alignment_label"]
        for item in (
            text,
            image,
        ):  # items without text (9, 19) or readable image (5, 8, 18) are neither target nor donor
            assert not np.isin(item, [-1, 5, 8, 9, 18, 19]).any()
        assert task.reshape(-1, 3).tolist() == [[2, 0, 1]] * (len(task) // 3)
        assert label.reshape(-1, 3).tolist() == [[1, 0, 0]] * (len(task) // 3)
        assert (text == image).tolist() == label.astype(bool).tolist()
        assert (text % 5 != image % 5).tolist() == (label == 0).tolist()  # classes
        own = np.where(task == 0, image, text)  # what is not the donor's is the sample's
        target = rows[batch["target"]][sample]
        assert (own == target)[sample >= 0].all()
        assert batch["weight"][sample[sample >= 0]].all()
        alone += [bool(one) for one in sample[::3] < 0]
        assert ((sample < 0).reshape(-1, 3).any(axis=1) == (sample < 0).reshape(-1, 3).all(axis=1)).all()
        positives += int(label.sum())
    # 158 of 200 samples have a complete target, half of them are chosen, few lack a donor; half of these are alone
    assert 70 <= positives <= 79 + 7
    assert 0.3 < np.mean(alone) < 0.7


def test_warmup_shows_every_item_once_a_pass(directory: pathlib.Path, info: DatasetInfo) -> None:
    config = small_config()
    config.alignment.warmup_steps = 6
    config.alignment.warmup_batch_size = 6
    pipeline = small_pipeline(directory, info, config)
    own: list[int] = []
    for batch in batches(pipeline.warmup_dataset()):
        assert batch["label"].shape == batch["target"].shape == (0,)
        assert batch["fields"].shape == (0, 3) and batch["history"].shape == (0, 3)
        assert (batch["alignment_sample"] == -1).all()
        own += batch["items_row"][batch["alignment_text"][batch["alignment_label"] == 1]].tolist()
    complete = set(range(24)) - {5, 8, 9, 18, 19}  # 19 items: 36 targets are a pass and 17 of the next
    counts = np.bincount(own, minlength=24)
    assert set(np.flatnonzero(counts)) <= complete
    assert counts.max() <= 2 and len(own) >= 34  # a class that fills more than half of a step loses rows


def test_item_frequency_in_batches_says_nothing(directory: pathlib.Path, info: DatasetInfo) -> None:
    config = small_config()
    config.alignment.fraction = 1.0
    keys = ["items_row", "alignment_text", "alignment_image", "alignment_label", "alignment_task"]
    pipeline = small_pipeline(directory, info, config, keys=keys)
    made = [batch for epoch in range(3) for batch in batches(pipeline.dataset(epoch))]
    task = np.concatenate([batch["alignment_task"] for batch in made])
    label = np.concatenate([batch["alignment_label"] for batch in made])
    for side in ("alignment_text", "alignment_image"):
        rows = np.concatenate([batch["items_row"][batch[side]] for batch in made])
        for one in (0, 1):
            judged = (task == one) | (task == 2)
            frequency = np.bincount(rows[judged & (label == 1)], minlength=30)[rows[judged]]
            assert auc(label[judged], frequency.astype(float)) == pytest.approx(0.5, abs=0.02)


@pytest.mark.parametrize(("name", "value"), [("fraction", 1.5), ("context_dropout", -0.1), ("donors", 0)])
def test_impossible_shares_are_refused(directory: pathlib.Path, info: DatasetInfo, name: str, value: float) -> None:
    config = small_config()
    config.alignment[name] = value
    with pytest.raises(ValueError, match=rf"alignment\.{name} is {value}"):
        small_pipeline(directory, info, config)
