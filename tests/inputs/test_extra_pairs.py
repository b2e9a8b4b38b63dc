"""Pairs set aside for alignment training: in batches, balanced, and hard ones of one coarse class."""

from __future__ import annotations

import dataclasses
import pathlib

import numpy as np
import pytest
from ml_collections import ConfigDict

from camenn_tf.dataset.dataset_info import DatasetInfo
from camenn_tf.inputs.batch_pipeline import BatchPipeline
from camenn_tf.inputs.catalogue import Catalogue
from camenn_tf.inputs.extra_pairs import ExtraPairs
from tests.inputs.small_dataset import FakeStore, batches, small_config

ASIDE = np.array([24, 25, 26, 27])  # of 30 items; 28 has no image, 29 no text


def pipeline_with(directory: pathlib.Path, info: DatasetInfo, config: ConfigDict) -> BatchPipeline:
    catalogue = Catalogue.load(str(directory))
    split = catalogue.alignment_split.copy()
    split[24:] = "train"
    catalogue = dataclasses.replace(catalogue, alignment_split=split)
    return BatchPipeline(info, str(directory), catalogue, FakeStore(catalogue.image_group >= 0), config)


def test_every_step_brings_items_set_aside_alone(directory: pathlib.Path, info: DatasetInfo) -> None:
    config = small_config()
    config.alignment.update({"fraction": 0.0, "extra_fraction": 0.25})  # 4 of 16
    for batch in batches(pipeline_with(directory, info, config).dataset()):
        rows = batch["items_row"]
        text, image = rows[batch["alignment_text"]], rows[batch["alignment_image"]]
        assert (batch["alignment_sample"] == -1).all() and len(text) % 3 == 0 and len(text) > 0
        assert np.isin(text, ASIDE).all() and np.isin(image, ASIDE).all()
        assert ((text == image) == (batch["alignment_label"] == 1)).all()
        for task in (0, 1):  # each text and each image as often in a genuine pair as in a wrong one
            judged = np.isin(batch["alignment_task"], [task, 2])
            for side in (text, image):
                wrong, right = (np.sort(side[judged & (batch["alignment_label"] == label)]) for label in (0, 1))
                np.testing.assert_array_equal(wrong, right)


def test_replicas_share_the_extra_rows(directory: pathlib.Path, info: DatasetInfo) -> None:
    config = small_config()
    config.alignment.update({"extra_fraction": 0.25})
    pipeline = pipeline_with(directory, info, config)
    whole = batches(pipeline.dataset())[0]
    parts = [batches(pipeline.dataset(replica=replica, replicas=2))[0] for replica in (0, 1)]
    for key in ("alignment_text", "alignment_image"):
        joined = np.concatenate([part["items_row"][part[key]] for part in parts])
        np.testing.assert_array_equal(joined, whole["items_row"][whole[key]])


def test_hard_donors_are_of_the_same_coarse_class_and_another_class(directory: pathlib.Path) -> None:
    catalogue = Catalogue.load(str(directory))
    rows = np.arange(24)  # classes row % 5, coarse classes row % 2
    extra = ExtraPairs(catalogue, rows, 8, seed=3, hard_share=1.0, donors=1)
    for step in range(5):
        own, donors = extra.draw(step)
        assert donors.shape == (8, 1)
        assert (own % 2 == donors[:, 0] % 2).all() and (own % 5 != donors[:, 0] % 5).all()
        np.testing.assert_array_equal(np.sort(own), np.sort(donors[:, 0]))
    np.testing.assert_array_equal(extra.draw(2)[0], extra.draw(2)[0])


def test_half_hard_donors_leave_the_other_half_free(directory: pathlib.Path) -> None:
    extra = ExtraPairs(Catalogue.load(str(directory)), np.arange(8), 8, seed=3, hard_share=0.5, donors=2)
    own, donors = extra.draw(0)
    assert donors.shape == (len(own), 2) and (own[:, None] != donors).all()
    assert (own[:4] % 2 == donors[:4, 0] % 2).all() and (donors[:4, 0] == donors[:4, 1]).all()


def test_warm_up_has_hard_donors_too(directory: pathlib.Path, info: DatasetInfo) -> None:
    config = small_config()
    config.alignment.update({"hard_share": 1.0, "warmup_steps": 4, "warmup_batch_size": 8})
    for batch in batches(pipeline_with(directory, info, config).warmup_dataset()):
        rows = batch["items_row"]
        text, image = rows[batch["alignment_text"]], rows[batch["alignment_image"]]
        assert len(text) and (text % 2 == image % 2).all()  # coarse classes
        assert ((text % 5 == image % 5) == (batch["alignment_label"] == 1)).all()


def test_tables_without_such_items_are_refused(directory: pathlib.Path, info: DatasetInfo) -> None:
    config = small_config()
    config.alignment.extra_fraction = 0.5
    catalogue = Catalogue.load(str(directory))
    with pytest.raises(ValueError, match=r"alignment\.extra_fraction=0\.5: no row"):
        BatchPipeline(info, str(directory), catalogue, FakeStore(catalogue.image_group >= 0), config)
    without = dataclasses.replace(catalogue, coarse_group=np.full(30, -1))
    with pytest.raises(ValueError, match=r"alignment\.hard_share=0\.5: no item"):
        ExtraPairs(without, np.arange(8), 8, seed=1, hard_share=0.5, donors=1)
