"""Named parts of a split on which a model is judged by itself."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from camenn_tf.evaluation.predictions import Predictions

RARE_BELOW = 20  # train samples of an item

Mask = npt.NDArray[np.bool_]


def slices(
    predictions: Predictions, train_samples: npt.NDArray[np.int64], dirty: Mask | None = None
) -> dict[str, Mask]:
    """Which samples belong to which slice.

    Args:
      predictions: the split's samples.
      train_samples: [catalogue rows], samples of the train split whose target the item is.
      dirty: [catalogue rows], whether the item's text, category or picture are wrong; None = not known.

    Returns:
      Masks [n] by name: `new_to_user` or `bought_before`; `item_unseen`, `item_rare` (seen, but below `RARE_BELOW`) or
      `item_frequent` in train; with a truth `item_dirty` or `item_clean`.
    """
    seen = train_samples[predictions.target]
    new = predictions.new_to_user > 0
    masks = {
        "new_to_user": new,
        "bought_before": ~new,
        "item_unseen": seen == 0,
        "item_rare": (seen > 0) & (seen < RARE_BELOW),
        "item_frequent": seen >= RARE_BELOW,
    }
    if dirty is not None:
        masks["item_dirty"] = dirty[predictions.target]
        masks["item_clean"] = ~dirty[predictions.target]
    return masks
