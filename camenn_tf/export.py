"""Exports a trained run for TensorFlow Serving: python -m camenn_tf.export --run=RUN --output=MODELDIR."""

from __future__ import annotations

from collections.abc import Sequence

from absl import flags, logging

from camenn_tf.flags import run_main

_RUN = flags.DEFINE_string("run", None, "Run directory, made by camenn_tf.train.", required=True)
_OUTPUT = flags.DEFINE_string("output", None, "Model directory; the version becomes a folder in it.", required=True)
_VERSION = flags.DEFINE_integer("version", None, "Version to write; default: export.version of the run.", lower_bound=1)
_MAX_ITEMS = flags.DEFINE_integer(
    "max_items",
    None,
    "Largest catalogue whose features lie inside the model; for a larger one rank takes them as inputs. "
    "Default: export.max_items of the run.",
    lower_bound=0,
)
_DATASET = flags.DEFINE_string("dataset", "", "Where the run's dataset lies now, if it has moved.")
_FEATURES = flags.DEFINE_string("features", "", "Where the run's features lie now, if they have moved.")


def main(argv: Sequence[str]) -> None:
    """Exports the run."""
    from camenn_tf.serving.export_run import export_run, size_on_disk  # after the flags: --help should not wait

    verbosity = logging.get_verbosity()
    logging.set_verbosity(logging.WARNING)  # TensorFlow lists every renamed weight of each signature, twice
    try:
        path = export_run(_RUN.value, _OUTPUT.value, _VERSION.value, _MAX_ITEMS.value, _DATASET.value, _FEATURES.value)
    finally:
        logging.set_verbosity(verbosity)
    logging.info("SavedModel: %s (%.1f MB)", path, size_on_disk(path) / 1e6)


if __name__ == "__main__":
    run_main(main)
