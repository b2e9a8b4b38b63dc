"""The numbers behind Figures 4 and 5, by hand."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pytest

from experiments.comparison import similarity as module
from experiments.comparison.trial import Trial

# Catalogue rows: an item of the store, two photos of one class, one without a text, and one photo of two other classes.
TEXTS = ["bread", "apple", "apple", "", "pear", "plum"]
SPLIT = ["", *["validation"] * 5]
CLASSES = [0, 1, 1, 2, 3, 4]
TEXT_STATES = np.array([[9, 9], [1, 0], [9, 9], [9, 9], [0, 2], [3, 4]], np.float32)
IMAGE_STATES = np.array([[9, 9], [2, 0], [9, 9], [9, 9], [1, 0], [0, 1]], np.float32)
NONE = -1


def states(*_: object) -> Callable[[np.ndarray, np.ndarray], tuple[np.ndarray, np.ndarray]]:
    """In the place of `item_states`; a text beside an image would be another one's."""

    def compute(texts: np.ndarray, images: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        assert (texts == NONE).all() or (images == NONE).all()
        return TEXT_STATES[texts], IMAGE_STATES[images]

    return compute


def test_similarity_by_hand(monkeypatch: pytest.MonkeyPatch) -> None:
    catalogue = SimpleNamespace(
        alignment_split=np.array(SPLIT, object), class_group=np.array(CLASSES), texts=np.array(TEXTS, object)
    )
    complete = np.array([text != "" for text in TEXTS])
    run = SimpleNamespace(model=None, config=SimpleNamespace(evaluate=SimpleNamespace(batch_size=4)))
    pipeline = SimpleNamespace(catalogue=catalogue, complete=complete)
    monkeypatch.setattr(module, "loaded_run", lambda _: (run, pipeline))
    monkeypatch.setattr("camenn_tf.training.inspection.item_states", states)
    found = module.similarity(Trial("ablations", "camenn", 1, "small", ()), "run", "output")["similarity"]

    # The first apple, the pear and the plum: cosines of each text (rows) with each image
    #   apple 1 1 0, pear 0 0 1, plum .6 .6 .8
    shown = [0, 0, 1, 1, 1, 1, 2, 2]  # eight places spread over three items
    cosines = np.array([[1, 1, 0], [0, 0, 1], [0.6, 0.6, 0.8]])
    assert found["items"] == 3
    assert found["genuine"] == pytest.approx((1 + 0 + 0.8) / 3)
    assert found["other"] == pytest.approx((1 + 0 + 0 + 1 + 0.6 + 0.6) / 6)
    assert found["mean_rank"] == pytest.approx((1 + 2 + 1) / 3)  # an equal one does not come before
    assert found["found_first"] == pytest.approx(2 / 3)
    assert found["texts"] == [("apple", "pear", "plum")[place] for place in shown]
    np.testing.assert_allclose(found["matrix"], cosines[np.ix_(shown, shown)], atol=1e-4)
