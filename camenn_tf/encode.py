"""Encodes the texts and images of a prepared dataset: python -m camenn_tf.encode --dataset=DIR --output=DIR."""

from __future__ import annotations

from collections.abc import Sequence

from absl import flags

from camenn_tf.encoders.encoding import encode_dataset
from camenn_tf.encoders.feature_cache import CACHE_NAME, cache_directory
from camenn_tf.flags import beam_options, define_config_flag, define_runner_flag, resolve_config, run_main

_CONFIG = define_config_flag()
_RUNNER = define_runner_flag()
_DATASET = flags.DEFINE_string("dataset", None, "Prepared dataset, made by camenn_tf.prepare.", required=True)
_OUTPUT = flags.DEFINE_string(
    "output", None, "Features directory to write; unchanged features are kept.", required=True
)
_CACHE = flags.DEFINE_string(
    "cache",
    None,
    "Directory that keeps every encoded text and image, for later runs, other datasets and other machines; by default "
    f"{CACHE_NAME} beside --output, and none (or nothing) for no cache. It may be removed at any time between runs.",
)


def main(argv: Sequence[str]) -> None:
    """Reads the flags and runs the encoding."""
    config = resolve_config(_CONFIG.value)
    options = beam_options(_RUNNER.value, argv[1:])
    cache = cache_directory(_CACHE.value, _OUTPUT.value)
    encode_dataset(_DATASET.value, _OUTPUT.value, config.encode.to_dict(), options, cache)


if __name__ == "__main__":
    run_main(main, runner_options=True)
