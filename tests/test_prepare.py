"""The command line of the preparation, in processes of its own."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from camenn_tf.dataset.dataset_info import load_dataset_info
from camenn_tf.dataset.preparation import prepare
from tests.dataset.small_tables import IN_PROCESS, settings, shop, write_tables

PREPARE = [sys.executable, "-m", "camenn_tf.prepare"]
DEADLINE = 90.0  # seconds that a job service may take to start


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run([*PREPARE, *arguments], capture_output=True, text=True, check=False)


@pytest.fixture
def job_service(tmp_path: Path) -> Iterator[str]:
    """Address of a portable job service that runs for one test."""
    port_file = tmp_path / "service" / "port"
    port_file.parent.mkdir()
    module = "apache_beam.runners.portability.local_job_service_main"
    command = [sys.executable, "-m", module, "--port=0", f"--port_file={port_file}"]
    with (tmp_path / "service" / "log").open("w") as log:
        service = subprocess.Popen([*command, f"--staging_dir={tmp_path / 'service'}"], stdout=log, stderr=log)
        try:
            start = time.monotonic()
            while not (port_file.exists() and port_file.read_text().strip()):
                if service.poll() is not None or time.monotonic() - start > DEADLINE:
                    pytest.skip(
                        "Beam's local job service does not start: " + (tmp_path / "service" / "log").read_text()
                    )
                time.sleep(0.1)
            yield f"127.0.0.1:{port_file.read_text().strip()}"
        finally:
            service.terminate()
            service.wait()


def test_portable_runner_makes_the_same_dataset(tmp_path: Path, job_service: str) -> None:
    tables = write_tables(tmp_path / "t", shop())
    done = run(
        f"--tables={tables}",
        f"--output={tmp_path / 'd'}",
        "--config.prepare.history_length=4",
        "--runner=PortableRunner",
        "--",
        f"--job_endpoint={job_service}",
        "--environment_type=LOOPBACK",
    )
    assert done.returncode == 0, done.stderr
    here = prepare(tables, str(tmp_path / "here"), settings(history_length=4), IN_PROCESS)
    assert load_dataset_info(str(tmp_path / "d")) == here


def test_fault_is_told_in_words(tmp_path: Path) -> None:
    tables = shop(60)
    tables["events"]["label"][41] = 5
    done = run(f"--tables={write_tables(tmp_path / 't', tables)}", f"--output={tmp_path / 'd'}")
    assert done.returncode == 1
    assert "events.parquet: column 'label': row 42: 5 is neither 0 nor 1" in done.stderr
    assert "Traceback" not in done.stderr
    assert os.listdir(tmp_path) == ["t"]


def test_required_flags_and_help() -> None:
    done = run("--output=x")
    assert done.returncode == 1 and "--tables" in done.stderr and "Traceback" not in done.stderr
    assert "--[no]overwrite" in run("--help").stdout


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_killed_run_leaves_no_dataset(tmp_path: Path, number: signal.Signals) -> None:
    tables = write_tables(tmp_path / "t", shop())
    output = tmp_path / "d"
    running = subprocess.Popen([*PREPARE, f"--tables={tables}", f"--output={output}"], stderr=subprocess.DEVNULL)
    while not list(tmp_path.glob("d.partial-*")):  # it has begun to write
        assert running.poll() is None
        time.sleep(0.01)
    running.send_signal(number)
    assert running.wait() != 0
    assert not output.exists()
    if number == signal.SIGTERM:
        assert os.listdir(tmp_path) == ["t"]
    prepare(tables, str(output), settings(), IN_PROCESS)  # removes what the killed run left
    assert sorted(os.listdir(tmp_path)) == ["d", "t"]
