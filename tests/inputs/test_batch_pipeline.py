"""Batches: the same whatever the replicas and wherever resumed, with the contract's types, indices and weights."""

from __future__ import annotations

import pathlib
from collections.abc import Iterator

import numpy as np
import pytest
import tensorflow as tf
from ml_collections import ConfigDict

from camenn_tf.dataset.dataset_info import DatasetInfo
from camenn_tf.errors import UserError
from camenn_tf.inputs.batch_assembler import METADATA_KEYS
from camenn_tf.inputs.batch_pipeline import BatchPipeline
from tests.inputs.small_dataset import (
    IMAGE_DIM,
    MAX_LENGTH,
    PATCHES,
    TEXT_DIM,
    Batch,
    batches,
    small_config,
    small_pipeline,
)


def with_metadata(
    directory: pathlib.Path, info: DatasetInfo, config: ConfigDict, split: str = "train"
) -> BatchPipeline:
    keys = [*small_pipeline(directory, info, config, split).element_spec, *METADATA_KEYS]
    return small_pipeline(directory, info, config, split, keys)


def assert_same(left: list[Batch], right: list[Batch]) -> None:
    assert len(left) == len(right)
    for one, other in zip(left, right, strict=True):
        assert one.keys() == other.keys()
        for key in one:
            assert one[key].dtype == other[key].dtype and one[key].shape == other[key].shape, key
            assert one[key].tobytes() == other[key].tobytes(), key


def unwound(batch: Batch) -> Batch:
    """The batch with catalogue rows in place of item indices."""
    rows, out = batch["items_row"], dict(batch)
    for key in ("target", "history", "alignment_text", "alignment_image"):
        out[key] = rows[batch[key]]
    return {key: value for key, value in out.items() if not key.startswith("items_")}


def test_types_and_shapes_are_the_contract(directory: pathlib.Path, info: DatasetInfo) -> None:
    pipeline = small_pipeline(directory, info, small_config())
    whole, real = tf.int32, tf.float32
    assert {key: (spec.dtype, tuple(spec.shape)) for key, spec in pipeline.element_spec.items()} == {
        "fields": (whole, (None, 3)),
        "history": (whole, (None, 3)),
        "target": (whole, (None,)),
        "items_row": (whole, (None,)),
        "items_fields": (whole, (None, 2)),
        "items_text": (real, (None, None, TEXT_DIM)),
        "items_text_length": (whole, (None,)),
        "items_image": (real, (None, PATCHES, IMAGE_DIM)),
        "items_has_image": (tf.bool, (None,)),
        "alignment_sample": (whole, (None,)),
        "alignment_text": (whole, (None,)),
        "alignment_image": (whole, (None,)),
        "alignment_task": (whole, (None,)),
        "label": (real, (None,)),
        "weight": (real, (None,)),
        "alignment_label": (real, (None,)),
        "alignment_weight": (real, (None,)),
    }
    for dataset in (pipeline.dataset(), pipeline.warmup_dataset()):
        specs = dataset.element_spec
        assert {key: (spec.dtype, tuple(spec.shape)) for key, spec in specs.items()} == {
            key: (spec.dtype, tuple(spec.shape)) for key, spec in pipeline.element_spec.items()
        }


def test_every_value_is_its_sample_s_and_item_s(directory: pathlib.Path, info: DatasetInfo) -> None:
    pipeline = with_metadata(directory, info, small_config())
    seen: list[int] = []
    for batch in batches(pipeline.dataset()):
        sample, rows = batch["sample"], batch["items_row"]
        assert rows[0] == -1 and len(set(rows)) == len(rows)
        np.testing.assert_array_equal(rows[batch["target"]], sample % 24)
        np.testing.assert_array_equal(batch["target_row"], sample % 24)
        for position, number in enumerate(sample):
            newest = [(number + back) % 24 for back in range(number % 5)][-3:]
            history = [-1] * (3 - len(newest)) + newest
            np.testing.assert_array_equal(rows[batch["history"][position]], history)
        np.testing.assert_array_equal(batch["fields"], np.stack([sample % 7 + 2, sample % 24, sample % 4], axis=1))
        np.testing.assert_array_equal(batch["label"], sample % 2)
        np.testing.assert_array_equal(batch["timestamp"], sample + 1000)
        np.testing.assert_array_equal(batch["user"], sample % 7)
        np.testing.assert_array_equal(batch["new_to_user"], sample % 3 == 0)
        fields = np.where(rows[:, None] < 0, 0, np.stack([rows + 2, rows % 3], axis=1))
        np.testing.assert_array_equal(batch["items_fields"], fields)
        np.testing.assert_array_equal(batch["items_text"][:, 0, 0], rows + 1)
        np.testing.assert_array_equal(batch["items_has_image"], (rows >= 0) & (rows % 10 != 8) & (rows != 5))
        seen += sample[batch["weight"] > 0].tolist()
    assert sorted(seen) == list(range(100))


