"""What is wrong with section `prepare` of a configuration is said before a table is read."""

from __future__ import annotations

from typing import Any

from camenn_tf.bounds import check_at_least, check_shares

_AT_LEAST = {
    "history_length": 1,
    "min_count": 0,
    "numeric_buckets": 1,
    "max_fault_share": 0,
    "shard_samples": 1,
    "shard_items": 1,
}
_SHARES = ("test_fraction", "validation_fraction")


def check_settings(settings: Any) -> None:
    """Raises UserError that names key and value; `first_rule` checks the times of the splits itself."""
    check_at_least("prepare", settings, _AT_LEAST)
    check_shares("prepare", settings, _SHARES)
