"""How alike a trained model makes the text and the image of an item: the numbers behind Figures 4 and 5."""

from __future__ import annotations

from typing import Any

from experiments.comparison.loaded_run import loaded_run
from experiments.comparison.trial import Trial

SHOWN = 8


def similarity(trial: Trial, run_dir: str, output: str) -> dict[str, Any]:
    """`similarity`: of the eight items the matrix and their texts; of all judged items the summary."""
    import numpy as np  # --help should not wait for TensorFlow

    from camenn_tf.training.heat_map import cosine_similarity
    from camenn_tf.training.inspection import item_states, separate_states

    run, pipeline = loaded_run(run_dir)
    catalogue = pipeline.catalogue
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
