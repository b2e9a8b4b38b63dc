"""Fields that a run reads."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import pytest

from camenn_tf.config import default_config, override
from camenn_tf.dataset.dataset_info import DatasetInfo, FieldInfo
from camenn_tf.errors import UserError
from camenn_tf.inputs.selected_fields import selected_fields


def info(sample: list[tuple[str, str]], item: list[str]) -> DatasetInfo:
    """A dataset of these (group, name) and item fields, as far as it is looked at."""
    fields = [FieldInfo(name, group, "categorical", 3) for group, name in sample]
    items = [FieldInfo(name, "item", "categorical", 3) for name in item]
    return cast(DatasetInfo, SimpleNamespace(sample_fields=fields, item_fields=items))


def config(**model: Any) -> Any:
    settings = default_config()
    override(settings, {"model": model})
    return settings


FULL = info([("user", "user_id"), ("context", "user_id"), ("user", "age")], ["item_id", "price"])


def test_identities_are_left_out_by_group_and_name() -> None:
    every = selected_fields(FULL, config(user_id=True, item_id=True))
    assert every.sample_columns.tolist() == [0, 1, 2] and every.item_columns.tolist() == [0, 1]
    some = selected_fields(FULL, config(user_id=False, item_id=False))
    assert some.sample_columns.tolist() == [1, 2] and [field.name for field in some.item_fields] == ["price"]


@pytest.mark.parametrize("name", ["camenn", "fm", "din"])
def test_a_model_without_fields_of_one_side_says_what_is_missing(name: str) -> None:
    with pytest.raises(UserError, match=r"at least one item field, .* beside item_id, with model.item_id=False: add"):
        selected_fields(info([("user", "age")], ["item_id"]), config(name=name, item_id=False))
    with pytest.raises(UserError, match=f"model.name={name} needs at least one user, context or cross field"):
        selected_fields(info([], ["price"]), config(name=name))


def test_fashionbert_reads_no_field() -> None:
    assert not selected_fields(info([], []), config(name="fashionbert")).item_fields
