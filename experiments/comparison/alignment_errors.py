"""What a trained model's errors of alignment have in common."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING, Any

import numpy as np

if TYPE_CHECKING:  # --help should not wait for TensorFlow
    from camenn_tf.inputs.batch_pipeline import BatchPipeline
    from camenn_tf.training.run import LoadedRun

THRESHOLD = 0.5
SHOWN = 8  # most frequent pairs of classes


def alignment_errors(run: LoadedRun, pipeline: BatchPipeline) -> dict[str, Any]:
    """`alignment_errors` on the photos of the validation split: by kind of donors and task what `errors_of` says."""
    from camenn_tf.evaluation.alignment_report import alignment_tasks
    from camenn_tf.evaluation.pair_scores import pair_scores
    from camenn_tf.evaluation.predictions import scorer
    from camenn_tf.inputs.alignment_pairs import alignment_batches, alignment_pairs

    tasks = alignment_tasks(run)
    score, names, found = scorer(run.model, pipeline.element_spec), pipeline.catalogue.alignment_class, {}
    for donors in ("all", "same_coarse_class"):
        pairs = alignment_pairs(pipeline, same_coarse_class=donors == "same_coarse_class")
        batches = alignment_batches(pairs, pipeline, run.config.evaluate.batch_size)
        labels, scores = pair_scores(score, batches, tasks)
        classes = names[pairs.text_rows], names[pairs.image_rows]
        found[donors] = {task: errors_of(labels > 0, scores[task], *classes) for task in tasks}
    return {"alignment_errors": found}


def errors_of(genuine: np.ndarray, score: np.ndarray, texts: np.ndarray, images: np.ndarray) -> dict[str, Any]:
    """Counts of genuine pairs and those refused, of wrong pairs and those accepted, and where errors are most.

    Args:
      genuine: bool [n].
      score: [n], accepted from .5 on, as accuracy has it.
      texts: class of each text.
      images: class of each image.

    Returns:
      `genuine`, `refused`, `wrong`, `accepted`; `refused_classes` as [class, refused, pairs] and `accepted_classes` as
      [class of the text, class of the image, accepted, pairs], the most frequent first.
    """
    accepted = score >= THRESHOLD
    refusals, acceptances = genuine & ~accepted, ~genuine & accepted
    own, both = Counter(images[genuine]), Counter(zip(texts[~genuine], images[~genuine], strict=True))
    refused = Counter(images[refusals]).most_common(SHOWN)
    taken = Counter(zip(texts[acceptances], images[acceptances], strict=True)).most_common(SHOWN)
    return {
        "genuine": int(genuine.sum()),
        "refused": int(refusals.sum()),
        "wrong": int((~genuine).sum()),
        "accepted": int(acceptances.sum()),
        "refused_classes": [[name, count, own[name]] for name, count in refused],
        "accepted_classes": [[*names, count, both[names]] for names, count in taken],
    }