def test_the_last_step_repeats_its_samples_in_turn(directory: pathlib.Path, info: DatasetInfo) -> None:
    last = batches(with_metadata(directory, info, small_config(), "train").dataset())[-1]
    real = int(last["weight"].sum())
    assert 1 < real < 16 and last["weight"].tolist() == [1] * real + [0] * (16 - real)
    np.testing.assert_array_equal(last["sample"], np.resize(last["sample"][:real], 16))


@pytest.mark.parametrize("split", ["validation", "test"])
def test_other_splits_come_in_order_without_alignment_rows(
    directory: pathlib.Path, info: DatasetInfo, split: str
) -> None:
    pipeline = with_metadata(directory, info, small_config(), split)
    made = batches(pipeline.dataset())
    assert pipeline.steps_per_epoch == len(made) == -(-info.splits[split].samples // 16)
    sample = np.concatenate([batch["sample"][batch["weight"] > 0] for batch in made])
    np.testing.assert_array_equal(sample, np.arange(info.splits[split].samples))
    assert all(batch["alignment_label"].size == 0 for batch in made)


@pytest.mark.parametrize(("buffer", "steps"), [(1, [4]), (40, [1, 2, 6]), (1000, [3, 7])])
def test_a_resumed_epoch_goes_on_byte_for_byte(
    directory: pathlib.Path, info: DatasetInfo, buffer: int, steps: list[int]
) -> None:
    pipeline = small_pipeline(directory, info, small_config(shuffle_buffer=buffer))
    whole = batches(pipeline.dataset(epoch=3))
    assert len(whole) == pipeline.steps_per_epoch == 7
    for step in steps:
        assert_same(batches(pipeline.dataset(epoch=3, start_step=step)), whole[step:])


def test_resumed_warmup_goes_on_byte_for_byte(directory: pathlib.Path, info: DatasetInfo) -> None:
    pipeline = small_pipeline(directory, info, small_config())
    warmup = batches(pipeline.warmup_dataset())
    assert len(warmup) == 5
    assert_same(batches(pipeline.warmup_dataset(start_step=3)), warmup[3:])


def joined(parts: list[Batch], one: Batch) -> Iterator[tuple[str, np.ndarray, np.ndarray]]:
    """Key, the replicas' slices one after the other, the one replica's batch."""
    sizes = np.cumsum([0] + [part["weight"].size for part in parts])
    for key in one:
        pieces = [part[key] for part in parts]
        if key == "alignment_sample":
            pieces = [np.where(piece < 0, -1, piece + first) for piece, first in zip(pieces, sizes[:-1], strict=True)]
        yield key, np.concatenate(pieces), one[key]


@pytest.mark.parametrize("replicas", [3, 4])
def test_replicas_together_have_the_one_replica_s_batch(
    directory: pathlib.Path, info: DatasetInfo, replicas: int
) -> None:
    pipeline = with_metadata(directory, info, small_config())
    everyone = {"replicas": replicas, "local_replicas": replicas}  # in turn, see the test below
    for of_one, of_all in (
        (pipeline.dataset(1), pipeline.dataset(1, **everyone)),
        (pipeline.warmup_dataset(), pipeline.warmup_dataset(**everyone)),
    ):
        in_turn = batches(of_all)
        rounds = [in_turn[first : first + replicas] for first in range(0, len(in_turn), replicas)]
        for one, parts in zip(batches(of_one), rounds, strict=True):
            for part in parts:
                assert set(part["items_row"]) == {
                    -1,
                    *unwound(part)["target"],
                    *unwound(part)["history"].reshape(-1),
                } | {*unwound(part)["alignment_text"], *unwound(part)["alignment_image"]}
            for key, many, single in joined([unwound(part) for part in parts], unwound(one)):
                np.testing.assert_array_equal(many, single, err_msg=key)


def test_local_replicas_come_in_turn(directory: pathlib.Path, info: DatasetInfo) -> None:
    pipeline = small_pipeline(directory, info, small_config())
    second, third = batches(pipeline.dataset(0, 2, 1, 4)), batches(pipeline.dataset(0, 2, 2, 4))
    in_turn = [batch for pair in zip(second, third, strict=True) for batch in pair]
    assert_same(batches(pipeline.dataset(0, 2, 1, 4, local_replicas=2)), in_turn)


def test_nothing_is_tuned(directory: pathlib.Path, info: DatasetInfo) -> None:
    made = small_pipeline(directory, info, small_config())
    for dataset in (made.dataset(), made.warmup_dataset(), made.dataset().take(1)):
        assert dataset.options().autotune.enabled is False


def test_the_last_step_is_filled_with_rows_of_no_weight(directory: pathlib.Path, info: DatasetInfo) -> None:
    pipeline = small_pipeline(directory, info, small_config())
    last = batches(pipeline.dataset(0, 6, 0, 4, local_replicas=4))  # 100 = 6 * 16 + 4
    assert [batch["weight"].tolist() for batch in last] == [[1] * 4, [0] * 4, [0] * 4, [0] * 4]
    assert all((batch["target"] > 0).all() for batch in last)
    assert [batch["alignment_label"].size for batch in last[1:]] == [0, 0, 0]


def test_fixed_shapes(directory: pathlib.Path, info: DatasetInfo) -> None:
    config = small_config(fixed_shapes=True)
    pipeline = small_pipeline(directory, info, config)
    free = small_pipeline(directory, info, small_config())
    for replicas in (1, 2):
        made, lean = batches(pipeline.dataset(0, 0, 0, replicas)), batches(free.dataset(0, 0, 0, replicas))
        size = 16 // replicas
        most = size // 2 * 3  # half of the samples, a positive and two negatives each
        for batch, small in zip(made, lean, strict=True):
            assert batch["items_text"].shape == (size * 4 + size // 2 + 1, MAX_LENGTH, TEXT_DIM)
            assert batch["alignment_text"].shape == batch["alignment_weight"].shape == (most,)
            real = small["alignment_label"].size
            assert batch["alignment_weight"][real:].tolist() == [0] * (most - real)
            wide, narrow = unwound(batch), unwound(small)
            for key in narrow:
                np.testing.assert_array_equal(wide[key][: len(narrow[key])], narrow[key])
        assert {batch["items_row"].shape for batch in batches(pipeline.warmup_dataset(0, 0, replicas))} == {
            (12 // replicas * 2 + 1,)
        }
    with pytest.raises(ValueError, match=r"inputs\.batch_size is 16, which 3 replicas do not divide"):
        pipeline.dataset(0, 0, 0, 3)


def test_only_the_keys_asked_for_are_made(directory: pathlib.Path, info: DatasetInfo) -> None:
    config = small_config()
    pipeline = small_pipeline(directory, info, config, keys=["fields", "target", "items_row", "items_fields", "label"])
    batch = batches(pipeline.dataset())[0]
    assert sorted(batch) == ["fields", "items_fields", "items_row", "label", "target"]
    pairs = ["alignment_image", "alignment_text", "items_row"]  # of a model that reads no sample
    config.alignment.context_dropout = 1.0
    for batch in batches(small_pipeline(directory, info, config, keys=pairs).dataset()):
        read = np.unique(np.concatenate([[0], batch["alignment_text"], batch["alignment_image"]]))
        np.testing.assert_array_equal(read, np.arange(len(batch["items_row"])))
    with pytest.raises(ValueError, match="items_pixels"):
        small_pipeline(directory, info, config, keys=["items_pixels"])


def test_ids_can_be_left_out(directory: pathlib.Path, info: DatasetInfo) -> None:
    config = small_config()
    config.model.user_id, config.model.item_id = False, False
    pipeline = small_pipeline(directory, info, config, keys=["fields", "items_fields", "items_row", "sample", "target"])
    batch = batches(pipeline.dataset())[0]
    np.testing.assert_array_equal(batch["fields"], np.stack([batch["sample"] % 24, batch["sample"] % 4], axis=1))
    np.testing.assert_array_equal(batch["items_fields"][1:], batch["items_row"][1:, None] % 3)


def test_batches_that_replicas_cannot_share_name_their_key(directory: pathlib.Path, info: DatasetInfo) -> None:
    config = small_config(batch_size=6)
    config.alignment.warmup_batch_size = 3
    for split, key in (
        ("train", r"inputs\.batch_size is 6"),
        ("validation", rf"evaluate\.batch_size is {config.evaluate.batch_size}"),
    ):
        with pytest.raises(UserError, match=f"{key}, expected at least 1000: every replica needs a row"):
            small_pipeline(directory, info, config, split).dataset(replicas=1000)
    with pytest.raises(UserError, match=r"alignment\.warmup_batch_size is 3, expected at least 4"):
        small_pipeline(directory, info, config).warmup_dataset(replicas=4)


def test_a_warm_up_without_pairs_is_refused_at_once(directory: pathlib.Path, info: DatasetInfo) -> None:
    pipeline = small_pipeline(directory, info, small_config())
    pipeline.complete = np.zeros_like(pipeline.complete)
    with pytest.raises(UserError, match=r"alignment\.warmup_steps: no item of the train split has text and image"):
        pipeline.warmup_dataset()
