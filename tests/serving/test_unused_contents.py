"""A model that reads no pictures is saved and served with the same signatures."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import tensorflow as tf

from camenn_tf.serving.saved_model import save
from tests.serving.small_shop import IMAGES, ITEM_IDS, TEXTS, make_shop


def test_a_model_without_pictures_is_saved_and_served_alike(tmp_path: Path) -> None:
    shop = make_shop(use_images=False)
    save(shop.recommender, str(tmp_path), 1, {"items": len(ITEM_IDS)})
    signatures = tf.saved_model.load(str(tmp_path / "1")).signatures
    assert {"rank", "rank_new", "align", "embed"} < set(signatures)
    found = [
        signatures["align"](texts=tf.constant(TEXTS[:2]), images=tf.constant([b"", image])) for image in IMAGES[:2]
    ]
    np.testing.assert_allclose(found[0]["ita"], found[1]["ita"], atol=1e-6)
    assert np.ptp(found[0]["ita"]) > 1e-4  # it reads texts
