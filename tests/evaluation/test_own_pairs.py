from __future__ import annotations

import numpy as np
import pytest

from camenn_tf.evaluation.own_pairs import own_pair_scores
from camenn_tf.inputs.item_store import ItemStore
from tests.small_run import SmallRun, shared_small_run


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> SmallRun:
    return shared_small_run(tmp_path_factory)


def test_every_item_with_text_and_picture_is_scored_alone(run: SmallRun) -> None:
    scores = own_pair_scores(str(run.run))
    assert scores is not None
    complete = [item for row, item in enumerate(run.items["item_id"]) if row not in (4, 5)]  # no text, no picture
    assert scores.item_ids == complete
    assert scores.fit.shape == (len(complete),) and np.ptp(scores.fit) > 1e-4
    assert np.all((scores.fit > 0) & (scores.fit < 1))
    assert (scores.train_samples[-6:] == 0).all() and (scores.train_samples[:10] > 0).all()


def test_a_catalogue_without_a_whole_item_has_no_scores(run: SmallRun, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(ItemStore, "has_image", property(lambda store: np.zeros(len(store), bool)))
    scores = own_pair_scores(str(run.run))
    assert scores is not None and not scores.item_ids
    assert scores.fit.shape == scores.train_samples.shape == (0,)
