"""Where features say their encoders lie."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from camenn_tf.config import default_config
from camenn_tf.encoders.encoding import encode_dataset
from camenn_tf.encoders.factory import load_encoders
from camenn_tf.encoders.features_check import check_features
from camenn_tf.encoders.features_info import load_features_info
from camenn_tf.encoders.keras_nlp_text import KerasNlpText
from camenn_tf.encoders.stored_path import stored_path
from camenn_tf.encoders.tfhub_text import TfHubText
from tests.encoders.bert_files import make_bert, write_hub_model
from tests.encoders.small_dataset import write_dataset
from tests.encoders.small_hub import save_module
from tests.encoders.test_keras_nlp_text import make_preset


def test_what_is_there_is_found_from_anywhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "module").mkdir()
    (tmp_path / "model.ckpt.index").touch()
    assert stored_path("module") == str(tmp_path / "module")
    assert stored_path("model.ckpt") == str(tmp_path / "model.ckpt")
    for name in ("", "google/bert/1", "https://tfhub.dev/google/bert/1", "bert_base_zh", str(tmp_path / "module")):
        assert stored_path(name) == name


def test_text_encoders_keep_absolute_paths(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    make_preset(tmp_path / "preset")
    write_hub_model(make_bert(), tmp_path / "hub")
    assert KerasNlpText("preset", max_pieces=6).config["path"] == str(tmp_path / "preset")
    hub = TfHubText("hub", 6, vocabulary="hub/assets/vocab.txt").config
    assert (hub["path"], hub["preprocessor"]) == (str(tmp_path / "hub"), "")
    assert hub["vocabulary"] == str(tmp_path / "hub" / "assets" / "vocab.txt")


def test_features_of_a_relative_path_are_opened_from_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    save_module(str(tmp_path / "module"), 8)
    dataset, out = str(tmp_path / "dataset"), str(tmp_path / "features")
    write_dataset(dataset, [{"text": "apple pie"}])

    def settings(name: str) -> dict[str, Any]:
        config = default_config()
        config.encode.image.update({"name": f"tfhub:{name}", "patch_size": 0})
        encode: dict[str, Any] = config.encode.to_dict()
        return encode

    monkeypatch.chdir(tmp_path)
    encode_dataset(dataset, out, settings("module"))
    assert load_features_info(out).image.encoder["name"] == f"tfhub:{tmp_path / 'module'}"
    (tmp_path / "elsewhere").mkdir()
    monkeypatch.chdir(tmp_path / "elsewhere")
    load_encoders(out)
    check_features(out, dataset, settings("../module"))
    (tmp_path / "module").rename(tmp_path / "moved")
    check_features(out, dataset, settings("../moved"))
