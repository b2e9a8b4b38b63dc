from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import keras
import numpy as np
import pytest

from tests.layers import layer_check
from tests.layers.layer_cases import CASES
from tests.layers.layer_check import LayerCase

every_layer = pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)


def test_no_registered_layer_is_left_out() -> None:
    registered = {
        kind
        for name, kind in keras.saving.get_custom_objects().items()
        if name.startswith("camenn_tf>") and kind.__module__.startswith(("camenn_tf.layers.", "camenn_tf.models."))
    }
    assert registered == {type(case.make()) for case in CASES}


@every_layer
def test_says_beforehand_what_comes_out(case: LayerCase) -> None:
    layer_check.check_output_spec(case)


@every_layer
def test_its_configuration_makes_the_same_layer(case: LayerCase) -> None:
    layer_check.check_config(case)


@every_layer
def test_gradients_reach_every_weight(case: LayerCase) -> None:
    layer_check.check_gradients(case)


@every_layer
def test_computes_in_the_policys_type(case: LayerCase) -> None:
    layer_check.check_policies(case)


@every_layer
def test_sizes_may_be_unknown_and_zero(case: LayerCase) -> None:
    layer_check.check_unknown_sizes(case)


def test_saved_models_compute_the_same_in_a_new_process(tmp_path: Path) -> None:
    expected = {case.name: layer_check.save(case, tmp_path) for case in CASES}
    root = Path(__file__).parents[2]
    command = [sys.executable, "-m", "tests.layers.load_alone", str(tmp_path)]
    done = subprocess.run(command, cwd=root, env=dict(os.environ), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    for name, outputs in expected.items():
        with np.load(tmp_path / f"{name}.out.npz") as loaded:
            layer_check.assert_close(dict(loaded), outputs)
