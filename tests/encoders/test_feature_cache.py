"""The files of the cache."""

from __future__ import annotations

import hashlib
import os
import threading
import time
from pathlib import Path

import numpy as np
import pytest

from camenn_tf.encoders.feature_cache import LEFT_OVER_SECONDS, FeatureCache


def digest(number: int) -> bytes:
    return hashlib.sha256(str(number).encode()).digest()


def entry(number: int) -> np.ndarray:
    return np.full((number % 3, 2), number, np.float16)


def open_cache(directory: Path) -> FeatureCache:
    return FeatureCache(str(directory), "float16", (2,))


def fill(directory: Path, numbers: range) -> FeatureCache:
    cache = open_cache(directory)
    cache.add([digest(number) for number in numbers], [entry(number) for number in numbers])
    cache.flush()
    return cache


def check(cache: FeatureCache, numbers: range, there: range) -> None:
    found = cache.find([digest(number) for number in numbers])
    assert set(found) == {digest(number) for number in there}
    for number in there:
        got = cache.read(found[digest(number)])
        assert got.dtype == np.float16
        np.testing.assert_array_equal(got, entry(number))
    cache.close()


def test_gives_back_what_it_took(tmp_path: Path) -> None:
    assert open_cache(tmp_path / "a").find([digest(1)]) == {} and open_cache(tmp_path / "a").find([]) == {}
    fill(tmp_path / "a", range(5))
    fill(tmp_path / "a", range(5, 9))
    check(open_cache(tmp_path / "a"), range(3, 12), range(3, 9))


def test_sees_what_others_add(tmp_path: Path) -> None:
    cache = open_cache(tmp_path)
    check(cache, range(3), range(0))
    fill(tmp_path, range(2))
    check(cache, range(3), range(2))


def test_workers_write_side_by_side(tmp_path: Path) -> None:
    parts = [range(10 * k, 10 * k + 15) for k in range(6)]  # the ends of neighbours overlap
    threads = [threading.Thread(target=fill, args=(tmp_path, part)) for part in parts]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(list(tmp_path.iterdir())) == 6
    check(open_cache(tmp_path), range(80), range(65))


@pytest.mark.parametrize("where", range(0, 300, 7))
def test_no_changed_byte_goes_unseen(tmp_path: Path, where: int) -> None:
    fill(tmp_path, range(5))
    (path,) = tmp_path.iterdir()
    content = bytearray(path.read_bytes())
    content[where * len(content) // 300] ^= 4
    path.write_bytes(content)
    check(open_cache(tmp_path), range(5), range(0))
    assert not path.exists()


@pytest.mark.parametrize("size", [0, 1, 100, 400, -1, 1000])
def test_no_cut_or_lengthened_file_goes_unseen(tmp_path: Path, size: int) -> None:
    fill(tmp_path, range(5))
    (path,) = tmp_path.iterdir()
    content = path.read_bytes()
    path.write_bytes(content[:size] if size < len(content) else content + bytes(2))
    check(open_cache(tmp_path), range(5), range(0))


def test_another_file_stands_in_for_a_damaged_one(tmp_path: Path) -> None:
    fill(tmp_path, range(5))
    (path,) = tmp_path.iterdir()
    fill(tmp_path, range(4))
    path.write_bytes(path.read_bytes()[:-1])
    check(open_cache(tmp_path), range(5), range(4))


def test_what_is_being_written_is_neither_read_nor_removed(tmp_path: Path) -> None:
    fill(tmp_path, range(5))
    (path,) = tmp_path.iterdir()
    now, long_ago = tmp_path / "now.block.new", tmp_path / "old.block.new"
    for half in (now, long_ago):
        half.write_bytes(path.read_bytes()[:50])
    then = time.time() - 2 * LEFT_OVER_SECONDS
    os.utime(long_ago, (then, then))
    check(open_cache(tmp_path), range(5), range(5))
    assert sorted(tmp_path.iterdir()) == sorted([path, now])
