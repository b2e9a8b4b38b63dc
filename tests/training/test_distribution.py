"""Several replicas, several processes, and a process that is killed."""

from __future__ import annotations

import contextlib
import json
import os
import pathlib
import socket
import subprocess
import sys
from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

SECONDS = 300


def start(task: dict[str, Any], **environment: str) -> subprocess.Popen[str]:
    """Runs tests/training/harness.py in a process of its own."""
    return subprocess.Popen(
        [sys.executable, "-m", "tests.training.harness", json.dumps(task)],
        env={**os.environ, "TF_CPP_MIN_LOG_LEVEL": "2", "CUDA_VISIBLE_DEVICES": "-1", **environment},
        cwd=pathlib.Path(__file__).parents[2],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )


def finish(process: subprocess.Popen[str]) -> None:
    output, _ = process.communicate(timeout=SECONDS)
    assert process.returncode == 0, output[-3000:]


def losses(run: str) -> list[float]:
    with open(os.path.join(run, "steps.jsonl"), encoding="utf-8") as file:
        return [json.loads(line)["loss"] for line in file]


def weights(path: str) -> list[np.ndarray]:
    with np.load(path) as stored:
        return [stored[name] for name in stored.files]


def assert_agree(one: str, other: str) -> None:
    """Loss 1e-5 relative, weights 1e-4 of each tensor's largest."""
    np.testing.assert_allclose(losses(f"{one}.run"), losses(f"{other}.run"), rtol=1e-5)
    for left, right in zip(weights(f"{one}.npz"), weights(f"{other}.npz"), strict=True):
        assert np.abs(left - right).max() <= 1e-4 * max(1e-3, np.abs(left).max())


def task(name: str, **values: Any) -> dict[str, Any]:
    config = {"train": {"epochs": 1, "evaluations_per_epoch": 1}, "optimizer": {"average": 0.5}}
    return {"path": f"{name}.run", "weights": f"{name}.npz", "config": config, **values}


@pytest.fixture(scope="module")
def one_device(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Three warm-up steps and six joint ones on one device: name of its files."""
    name = str(tmp_path_factory.mktemp("one") / "one")
    finish(start(task(name)))
    return name


def test_four_devices_agree_with_one(one_device: str, tmp_path: pathlib.Path) -> None:
    # 16 samples a batch and 90 in all: in the last step the fourth device has filler rows only.
    name = str(tmp_path / "four")
    finish(start(task(name, strategy="mirrored", logical_cpus=4)))
    assert len(losses(f"{name}.run")) == 9
    assert_agree(one_device, name)


def test_two_workers_agree_with_each_other_and_with_one_process(one_device: str, tmp_path: pathlib.Path) -> None:
    names = [str(tmp_path / "first"), str(tmp_path / "second")]
    with held_port() as first, held_port() as second:
        cluster = {"worker": [f"127.0.0.1:{port}" for port in (first, second)]}
        processes = [
            start(
                task(name, strategy="auto", path=f"{names[0]}.run"),
                TF_CONFIG=json.dumps({"cluster": cluster, "task": {"type": "worker", "index": index}}),
                TF_GRPC_REUSE_PORT="1",
            )
            for index, name in enumerate(names)
        ]
        for process in processes:
            finish(process)
    for left, right in zip(*(weights(f"{name}.npz") for name in names), strict=True):
        np.testing.assert_array_equal(left, right)
    assert_agree(one_device, names[0])
    assert not list(pathlib.Path(f"{names[0]}.run/checkpoints").glob(".*"))


LONG = {"train": {"epochs": 2, "deterministic": True, "checkpoint_steps": 2}, "optimizer": {"average": 0.5}}


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> str:
    """Three warm-up steps and twelve joint ones, with dropout, that nothing interrupts: name of its files."""
    name = str(tmp_path_factory.mktemp("whole") / "whole")
    finish(start(task(name, config=LONG, dropout=0.2)))
    return name


@pytest.mark.parametrize("step", [1, 11])  # of 0 to 14: in the warm-up, and in the second epoch
def test_a_killed_run_goes_on_exactly(step: int, whole: str, tmp_path: pathlib.Path) -> None:
    name = str(tmp_path / "killed")
    killed = start(task(name, config=LONG, dropout=0.2, kill=step))
    killed.communicate(timeout=SECONDS)
    assert killed.returncode == -9
    finish(start(task(name, config=LONG, dropout=0.2)))
    assert losses(f"{name}.run") == losses(f"{whole}.run")
    for left, right in zip(weights(f"{name}.npz"), weights(f"{whole}.npz"), strict=True):
        np.testing.assert_array_equal(left, right)


@contextlib.contextmanager
def held_port() -> Iterator[int]:
    """A port that nobody else is given meanwhile; a server that may share ports listens on it all the same."""
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)
        probe.bind(("127.0.0.1", 0))
        yield int(probe.getsockname()[1])
