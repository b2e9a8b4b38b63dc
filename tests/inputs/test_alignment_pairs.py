"""Pairs on which alignment is judged: unseen items, and nothing to be had from the text or the image alone."""

from __future__ import annotations

import dataclasses
import pathlib

import numpy as np

from camenn_tf.dataset.dataset_info import DatasetInfo
from camenn_tf.inputs.alignment_pairs import AlignmentPairs, alignment_batches, alignment_pairs, targets
from tests.inputs.small_dataset import small_config, small_pipeline


def assert_nothing_to_be_had_from_one_side(pairs: AlignmentPairs, items: set[int]) -> None:
    for side in (pairs.text_rows, pairs.image_rows):
        for label in (0, 1):
            assert sorted(side[pairs.label == label]) == sorted(items)
    same = pairs.text_rows == pairs.image_rows
    assert same.tolist() == pairs.label.astype(bool).tolist()
    assert (pairs.text_rows % 5 != pairs.image_rows % 5)[~same].all()  # classes


def test_unseen_targets_are_judged(directory: pathlib.Path, info: DatasetInfo) -> None:
    # items 24 to 29 do not occur in train, 28 has no image, 29 no text; validation's samples end with item 19
    pipeline = small_pipeline(directory, info, small_config(), "test")
    pairs = alignment_pairs(pipeline)
    assert_nothing_to_be_had_from_one_side(pairs, {24, 25, 26, 27})
    again = alignment_pairs(pipeline)
    np.testing.assert_array_equal(pairs.text_rows, again.text_rows)
    assert targets(str(directory), info.splits["validation"]).tolist() == list(range(20))
    assert alignment_pairs(small_pipeline(directory, info, small_config(), "validation")).label.size == 0


def test_a_good_listed_again_is_not_unseen(directory: pathlib.Path, info: DatasetInfo) -> None:
    pipeline = small_pipeline(directory, info, small_config(), "test")
    text, image = pipeline.catalogue.text_group.copy(), pipeline.catalogue.image_group.copy()
    text[24], image[24] = text[0], image[0]  # item 0 is of train
    text[25], image[26] = text[0], image[0]  # one side alone is not the pair
    pipeline.catalogue = dataclasses.replace(pipeline.catalogue, text_group=text, image_group=image)
    assert set(alignment_pairs(pipeline).text_rows) == {25, 26, 27}


def test_items_set_aside_win_and_may_be_narrowed(directory: pathlib.Path, info: DatasetInfo) -> None:
    pipeline = small_pipeline(directory, info, small_config(), "validation")
    aside = np.where(np.arange(30) < 12, "validation", "").astype(object)
    pipeline.catalogue = dataclasses.replace(pipeline.catalogue, alignment_split=aside)
    complete = set(range(12)) - {5, 8, 9}
    assert_nothing_to_be_had_from_one_side(alignment_pairs(pipeline), complete)
    even = alignment_pairs(pipeline, np.arange(30) % 2 == 0)
    assert_nothing_to_be_had_from_one_side(even, {number for number in complete if number % 2 == 0})


def test_donors_may_be_of_the_same_coarse_class(directory: pathlib.Path, info: DatasetInfo) -> None:
    pipeline = small_pipeline(directory, info, small_config(), "validation")
    aside = np.where((np.arange(30) < 12) | (np.arange(30) == 16), "validation", "").astype(object)
    pipeline.catalogue = dataclasses.replace(pipeline.catalogue, alignment_split=aside)
    pairs = alignment_pairs(pipeline, same_coarse_class=True)
    assert_nothing_to_be_had_from_one_side(pairs, ({*range(12)} | {16}) - {5, 8, 9})
    assert (pairs.text_rows % 2 == pairs.image_rows % 2).all()  # coarse classes
    coarse = np.where(np.arange(30) == 2, 7, -1)  # nobody else is of item 2's class, and the others have none
    pipeline.catalogue = dataclasses.replace(pipeline.catalogue, coarse_group=coarse)
    assert alignment_pairs(pipeline, same_coarse_class=True).label.size == 0


def test_batches_hold_the_pairs_in_order(directory: pathlib.Path, info: DatasetInfo) -> None:
    pipeline = small_pipeline(directory, info, small_config(), "test")
    pairs = alignment_pairs(pipeline)
    dataset = alignment_batches(pairs, pipeline, batch_size=3)
    assert dataset.element_spec == pipeline.element_spec and dataset.options().autotune.enabled is False
    made = list(dataset.as_numpy_iterator())
    assert [batch["alignment_label"].size for batch in made] == [3, 3, 2]
    for side, rows in (("alignment_text", pairs.text_rows), ("alignment_image", pairs.image_rows)):
        np.testing.assert_array_equal(np.concatenate([batch["items_row"][batch[side]] for batch in made]), rows)
    for batch in made:
        assert batch["label"].size == batch["target"].size == 0
        assert set(batch["alignment_sample"]) == {-1} and set(batch["alignment_task"]) == {2}
        assert set(batch["alignment_weight"]) == {1}
        assert batch["items_row"][0] == -1 and batch["items_text"].shape[0] == batch["items_row"].size
