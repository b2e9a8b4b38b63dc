"""Gradient boosting on the observed and on the true fields, and the oracle, beside which a model's result stands.

`python -m experiments.references --dataset=DIR [--truth=DIR] --output=FILE.json`
"""

from __future__ import annotations

import json
from collections.abc import Sequence

from absl import flags, logging

from camenn_tf.flags import run_main
from experiments.reference_rows import references
from experiments.steps import write_text

_DATASET = flags.DEFINE_string("dataset", None, "Prepared dataset.", required=True)
_TRUTH = flags.DEFINE_string("truth", None, "Truth directory of the tables; adds the true row and the oracle.")
_OUTPUT = flags.DEFINE_string("output", None, "JSON file to write.", required=True)


def main(_: Sequence[str]) -> None:
    """Parses, computes, writes aside and renames."""
    result = references(_DATASET.value, _TRUTH.value)
    write_text(_OUTPUT.value, json.dumps(result, indent=1) + "\n")
    for name, row in result["rows"].items():
        logging.info("%s: test AUC %.4f, log loss %.4f", name, row["test"]["auc"], row["test"]["log_loss"])
    for name, share in result.get("share_of_lift", {}).items():
        logging.info("%s: %.0f%% of the oracle's lift", name, 100 * share)


if __name__ == "__main__":
    run_main(main)
