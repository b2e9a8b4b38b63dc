"""Values of section `prepare` that no preparation could work with."""

from __future__ import annotations

from pathlib import Path

import pytest

from camenn_tf.dataset.preparation import prepare
from camenn_tf.dataset.settings import check_settings
from camenn_tf.errors import UserError
from tests.dataset.small_tables import IN_PROCESS, settings


def test_the_default_and_bounds_pass() -> None:
    check_settings(settings())
    check_settings(settings(history_length=1, numeric_buckets=1, min_count=0, max_fault_share=0.0, test_fraction=0.0))


@pytest.mark.parametrize(
    ("key", "value", "expected"),
    [
        ("history_length", 0, "at least 1"),
        ("min_count", -1, "at least 0"),
        ("numeric_buckets", 0, "at least 1"),
        ("max_fault_share", float("nan"), "at least 0"),
        ("shard_samples", 0, "at least 1"),
        ("shard_items", -5, "at least 1"),
        ("test_fraction", 1.0, "at least 0 and below 1"),
        ("validation_fraction", -0.1, "at least 0 and below 1"),
    ],
)
def test_impossible_values_are_named_before_a_table_is_read(
    tmp_path: Path, key: str, value: float, expected: str
) -> None:
    with pytest.raises(UserError, match=rf"^prepare\.{key} is {value}, expected {expected}$"):
        prepare(str(tmp_path / "nowhere"), str(tmp_path / "d"), settings(**{key: value}), IN_PROCESS)
