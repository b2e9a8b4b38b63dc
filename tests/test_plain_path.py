from __future__ import annotations

from pathlib import Path

import pytest
import tensorflow as tf

from camenn_tf.config import default_config
from camenn_tf.errors import UserError
from camenn_tf.plain_path import check_plain_path
from camenn_tf.training.run_directory import RunDirectory


@pytest.mark.parametrize("name", ["a[1]", "a\\b"])
def test_paths_that_tensorflow_does_not_find_again_are_refused(tmp_path: Path, name: str) -> None:
    prefix = tf.train.Checkpoint(x=tf.Variable(1.0)).write(str(tmp_path / name / "state"))
    with pytest.raises(tf.errors.NotFoundError):  # why
        tf.train.load_checkpoint(prefix)
    with pytest.raises(UserError, match=r"--output=.*for a part of a pattern"):
        check_plain_path("output", str(tmp_path / name / "run"))


@pytest.mark.parametrize("name", ["a*", "a?b", "a]", "{a,b}", "与 ü"])
def test_others_are_taken(tmp_path: Path, name: str) -> None:
    path = str(tmp_path / name / "state")
    check_plain_path("output", path)
    assert tf.train.load_checkpoint(tf.train.Checkpoint(x=tf.Variable(1.0)).write(path)).get_variable_to_shape_map()


def test_a_run_is_not_begun_where_it_could_not_go_on(tmp_path: Path) -> None:
    run = tmp_path / "a[1]" / "run"
    with pytest.raises(UserError, match="name another directory"):
        RunDirectory(str(run)).create_or_open(default_config(), {})
    assert not run.parent.exists()
