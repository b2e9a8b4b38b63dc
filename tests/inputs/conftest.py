"""The small dataset, once a module of tests."""

from __future__ import annotations

import pathlib

import pytest

from camenn_tf.dataset.dataset_info import DatasetInfo
from tests.inputs.small_dataset import write_dataset


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    return tmp_path_factory.mktemp("dataset")


@pytest.fixture(scope="module")
def info(directory: pathlib.Path) -> DatasetInfo:
    return write_dataset(directory)
