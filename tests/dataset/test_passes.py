"""Users in partitions: however many there are, and whether or not anybody falls into each, the dataset is the same."""

from __future__ import annotations

from pathlib import Path

import pytest

from camenn_tf.dataset import preparation
from camenn_tf.dataset.preparation import prepare
from tests.dataset.small_tables import IN_PROCESS, settings, shop, write_tables


def files(directory: Path) -> dict[str, bytes]:
    """Contents of all files below, by relative path."""
    return {str(path.relative_to(directory)): path.read_bytes() for path in directory.rglob("*") if path.is_file()}


@pytest.mark.parametrize("rows", [200, 20])  # 2 partitions; 15, of which 12 users leave at least 3 empty
def test_partitions_do_not_show(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, rows: int) -> None:
    tables = shop(300)
    events = tables["events"]
    for row, user in enumerate(events["user_id"]):
        events["history_only"][row] |= int(user == 104)  # no samples, but purchases
    directory = write_tables(tmp_path / "t", tables)
    section = settings(history_length=4, shard_samples=50, min_count=1)
    one = prepare(directory, str(tmp_path / "one"), section, IN_PROCESS)
    monkeypatch.setattr(preparation, "_PARTITION_ROWS", rows)
    assert prepare(directory, str(tmp_path / "many"), section, IN_PROCESS) == one
    assert files(tmp_path / "many") == files(tmp_path / "one")
