"""A model's history may be shorter than the dataset's, not longer."""

from __future__ import annotations

import dataclasses
import pathlib

import pytest

from camenn_tf.dataset.dataset_info import DatasetInfo
from camenn_tf.errors import UserError
from camenn_tf.inputs.history_length import check_history_length
from tests.inputs.small_dataset import small_config, small_pipeline


def test_slots_that_the_dataset_never_fills_are_refused(directory: pathlib.Path, info: DatasetInfo) -> None:
    config = small_config()
    for length in (1, info.history_length):
        config.model.history_length = length
        assert small_pipeline(directory, info, config).element_spec["history"].shape[1] == length
    config.model.history_length = 7
    with pytest.raises(UserError, match=r"model.history_length=7: the dataset keeps 4 .*=4.*prepare.history_length=7"):
        small_pipeline(directory, info, config)
    # a model that reads no history has no slots
    assert "target" in small_pipeline(directory, info, config, keys=["target"]).element_spec


def test_as_long_is_fine(info: DatasetInfo) -> None:
    check_history_length(info.history_length, info)
    with pytest.raises(UserError, match=r"model.history_length=4: the dataset keeps 3"):
        check_history_length(4, dataclasses.replace(info, history_length=3))
