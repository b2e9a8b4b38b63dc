"""Records as TensorFlow itself reads them."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tensorflow as tf
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from camenn_tf.dataset.record_writer import serialize, write_records
from camenn_tf.dataset.records import parse_samples

INT64 = st.integers(-(2**63), 2**63 - 1)


@hypothesis_settings(max_examples=50, deadline=None)
@given(hnp.arrays(np.int64, (5, 3), elements=INT64), hnp.arrays(np.int64, 5, elements=st.integers(0, 3)))
def test_equals_tensorflows_own_message(values: np.ndarray, lengths: np.ndarray) -> None:
    records = serialize({"all": values, "some": values}, {"some": lengths})
    for row, record in enumerate(records):
        example = tf.train.Example.FromString(record)
        assert list(example.features.feature["all"].int64_list.value) == values[row].tolist()
        assert list(example.features.feature["some"].int64_list.value) == values[row, 3 - lengths[row] :].tolist()


def samples(count: int) -> dict[str, np.ndarray]:
    number = np.arange(count)
    return {
        "sample": number + 10**12,
        "user": number,
        "target": number * 300,
        "history": np.stack([number, number + 1, number + 2], axis=1),
        "fields": np.stack([number, number * 200], axis=1),
        "label": number % 2,
        "timestamp": number - 5,
        "new_to_user": number % 3 == 0,
    }


def test_parsed_batch_pads_histories_in_front() -> None:
    records = tf.constant(serialize(samples(4), {"history": np.asarray([0, 1, 2, 3])}))
    parsed = tf.function(lambda batch: parse_samples(batch, 2, 2))(records)
    assert parsed["history"].numpy().tolist() == [[-1, -1], [-1, 3], [3, 4], [4, 5]]
    assert parse_samples(records, 4, 2)["history"].numpy()[3].tolist() == [-1, 3, 4, 5]
    assert parsed["sample"].numpy().tolist() == [10**12 + k for k in range(4)]
    assert parsed["fields"].numpy().tolist() == [[0, 0], [1, 200], [2, 400], [3, 600]]
    assert parsed["timestamp"].numpy().tolist() == [-5, -4, -3, -2]
    assert parsed["new_to_user"].numpy().tolist() == [True, False, False, True]
    assert (parsed["label"].dtype, parsed["history"].dtype, parsed["target"].dtype) == (tf.float32, tf.int32, tf.int32)


def test_no_sample_fields_and_empty_batch() -> None:
    values = samples(2) | {"fields": np.zeros((2, 0), np.int64)}
    records = serialize(values, {"history": np.asarray([3, 3])})
    assert parse_samples(tf.constant(records), 3, 0)["fields"].shape == (2, 0)
    assert parse_samples(tf.zeros([0], tf.string), 3, 2)["history"].shape == (0, 3)


def test_framing_is_a_tfrecord(tmp_path: Path) -> None:
    records = [b"", b"x" * 1000, b"y"]
    with (tmp_path / "a.tfrecord").open("wb") as file:
        write_records(file, records)
    assert list(tf.data.TFRecordDataset(str(tmp_path / "a.tfrecord")).as_numpy_iterator()) == records
