from __future__ import annotations

from pathlib import Path

from camenn_tf.locked import locked


def test_a_lock_is_held_by_one(tmp_path: Path) -> None:
    path = str(tmp_path / "locks" / "one")
    with locked(path, wait=False) as first, locked(path, wait=False) as second:
        assert first and not second
    with locked(path, wait=False) as again:
        assert again
