"""Trains a model: python -m camenn_tf.train --dataset=DIR --features=DIR --output=RUN."""

from __future__ import annotations

from collections.abc import Sequence

from absl import flags

from camenn_tf.flags import define_config_flag, resolve_config, run_main

_CONFIG = define_config_flag()
_DATASET = flags.DEFINE_string("dataset", None, "Prepared dataset, made by camenn_tf.prepare.", required=True)
_FEATURES = flags.DEFINE_string("features", None, "Encoded items, made by camenn_tf.encode.", required=True)
_OUTPUT = flags.DEFINE_string("output", None, "Run directory; one that is there is gone on with.", required=True)
_STRATEGY = flags.DEFINE_enum(
    "strategy",
    None,
    ["auto", "one_device", "mirrored", "multi_worker"],
    "Short for --config.train.strategy: auto takes all GPUs there are, and all workers that TF_CONFIG names.",
)
_LOGICAL_CPUS = flags.DEFINE_integer(
    "logical_cpus", 0, "Cut the CPU into so many devices, to try out --strategy=mirrored without GPUs.", lower_bound=0
)


def main(argv: Sequence[str]) -> None:
    """Reads the flags and trains."""
    from camenn_tf.training.train_run import train_run  # after the flags: --help should not wait for TensorFlow

    config = resolve_config(_CONFIG.value)
    if _STRATEGY.value:
        with config.unlocked():
            config.train.strategy = _STRATEGY.value
    train_run(config, _DATASET.value, _FEATURES.value, _OUTPUT.value, _LOGICAL_CPUS.value)


if __name__ == "__main__":
    run_main(main)
