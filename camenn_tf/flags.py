"""What the command-line mains share: the configuration flag, the Beam flags, and errors told in one paragraph."""

from __future__ import annotations

import logging as python_logging
import sys
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any

from absl import app, flags, logging
from ml_collections import ConfigDict, config_flags

import camenn_tf.config as config_module
from camenn_tf.config import default_config, override
from camenn_tf.errors import UserError

if TYPE_CHECKING:
    from apache_beam.options.pipeline_options import PipelineOptions

flags.disclaim_key_flags()  # --help of a main lists the flags that it defines through this file


def define_config_flag() -> flags.FlagHolder[ConfigDict]:
    """Defines `--config=<file with get_config()>` and `--config.section.key=value`; without a file, the defaults.

    Read it with `resolve_config`, which also refuses keys that a configuration file made up.
    """
    try:
        _refuse_unknown_keys(sys.argv)  # config_flags reads them now, and would answer with a traceback
    except UserError as error:
        sys.exit(_complain(error))
    return config_flags.DEFINE_config_file(
        "config",
        default=config_module.__file__,
        help_string="Python file whose get_config() returns the configuration (experiments/configs holds those of "
        "published results). Single values: --config.section.key=value, of:\n" + _describe(default_config()),
    )


def resolve_config(values: ConfigDict) -> ConfigDict:
    """A complete configuration of known keys. Raises UserError that names an unknown key or a value of a wrong type."""
    config = default_config()
    override(config, values.to_dict(), where="--config")
    return config.lock()


def define_runner_flag() -> flags.FlagHolder[str]:
    """Defines `--runner`; the runner's own options follow a bare `--` at the end of the command line."""
    return flags.DEFINE_string(
        "runner",
        # not DirectRunner: that one first tries to download a Go binary
        "FnApiRunner",
        "Apache Beam runner; FnApiRunner runs inside this process. Options of the runner follow a bare --, as in "
        "--runner=PortableRunner -- --job_endpoint=127.0.0.1:8099 --environment_type=LOOPBACK",
    )


def beam_options(runner: str, argv: Sequence[str]) -> PipelineOptions:
    """Options of a Beam pipeline from `--runner` and what stands behind the bare `--` (argv without the program)."""
    from apache_beam.options.pipeline_options import PipelineOptions  # slow to import; only two mains need it

    for option in argv:
        if not option.startswith("--"):
            raise UserError(f"'{option}' is not a flag; options of the Beam runner look like --key=value")
    return PipelineOptions([f"--runner={runner}", *argv])


def run_main(main: Callable[[Sequence[str]], Any], runner_options: bool = False) -> None:
    """Parses the flags, runs `main(argv)` and exits; user errors become one paragraph on stderr and exit status 1.

    What is no flag is such an error, too, but for a main that hands it to `beam_options` (`runner_options`).
    """

    def guarded(argv: Sequence[str]) -> int:
        logging.set_verbosity(logging.INFO)
        # Beam tells of every type hint, and warns that optional parts of Google Cloud are not installed
        python_logging.getLogger("apache_beam").setLevel(python_logging.WARNING)
        python_logging.getLogger().addFilter(lambda record: "apitools not found" not in record.getMessage())
        try:
            if argv[1:] and not runner_options:
                raise UserError(f"'{argv[1]}' is not a flag; flags look like --name=value, and --help lists them")
            main(argv)
        except (UserError, FileNotFoundError) as error:
            return _complain(error)
        return 0

    app.run(guarded, flags_parser=_parse_flags)


def _parse_flags(argv: list[str]) -> list[str]:
    """As absl does, but an unknown configuration key or an unreadable file is an error in words."""
    try:
        rest: list[str] = flags.FLAGS(argv)
        if "config" in flags.FLAGS:
            # a file that cannot be loaded raises here, at its first use
            getattr(flags.FLAGS["config"].value, "seed", None)
        return rest
    except (UserError, flags.Error) as error:
        sys.exit(_complain(_said_by_file(error)))
    except OSError as error:
        sys.exit(_complain(f"--config: {error}"))


def _refuse_unknown_keys(argv: Sequence[str]) -> None:
    for argument in argv[1:]:
        if argument == "--":
            return
        flag = argument.split("=", 1)[0].lstrip("-")
        if not argument.startswith("-") or not flag.startswith("config."):
            continue
        section: Any = default_config()
        for key in flag.split(".")[1:]:
            if not isinstance(section, ConfigDict) or key not in section:
                known = ", ".join(sorted(section)) if isinstance(section, ConfigDict) else "no keys below it"
                raise UserError(f"--{flag}: unknown key '{key}', expected one of: {known}")
            section = section[key]


def _said_by_file(error: Exception) -> Exception:
    """The UserError that a configuration file raised: config_flags puts its whole traceback into another error."""
    mark = f"{UserError.__module__}.{UserError.__name__}: "
    return UserError(str(error).rpartition(mark)[2].strip()) if mark in str(error) else error


def _complain(error: object) -> int:
    print(f"\nERROR: {error}", file=sys.stderr)
    return 1


def _describe(config: ConfigDict, prefix: str = "") -> str:
    lines = []
    for key, value in sorted(config.items()):
        if isinstance(value, ConfigDict):
            lines.append(_describe(value, f"{prefix}{key}."))
        else:
            lines.append(f"{prefix}{key}={value!r}")
    return "\n".join(lines)
