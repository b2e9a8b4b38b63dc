"""The loop on one device, in this process: early stopping, resuming, checkpoints, precision, tracing."""

from __future__ import annotations

import errno
import fcntl
import json
import pathlib
import types
from typing import Any

import keras
import numpy as np
import pytest
import tensorflow as tf

from camenn_tf.errors import UserError
from camenn_tf.training.checkpoints import Checkpoints
from camenn_tf.training.divergence import check_loss
from camenn_tf.training.run_directory import RunDirectory
from camenn_tf.training.run_state import JOINT, WARM_UP
from camenn_tf.training.strategy import is_chief, make_strategy, worker_count, worker_name
from camenn_tf.training.trainer import Trainer
from tests.dtype_policy import dtype_policy
from tests.training.fakes import fake_config
from tests.training.harness import SOURCES, make_trainer

STEPS = 3 + 3 * 6  # warm-up, three epochs


class StopError(Exception):
    """Stands for whatever ends a process."""


class StopAt(keras.callbacks.Callback):
    """Raises after a step."""

    def __init__(self, step: int) -> None:
        super().__init__()
        self._step = step

    def on_train_batch_end(self, batch: int, logs: dict[str, float] | None = None) -> None:
        if batch == self._step:
            raise StopError


def trainer_at(path: pathlib.Path, dropout: float = 0.2, stop: int = -1, **sections: Any) -> Trainer:
    """A trainer on one device; its process ends after step `stop`."""
    config = fake_config(**sections)
    keras.utils.set_random_seed(config.seed)
    return make_trainer(config, str(path), make_strategy("one_device"), dropout, [StopAt(stop)])


def steps_of(path: pathlib.Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (path / "steps.jsonl").read_text().splitlines()]


def assert_same_run(one: Trainer, other: Trainer, path: pathlib.Path, other_path: pathlib.Path) -> None:
    assert steps_of(path) == steps_of(other_path)
    for left, right in zip(one.model.get_weights(), other.model.get_weights(), strict=True):
        np.testing.assert_array_equal(left, right)
    assert one.state.evaluations == other.state.evaluations


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> tuple[Trainer, pathlib.Path]:
    """A run that nothing stopped."""
    path = tmp_path_factory.mktemp("whole") / "run"
    trainer = trainer_at(path)
    trainer.fit()
    return trainer, path


def test_each_stage_has_a_schedule_of_its_own(tmp_path: pathlib.Path) -> None:
    optimizer = {"learning_rate": 0.01, "schedule": "cosine"}
    trainer = trainer_at(tmp_path / "run", optimizer=optimizer, train={"epochs": 1})
    warm_up, joint = (trainer.train_steps[stage].optimizer for stage in (WARM_UP, JOINT))
    assert float(joint.learning_rate) == pytest.approx(0.01)
    trainer.fit()
    assert (int(warm_up.iterations), int(joint.iterations)) == (3, 6)
    assert [float(optimizer.learning_rate) for optimizer in (warm_up, joint)] == pytest.approx([0.0, 0.0], abs=1e-9)
    assert len(warm_up.variables) < len(joint.variables)  # no moments for what the warm-up leaves alone


def test_a_whole_run(whole: tuple[Trainer, pathlib.Path]) -> None:
    trainer, path = whole
    steps = steps_of(path)
    assert [entry["total"] for entry in steps] == list(range(STEPS))
    assert "cvr" not in steps[0] and steps[0]["stage"] == "warm_up"
    assert [entry["step"] for entry in steps[3:]] == list(range(6)) * 3
    history = json.loads((path / "history.json").read_text())
    assert history["finished"] and len(history["evaluations"]) == 6
    assert {stage: step.traces for stage, step in trainer.train_steps.items()} == {WARM_UP: 1, JOINT: 1}
    aucs = [entry["val_cvr_auc"] for entry in history["evaluations"]]
    assert aucs[history["best_evaluation"]] == max(aucs)


def test_a_checkpoint_of_other_variables_is_refused_in_words(tmp_path: pathlib.Path) -> None:
    Checkpoints(str(tmp_path), 2, True, "worker-0", optimizer=[tf.Variable([1.0])]).save()
    for trackables in ({"optimizers": {JOINT: [tf.Variable([1.0])]}}, {"optimizer": [tf.Variable([1.0, 2.0])]}):
        with pytest.raises(UserError, match="00000001 holds other variables"):
            Checkpoints(str(tmp_path), 2, True, "worker-0", **trackables).restore()


def test_the_best_weights_are_restored_and_saved(whole: tuple[Trainer, pathlib.Path]) -> None:
    trainer, path = whole
    best = max(entry["val_cvr_auc"] for entry in trainer.state.evaluations)
    assert trainer.validator()["val_cvr_auc"] == best
    kept = trainer.model.get_weights()
    trainer.model.set_weights([np.zeros_like(value) for value in kept])
    RunDirectory(str(path)).load_best_weights(keras.Model(trainer.model.input, trainer.model.output))
    for left, right in zip(kept, trainer.model.get_weights(), strict=True):
        np.testing.assert_array_equal(left, right)


