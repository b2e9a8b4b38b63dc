"""What is wrong with section `prepare` of a configuration is said before a table is read."""

from __future__ import annotations

from typing import Any

from camenn_tf.errors import UserError

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
    for key, least in _AT_LEAST.items():
        if not settings[key] >= least:  # NaN, too
            raise UserError(f"--config.prepare.{key}={settings[key]}: expected at least {least}")
    for key in _SHARES:
        if not 0 <= settings[key] < 1:
            raise UserError(f"--config.prepare.{key}={settings[key]}: expected at least 0 and below 1")
