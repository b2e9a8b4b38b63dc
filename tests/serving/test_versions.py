"""What an export replaces: a version of before, whole, and nothing that is none."""

from __future__ import annotations

from pathlib import Path

import pytest
import tensorflow as tf

from camenn_tf.errors import UserError
from camenn_tf.serving.saved_model import save
from tests.serving.small_shop import Shop, make_shop


@pytest.fixture(scope="module")
def shop() -> Shop:
    return make_shop()


def test_a_version_is_replaced_whole(shop: Shop, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def write(recommender: object, path: str, signatures: object) -> None:
        Path(path, "saved_model.pb").write_text("new")

    monkeypatch.setattr(tf.saved_model, "save", write)
    monkeypatch.setattr("camenn_tf.serving.saved_model.trace", lambda recommender: {})
    (tmp_path / "3").mkdir()
    (tmp_path / "3" / "saved_model.pb").write_text("old")
    (tmp_path / "3" / "variables").mkdir()
    save(shop.recommender, str(tmp_path), 3, {})
    assert sorted(file.name for file in (tmp_path / "3").iterdir()) == ["assets.extra", "saved_model.pb"]

    def fail(recommender: object, path: str, signatures: object) -> None:
        raise OSError("disk full")

    monkeypatch.setattr(tf.saved_model, "save", fail)
    with pytest.raises(OSError, match="disk full"):
        save(shop.recommender, str(tmp_path), 3, {})
    assert [file.name for file in tmp_path.iterdir()] == ["3"]
    assert (tmp_path / "3" / "saved_model.pb").read_text() == "new"
    with pytest.raises(UserError, match=r"export\.version=0"):
        save(shop.recommender, str(tmp_path), 0, {})


@pytest.mark.parametrize("name", ["notes.txt", "schema.json"])
def test_a_directory_that_is_no_saved_model_is_left_alone(shop: Shop, tmp_path: Path, name: str) -> None:
    (tmp_path / "2024").mkdir()
    (tmp_path / "2024" / name).write_text("mine")
    with pytest.raises(UserError, match=r"--output=.*2024: exists and has no saved_model\.pb"):
        save(shop.recommender, str(tmp_path), 2024, {})
    assert (tmp_path / "2024" / name).read_text() == "mine"