@pytest.mark.parametrize("stop", [1, 9])
def test_a_stopped_run_goes_on_exactly(whole: tuple[Trainer, pathlib.Path], tmp_path: pathlib.Path, stop: int) -> None:
    with pytest.raises(StopError):
        trainer_at(tmp_path / "run", stop=stop).fit()
    resumed = trainer_at(tmp_path / "run")
    resumed.fit()
    assert_same_run(whole[0], resumed, whole[1], tmp_path / "run")


def test_a_damaged_newest_checkpoint_falls_back(
    whole: tuple[Trainer, pathlib.Path], tmp_path: pathlib.Path, caplog: pytest.LogCaptureFixture
) -> None:
    with pytest.raises(StopError):
        trainer_at(tmp_path / "run", stop=13).fit()
    newest = sorted((tmp_path / "run" / "checkpoints").glob("0*"))[-1]
    data = next(newest.glob("state.data*"))
    data.write_bytes(data.read_bytes()[:-40])
    resumed = trainer_at(tmp_path / "run")
    resumed.fit()
    assert f"{newest.name} is damaged" in caplog.text
    assert (newest.parent / f"{newest.name}.damaged").exists()
    assert_same_run(whole[0], resumed, whole[1], tmp_path / "run")


def test_patience_counts_evaluations_across_a_restart(tmp_path: pathlib.Path) -> None:
    stopping: dict[str, Any] = {"optimizer": {"learning_rate": 0.0}, "train": {"patience": 3, "checkpoint_steps": 1}}
    # Nothing is learnt: the first evaluation is the best, and three more end the run. Stopped after the third.
    with pytest.raises(StopError):
        trainer_at(tmp_path / "run", stop=3 + 9, **stopping).fit()
    resumed = trainer_at(tmp_path / "run", **stopping)
    resumed.fit()
    assert len(resumed.state.evaluations) == 4
    assert resumed.state.stopping["best_epoch"] == 0
    again = trainer_at(tmp_path / "run", stop=0, **stopping)
    again.fit()  # finished: it would raise at its first step
    assert len(again.state.evaluations) == 4


def test_weights_of_a_timeline_that_was_given_up_do_not_stay(tmp_path: pathlib.Path) -> None:
    stopping: dict[str, Any] = {"optimizer": {"learning_rate": 0.0}, "train": {"patience": 1, "checkpoint_steps": 1}}
    with pytest.raises(StopError):
        trainer_at(tmp_path / "run", stop=3 + 4, **stopping).fit()
    run, resumed = RunDirectory(str(tmp_path / "run")), trainer_at(tmp_path / "run", **stopping)
    inference = keras.Model(resumed.model.input, resumed.model.output)
    resumed.model.set_weights([value + 1 for value in resumed.model.get_weights()])
    run.save_best_weights(inference)  # by an evaluation that no checkpoint knows, and that does not come again
    resumed.fit()
    assert resumed.state.stopping["best_epoch"] == 0
    kept = resumed.model.get_weights()
    resumed.model.set_weights([np.zeros_like(value) for value in kept])
    run.load_best_weights(inference)
    for left, right in zip(kept, resumed.model.get_weights(), strict=True):
        np.testing.assert_array_equal(left, right)


def test_bfloat16_and_clipping_run(tmp_path: pathlib.Path) -> None:
    with dtype_policy("mixed_bfloat16"):
        trainer = trainer_at(tmp_path / "run", optimizer={"clip_norm": 0.5}, train={"epochs": 1})
        trainer.fit()
    assert trainer.model.get_layer("mix").compute_dtype == "bfloat16"
    assert all(np.isfinite(entry["loss"]) for entry in steps_of(tmp_path / "run"))


def test_another_configuration_is_refused(tmp_path: pathlib.Path) -> None:
    run = RunDirectory(str(tmp_path / "run"))
    run.create_or_open(fake_config(), SOURCES)
    run.create_or_open(fake_config(), {**SOURCES, "dataset": "moved"})
    with pytest.raises(UserError, match=r"optimizer.learning_rate: 0.01 there, 0.1 here"):
        run.create_or_open(fake_config(optimizer={"learning_rate": 0.1}), SOURCES)
    with pytest.raises(UserError, match="features_fingerprint"):
        run.create_or_open(fake_config(), {**SOURCES, "features_fingerprint": "3"})
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "letter.txt").write_text("dear")
    with pytest.raises(UserError, match=r"letter\.txt"):
        RunDirectory(str(tmp_path / "other")).create_or_open(fake_config(), SOURCES)


def test_another_process_does_not_train_the_same_run(tmp_path: pathlib.Path) -> None:
    run = RunDirectory(str(tmp_path / "run"))
    run.create_or_open(fake_config(), SOURCES)
    with run.held():
        with RunDirectory(str(tmp_path / "run")).held(chief=False):
            pass  # a worker leaves it to its chief
        with pytest.raises(UserError, match="another process is training this run"), run.held():
            pass
    with run.held():
        pass


