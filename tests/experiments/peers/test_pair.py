"""What the command refuses, and what its two sides must keep to."""

from __future__ import annotations

import ast
import json
import pathlib
import sys

import numpy as np
import pytest

from camenn_tf.dataset.dataset_info import load_dataset_info
from camenn_tf.errors import UserError
from experiments.peers import export, our_side, pair
from experiments.peers.settings import MODELS, SETTINGS, our_config
from tests.small_run import shared_small_run

HERE = pathlib.Path(pair.HERE)


def test_a_missing_environment_is_refused_in_words(tmp_path: pathlib.Path) -> None:
    missing = str(tmp_path / "bin" / "python")
    with pytest.raises(UserError, match=r"environment is not there; make it with: make .venv-peers/.installed"):
        pair.check_environment(missing)


def test_an_environment_without_deepctr_is_refused() -> None:
    with pytest.raises(UserError, match="no deepctr or no tf_keras"):
        pair.check_environment(sys.executable)


def test_a_result_of_other_settings_is_refused(tmp_path: pathlib.Path) -> None:
    path = tmp_path / "fm.json"
    pair.check_found(str(path), {"threads": 2})
    path.write_text(json.dumps({"threads": 2, "model": "fm"}))
    pair.check_found(str(path), {"threads": 2})
    with pytest.raises(UserError, match=r"fm\.json was made with other threads"):
        pair.check_found(str(path), {"threads": 1})


def test_the_peers_side_knows_nothing_of_ours() -> None:
    tree = ast.parse((HERE / "deepctr_side.py").read_text(encoding="utf-8"))
    found = {alias.name for node in ast.walk(tree) if isinstance(node, ast.Import) for alias in node.names}
    found |= {node.module or "" for node in ast.walk(tree) if isinstance(node, ast.ImportFrom)}
    assert not {name for name in found if name.split(".")[0] in ("camenn_tf", "data", "experiments", "tests")}


def test_every_requirement_is_pinned() -> None:
    lines = (HERE / "requirements.txt").read_text(encoding="utf-8").splitlines()
    assert all("==" in line for line in lines if line and not line.startswith("#"))


def test_our_configuration_has_the_shared_sizes() -> None:
    for model in MODELS:
        config = our_config(model)
        assert config.model.name == model and config.optimizer.weight_decay == 0
        assert list(config.baseline.hidden_units) == SETTINGS["hidden_units"]
        assert (config.model.numeric_code, config.model.field_logit) == ("one_hot", 0)  # as the peers have it
        assert config.model.content_dropout == config.model.image_dropout == 0
    with pytest.raises(UserError, match="'ffm' has no peer"):
        our_config("ffm")


def test_our_side_scores_the_exported_samples(
    tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch
) -> None:
    small, directory = shared_small_run(tmp_path_factory), tmp_path_factory.mktemp("peers")
    monkeypatch.setitem(SETTINGS, "batch_size", 32)
    arrays = directory / "arrays"
    config = our_config("fm", load_dataset_info(str(small.dataset)))
    assert config.model.history_length == 3 < our_config("fm").model.history_length
    assert export.export(str(small.dataset), str(small.features), str(arrays), config, 60)
    samples = json.loads((arrays / "fields.json").read_text())["samples"]
    job = {"model": "fm", "dataset": str(small.dataset), "features": str(small.features), "samples": samples}
    our_side.run({**job, "output": str(directory / "fm")})
    scored, expected = np.load(directory / "fm.npz"), np.load(arrays / "validation.npz")
    np.testing.assert_array_equal(scored["label"], expected["label"])
    assert scored["score"].shape == scored["label"].shape and ((scored["score"] > 0) & (scored["score"] < 1)).all()
    result = json.loads((directory / "fm.json").read_text())
    assert result["samples_per_second"] > 0 and result["peak_bytes"] > 2**20
