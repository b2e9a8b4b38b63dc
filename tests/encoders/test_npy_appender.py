"""Files that grow."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from camenn_tf.encoders.npy_appender import NpyAppender


def test_appended_arrays_are_one_file(tmp_path: Path) -> None:
    with NpyAppender(str(tmp_path / "a.npy"), "float16", (2,)) as file:
        file.append(np.array([[1.5, 2], [3, 4]], np.float32))
        file.append(np.zeros((0, 2)))
        file.append(np.array([[5.0, 6]]))
    out = np.load(tmp_path / "a.npy", mmap_mode="r")
    assert out.dtype == np.float16 and out.tolist() == [[1.5, 2], [3, 4], [5, 6]]
    assert [path.name for path in tmp_path.iterdir()] == ["a.npy"]


def test_nothing_appended(tmp_path: Path) -> None:
    with NpyAppender(str(tmp_path / "a.npy"), "int32", ()):
        pass
    assert np.load(tmp_path / "a.npy").shape == (0,)


def test_an_error_leaves_no_file(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="expected"), NpyAppender(str(tmp_path / "a.npy"), "int32", (2,)) as file:
        file.append(np.zeros((1, 3), np.int32))
    assert not list(tmp_path.iterdir())
