"""Our models held against DeepCTR's on the same data, one process each: `make peers DATASET=complete_journey`.

    python -m experiments.peers.compare --dataset=build/complete_journey/dataset \
        --features=build/complete_journey/features

For every model: our side, then DeepCTR's, one pass over the same train samples, shuffled, then scores of the validation
split (never test). Sizes, optimizer and seed are in experiments/peers/settings.py; the table is printed at the end. A
model whose JSON is there is skipped. For a quick try: --max_samples=10000 --models=fm,din. RESULTS.md has the data of
`experiments.search`: build/comparison/small, with --threads=1 and --results=experiments/results/peers.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from typing import Any

from absl import flags

from camenn_tf.dataset.dataset_info import load_dataset_info
from camenn_tf.flags import run_main
from experiments.peers.pair import check_environment, check_found, export_arrays, run_pair, use_threads
from experiments.peers.settings import MODELS, SETTINGS, our_config
from experiments.steps import commit, load_json, write_result
from experiments.tables import peers

_DATASET = flags.DEFINE_string("dataset", None, "Prepared dataset.", required=True)
_FEATURES = flags.DEFINE_string("features", None, "Its encoded items, of frozen encoders.", required=True)
_MODELS = flags.DEFINE_list("models", list(MODELS), "Models to compare.")
_MAX_SAMPLES = flags.DEFINE_integer("max_samples", 0, "Most samples of a split, 0 = all; to try.", lower_bound=0)
flags.register_validator(
    "max_samples",
    lambda value: value == 0 or value >= 2 * SETTINGS["batch_size"],
    f"0 or at least {2 * SETTINGS['batch_size']}: speed is measured from the second step on",
)
_THREADS = flags.DEFINE_integer("threads", 2, "Threads and cores of either side.", lower_bound=1)
_PYTHON = flags.DEFINE_string("python", ".venv-peers/bin/python", "Python of the peers' environment.")
_WORK = flags.DEFINE_string("work", "build/peers", "Directory for exported arrays and scores.")
_RESULTS = flags.DEFINE_string("results", "", "Directory of the JSON files; empty: results in --work.")


def main(_: Sequence[str]) -> None:
    """Compares the models that are missing."""
    results = _RESULTS.value or os.path.join(_WORK.value, "results")
    paths = {model: os.path.join(results, f"{model}.json") for model in _MODELS.value}
    setup: dict[str, Any] = {
        "settings": SETTINGS,
        "dataset_fingerprint": load_dataset_info(_DATASET.value).fingerprint,
        "threads": _THREADS.value,
        "max_samples": _MAX_SAMPLES.value,
    }
    for model, path in paths.items():
        our_config(model)  # refuses a name without a peer
        check_found(path, setup)
    missing = [model for model, path in paths.items() if not os.path.exists(path)]
    if missing:
        _compare(missing, paths, setup)
    files = [(path, load_json(results, model)) for model, path in paths.items()]
    print("\n" + "\n".join(peers.lines(files)) + f"\n\nThe same numbers as JSON: {results}")


def _compare(missing: Sequence[str], paths: Mapping[str, str], setup: Mapping[str, Any]) -> None:
    """Both sides of each model, and its JSON."""
    check_environment(_PYTHON.value)
    use_threads(_THREADS.value)
    arrays = f"{setup['dataset_fingerprint'][:12]}-{_MAX_SAMPLES.value or 'all'}"
    sources = {
        "settings": SETTINGS,
        "dataset": os.path.abspath(_DATASET.value),
        "features": os.path.abspath(_FEATURES.value),
        "data": os.path.abspath(os.path.join(_WORK.value, arrays)),
        "max_samples": _MAX_SAMPLES.value,
    }
    samples = export_arrays(sources, _WORK.value)
    for model in missing:
        measured = run_pair({**sources, "model": model, "samples": samples}, _PYTHON.value, _WORK.value)
        write_result(paths[model], {"kind": "peers", "model": model, "commit": commit(), **setup, **measured})
        print(f"wrote {paths[model]}", flush=True)


if __name__ == "__main__":
    run_main(main)
