"""python -m camenn_tf.prepare --tables=DIR --output=DIR: checks tables and turns them into a dataset."""

from __future__ import annotations

import signal
import sys
from collections.abc import Sequence

from absl import flags, logging

from camenn_tf.flags import beam_options, define_config_flag, define_runner_flag, resolve_config, run_main

_CONFIG = define_config_flag()
_RUNNER = define_runner_flag()
_TABLES = flags.DEFINE_string(
    "tables", None, "Directory with schema.json and the tables items, users, events.", required=True
)
_OUTPUT = flags.DEFINE_string("output", None, "Directory of the dataset; appears when all is done.", required=True)
_OVERWRITE = flags.DEFINE_bool("overwrite", False, "Replace a dataset made from other tables or settings.")


def main(argv: Sequence[str]) -> None:
    """Runs the preparation."""
    from camenn_tf.dataset.preparation import prepare  # after the flags: --help should not wait for Beam

    signal.signal(signal.SIGTERM, lambda *_: sys.exit(143))  # an exception, so that the partial output goes away
    config = resolve_config(_CONFIG.value)
    options = beam_options(_RUNNER.value, argv[1:])
    info = prepare(_TABLES.value, _OUTPUT.value, config.prepare, options, _OVERWRITE.value)
    for name, split in info.splits.items():
        logging.info("%s: %d samples, %d bought", name, split.samples, split.positives)
    logging.info("dataset: %s (%s)", _OUTPUT.value, info.fingerprint)


if __name__ == "__main__":
    run_main(main, runner_options=True)