def test_a_file_system_without_locks_is_trained_on_nevertheless(
    tmp_path: pathlib.Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    def no_locks(*_: object) -> None:
        raise OSError(errno.ENOLCK, "No locks available")

    monkeypatch.setattr(fcntl, "flock", no_locks)
    with caplog.at_level("WARNING", logger="absl"), RunDirectory(str(tmp_path)).held():
        pass
    assert "see that one process alone trains it" in caplog.text


def test_a_run_that_diverges_says_so_and_keeps_its_checkpoints_finite(tmp_path: pathlib.Path) -> None:
    settings = {"learning_rate": 1e30, "warmup_steps": 0}
    for _ in range(2):  # a second start says the same
        with pytest.raises(UserError, match=r"diverged at step [1-9]: .*optimizer.learning_rate \(now 1e\+30\)"):
            trainer_at(tmp_path / "run", optimizer=settings, train={"checkpoint_steps": 1}).fit()
        for path in (tmp_path / "run" / "checkpoints").iterdir():
            reader = tf.train.load_checkpoint(str(path / "state"))
            names = [name for name in reader.get_variable_to_shape_map() if name.startswith("model/")]
            assert names and all(np.isfinite(reader.get_tensor(name)).all() for name in names)


def test_a_loss_that_is_no_number_is_named() -> None:
    check_loss(0.5, 3, fake_config())
    with pytest.raises(UserError, match=r"diverged at step 3: its loss is nan\. .*clip_norm \(now 0\.0\)"):
        check_loss(float("nan"), 3, fake_config())


def test_the_end_of_the_warm_up_is_saved(tmp_path: pathlib.Path) -> None:
    sections: dict[str, Any] = {"alignment": {"warmup_steps": 4}, "train": {"checkpoint_steps": 4, "epochs": 1}}
    with pytest.raises(StopError):
        trainer_at(tmp_path / "run", stop=4, **sections).fit()
    assert [path.name for path in (tmp_path / "run" / "checkpoints").iterdir()] == ["00000001"]
    resumed = trainer_at(tmp_path / "run", **sections)
    resumed.fit()
    assert [entry["total"] for entry in steps_of(tmp_path / "run")] == list(range(4 + 6))
    whole = trainer_at(tmp_path / "whole", **sections)
    whole.fit()
    assert_same_run(whole, resumed, tmp_path / "whole", tmp_path / "run")


@pytest.mark.parametrize(
    ("task", "name", "chief"), [(("chief", 0), "chief-0", True), (("worker", 0), "worker-0", False)]
)
def test_chief_and_first_worker_have_names_of_their_own(task: tuple[str, int], name: str, chief: bool) -> None:
    cluster = tf.train.ClusterSpec({"chief": ["a:1"], "worker": ["b:1"]})
    resolver = tf.distribute.cluster_resolver.SimpleClusterResolver(cluster, task_type=task[0], task_id=task[1])
    strategy = types.SimpleNamespace(cluster_resolver=resolver)
    assert (worker_name(strategy), is_chief(strategy)) == (name, chief)
    assert worker_name(make_strategy("one_device")) == "worker-0"


def test_strategies() -> None:
    assert worker_count({}) == 1
    assert worker_count({"TF_CONFIG": '{"cluster": {"worker": ["a:1", "b:1"], "chief": ["c:1"]}}'}) == 3
    for text in ("{cluster", "[]", '{"cluster": {"worker": 3}}'):
        with pytest.raises(UserError, match=r"TF_CONFIG is .* not of the form \{\"cluster\""):
            worker_count({"TF_CONFIG": text})
    with pytest.raises(UserError, match=r"train\.strategy is 'many'"):
        make_strategy("many")
    with pytest.raises(UserError, match="TF_CONFIG"):
        make_strategy("multi_worker")
    with pytest.raises(UserError, match="logical_cpus"):
        make_strategy("one_device", logical_cpus=2)
    assert make_strategy("auto").num_replicas_in_sync == max(1, len(tf.config.list_physical_devices("GPU")))


def test_averaged_weights_are_judged_and_kept_and_training_does_not_see_them(tmp_path: pathlib.Path) -> None:
    once = {"epochs": 1}
    plain = trainer_at(tmp_path / "plain", train=once)
    averaged = trainer_at(tmp_path / "averaged", train=once, optimizer={"average": 0.9})
    plain.fit()
    averaged.fit()
    assert steps_of(tmp_path / "plain") == steps_of(tmp_path / "averaged")
    pairs = list(zip(plain.state.evaluations, averaged.state.evaluations, strict=True))
    assert all(one["val_cvr_loss"] != other["val_cvr_loss"] for one, other in pairs)
    kept, last = averaged.model.get_weights(), plain.model.get_weights()
    assert max(np.abs(one - other).max() for one, other in zip(kept, last, strict=True)) > 1e-4
