"""What the command-line mains share."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from camenn_tf.config import default_config
from camenn_tf.errors import UserError
from camenn_tf.flags import beam_options, resolve_config

MAIN = """
import sys
from camenn_tf.errors import UserError
from camenn_tf.flags import define_config_flag, resolve_config, run_main
CONFIG = define_config_flag()
def main(argv):
    print("experts", resolve_config(CONFIG.value).model.num_experts, *argv[1:])
    if "--fail" in argv:
        raise UserError("events.csv: row 3: so it is")
if __name__ == "__main__":
    run_main(main, runner_options="--" in sys.argv)
"""


def run(tmp_path: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    program = tmp_path / "main.py"
    program.write_text(MAIN)
    return subprocess.run([sys.executable, str(program), *arguments], capture_output=True, text=True, check=False)


def test_defaults_overrides_and_files(tmp_path: Path) -> None:
    assert run(tmp_path).stdout == "experts 4\n"
    config = tmp_path / "mine.py"
    config.write_text(
        "from camenn_tf.config import default_config\n"
        "def get_config():\n    c = default_config()\n    c.model.num_experts = 7\n    return c\n"
    )
    assert run(tmp_path, f"--config={config}").stdout == "experts 7\n"
    assert run(tmp_path, f"--config={config}", "--config.model.num_experts=8").stdout == "experts 8\n"
    assert run(tmp_path, "--", "--its=own").stdout == "experts 4 --its=own\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--config.model.experts=3"], "unknown key 'experts', expected one of: content_dropout, dropout,"),
        (["--config.modell.num_experts=3"], "unknown key 'modell'"),
        (["--config.model.num_experts=many"], "invalid literal"),
        (["--config=nowhere.py"], "nowhere.py"),
        (["--confg=3"], "Unknown command line flag 'confg'"),
        (["--", "--fail"], "events.csv: row 3: so it is"),
        (["config.model.num_experts=3"], "'config.model.num_experts=3' is not a flag; flags look like --name=value"),
    ],
)
def test_errors_in_words(tmp_path: Path, arguments: list[str], message: str) -> None:
    done = run(tmp_path, *arguments)
    assert done.returncode == 1
    assert message in done.stderr and "Traceback" not in done.stderr


def test_help_lists_the_keys(tmp_path: Path) -> None:
    done = run(tmp_path, "--help")
    assert "prepare.history_length=10" in done.stdout and "model.num_experts=4" in done.stdout


def test_a_file_that_makes_up_keys_is_refused() -> None:
    config = default_config()
    config.model.depth = 3
    with pytest.raises(UserError, match="--config: model: unknown key 'depth'"):
        resolve_config(config)


def test_beam_options() -> None:
    options = beam_options("PortableRunner", ["--job_endpoint=127.0.0.1:1"]).get_all_options()
    assert (options["runner"], options["job_endpoint"]) == ("PortableRunner", "127.0.0.1:1")
    with pytest.raises(UserError, match="'stray' is not a flag"):
        beam_options("FnApiRunner", ["stray"])


def test_what_a_configuration_file_says_is_said_without_its_traceback(tmp_path: Path) -> None:
    (tmp_path / "own.py").write_text(
        "from camenn_tf.errors import UserError\ndef get_config(name=''):\n    raise UserError(f'no {name} here')\n"
    )
    result = run(tmp_path, f"--config={tmp_path}/own.py:papr")
    assert result.returncode == 1
    assert "ERROR: no papr here" in result.stderr and "Traceback" not in result.stderr
