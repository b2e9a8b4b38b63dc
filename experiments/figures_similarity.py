"""Figures 4 and 5: similarity of text and image of eight items, without and with the alignment tasks.

    python -m experiments.figures_similarity --images=GroceryStoreDataset

CameNN trained from the same seed with ITA and TIA weighed with 0, and with them. Text and image are encoded in separate
rows (together, attention would mix them); a cell is the cosine of the mean text state and the mean patch state at the
shared bottom. Beside the eight items the numbers for all photos of the validation split: the mean of genuine pairs, of
all others, and how far in front an image stands among all when the texts search for theirs.
"""

from __future__ import annotations

from typing import Any

from experiments.comparison.command import run_study
from experiments.comparison.trial import Trial

STUDY = "similarity"
SEEDS = (1, 2, 3)
ARMS = {
    "without": (
        "--config.alignment.weights.ita=0.0",
        "--config.alignment.weights.tia=0.0",
        "--config.alignment.warmup_steps=0",
        "--config.alignment.fraction=0.0",
        "--config.alignment.extra_fraction=0.0",
    ),
    "with": (),
}
SHOWN = 8


def trials() -> list[Trial]:
    """Both arms of each seed."""
    config = "--config=experiments/configs/comparison.py:camenn"
    return [Trial(STUDY, arm, seed, "small", (config, *ARMS[arm])) for seed in SEEDS for arm in ARMS]


def similarity(trial: Trial, run_dir: str, output: str) -> dict[str, Any]:
    """`similarity`: of the eight items the matrix and their texts; of all judged items the summary."""
    import numpy as np  # --help should not wait for TensorFlow

    from camenn_tf.dataset.dataset_info import load_dataset_info
    from camenn_tf.inputs.batch_pipeline import BatchPipeline
    from camenn_tf.inputs.catalogue import Catalogue
    from camenn_tf.inputs.item_store import ItemStore
    from camenn_tf.training.heat_map import cosine_similarity
    from camenn_tf.training.inspection import item_states, separate_states
    from camenn_tf.training.run import load_run

    run = load_run(run_dir)
    info, catalogue = load_dataset_info(run.dataset_dir), Catalogue.load(run.dataset_dir)
    keys = [tensor.name for tensor in run.model.inputs]
    store = ItemStore.open(run.features_dir)
    pipeline = BatchPipeline(info, run.dataset_dir, catalogue, store, run.config, "validation", keys)
    judged = np.flatnonzero(pipeline.complete & (catalogue.alignment_split == "validation"))
    first = judged[np.sort(np.unique(catalogue.class_group[judged], return_index=True)[1])]  # a photo a class
    compute = item_states(run.model, pipeline, run.config.evaluate.batch_size)
    cosines = cosine_similarity(*separate_states(compute, first))
    own = np.diag(cosines)
    rank = (cosines > own[:, None]).sum(1) + 1
    chosen = np.linspace(0, len(first) - 1, SHOWN).round().astype(int)
    others = cosines[~np.eye(len(first), dtype=bool)]
    return {
        "similarity": {
            "items": len(first),
            "genuine": float(own.mean()),
            "other": float(others.mean()),
            "mean_rank": float(rank.mean()),
            "found_first": float(np.mean(rank == 1)),
            "texts": [str(catalogue.texts[row]) for row in first[chosen]],
            "matrix": [[round(float(value), 4) for value in row] for row in cosines[np.ix_(chosen, chosen)]],
        }
    }


if __name__ == "__main__":
    run_study(trials, similarity)
