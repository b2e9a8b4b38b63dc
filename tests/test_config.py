"""Configurations that a run has stored, and those that a caller changes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from camenn_tf.config import default_config, load_config, override, save_config
from camenn_tf.errors import UserError


def test_what_was_stored_is_read(tmp_path: Path) -> None:
    config = default_config()
    override(config, {"seed": 4, "model": {"num_experts": 7}, "baseline": {"hidden_units": (8, 4)}})
    save_config(config, str(tmp_path / "config.json"))
    assert load_config(str(tmp_path / "config.json")).to_json() == config.to_json()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"model": {"depth": 3}}, "config.json: model: unknown key 'depth', expected one of"),
        ({"model": 3}, "config.json: 'model' is a section, got 3"),
        ({"seed": "one"}, "config.json: 'seed': "),
    ],
)
def test_a_stored_configuration_of_another_version_is_an_error_in_words(
    tmp_path: Path, values: dict[str, Any], message: str
) -> None:
    (tmp_path / "config.json").write_text(json.dumps(values))
    with pytest.raises(UserError, match=message):
        load_config(str(tmp_path / "config.json"))
