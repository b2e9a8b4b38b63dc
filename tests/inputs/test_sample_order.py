"""The order of records: every one once an epoch, another order each epoch, any step reached directly."""

from __future__ import annotations

import dataclasses
import os
import pathlib

import numpy as np
import pytest
import tensorflow as tf

from camenn_tf.dataset.dataset_info import SplitInfo
from camenn_tf.inputs.sample_order import SampleOrder

SHARDS = (("a.tfrecord", 40), ("b.tfrecord", 40), ("c.tfrecord", 23))


@pytest.fixture(scope="module")
def directory(tmp_path_factory: pytest.TempPathFactory) -> str:
    path: pathlib.Path = tmp_path_factory.mktemp("records")
    first = 0
    for name, count in SHARDS:
        with tf.io.TFRecordWriter(os.fspath(path / name)) as writer:
            for number in range(first, first + count):
                writer.write(str(number).encode())
        first += count
    return os.fspath(path)


def split() -> SplitInfo:
    return SplitInfo(samples=103, positives=0, first_timestamp=0, last_timestamp=0, shards=SHARDS)


def read(
    directory: str, buffer: int, epoch: int = 0, start_step: int = 0, seed: int = 1
) -> list[tuple[int, list[int]]]:
    order = SampleOrder(directory, split(), 8, buffer, seed)
    return [
        (int(step), [int(record) for record in records])
        for step, records in order.batches(epoch, start_step).as_numpy_iterator()
    ]


def test_unshuffled_records_come_as_they_are_stored(directory: str) -> None:
    assert read(directory, 0) == [(step, list(range(8 * step, min(8 * step + 8, 103)))) for step in range(13)]


@pytest.mark.parametrize("buffer", [1, 20, 5000])
def test_shuffled_epochs_have_every_record_once_and_orders_of_their_own(directory: str, buffer: int) -> None:
    one, again, other, seed = (read(directory, buffer, *key) for key in ((0, 0, 1), (0, 0, 1), (1, 0, 1), (0, 0, 2)))
    assert one == again and one != other and one != seed
    for made in (one, other, seed):
        assert [step for step, _ in made] == list(range(13))
        assert sorted(number for _, records in made for number in records) == list(range(103))
        assert [len(records) for _, records in made] == [8] * 12 + [7]


def test_one_window_mixes_all_files(directory: str) -> None:
    order = np.concatenate([records for _, records in read(directory, 5000)])
    # of 103 records in random order the first half's mean is 51 with a standard deviation of about 3
    assert abs(order[:52].mean() - 51) < 12


@pytest.mark.parametrize("buffer", [0, 1, 20, 5000])
def test_any_step_is_reached_directly(directory: str, buffer: int) -> None:
    whole = read(directory, buffer, epoch=2)
    for step in (1, 10, 13):
        assert read(directory, buffer, epoch=2, start_step=step) == whole[step:]


def test_files_before_the_step_are_not_opened(directory: str, tmp_path: pathlib.Path) -> None:
    last = tmp_path / "c.tfrecord"
    last.write_bytes((pathlib.Path(directory) / "c.tfrecord").read_bytes())
    assert read(os.fspath(tmp_path), 0, start_step=11) == [
        (11, list(range(88, 96))),
        (12, list(range(96, 103))),
    ]


def test_shards_that_do_not_add_up_are_refused(directory: str) -> None:
    with pytest.raises(ValueError, match="gives 104 samples, but 103 in its shards"):
        SampleOrder(directory, dataclasses.replace(split(), samples=104), 8, 0, 1)
