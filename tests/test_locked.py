"""A lock ends with the last process that holds it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from camenn_tf.locked import locked

HOLDER = """
import sys
from experiments import steps
from camenn_tf.locked import locked
with locked(sys.argv[1]):
    steps.step("tests.waiting_step", sys.argv[2], sys.argv[3])
"""


def wait_for(path: Path) -> None:
    """Until the file is there."""
    for _ in range(600):
        if path.exists():
            return
        time.sleep(0.05)
    raise AssertionError(f"{path} never came")


def test_a_second_process_is_refused_and_waits_for_its_turn(tmp_path: Path) -> None:
    path = str(tmp_path / "locks" / "one")
    with locked(path, wait=False) as first, locked(path, wait=False) as second:
        assert first and not second
    with locked(path, wait=False) as third:
        assert third


def test_a_step_keeps_the_lock_when_its_study_is_killed(tmp_path: Path) -> None:
    lock, started, end = tmp_path / "lock", tmp_path / "started", tmp_path / "end"
    command = [sys.executable, "-c", HOLDER, str(lock), str(started), str(end)]
    study = subprocess.Popen(command, stdout=subprocess.DEVNULL)
    wait_for(started)
    os.kill(study.pid, signal.SIGKILL)
    study.wait()
    with locked(str(lock), wait=False) as held:
        assert not held  # the step goes on, and its directory is its own
    end.touch()
    with locked(str(lock)) as held:
        assert held
