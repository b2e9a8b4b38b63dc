from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf

from camenn_tf.encoders.picture_jitter import PictureJitter


def picture() -> np.ndarray:
    """One picture of 2x2 patches of 2x2 pixels whose value tells the column (0 to 3), in all channels."""
    whole = np.broadcast_to(np.linspace(-1, 1, 4)[None, :, None], (4, 4, 3))
    patches = whole.reshape(2, 2, 2, 2, 3).transpose(0, 2, 1, 3, 4).reshape(1, 4, 2, 2, 3)
    return patches.astype(np.float32)


def whole_of(patches: np.ndarray) -> np.ndarray:
    return patches.reshape(2, 2, 2, 2, 3).transpose(0, 2, 1, 3, 4).reshape(4, 4, 3)


def test_inference_leaves_pictures_as_they_are() -> None:
    np.testing.assert_array_equal(PictureJitter()(picture(), training=False), picture())


def test_whole_pictures_are_mirrored_across_their_patches(monkeypatch: pytest.MonkeyPatch) -> None:
    """Without crop and colour a picture comes back as it is or mirrored, and both happen."""
    layer = PictureJitter(least_side=1.0, colour=0.0)
    monkeypatch.setattr(
        layer, "_uniform", lambda shape, low=0.0: tf.fill(shape, 0.25)
    )  # every draw below a half: mirrored; side 1.025
    mirrored = whole_of(layer(picture(), training=True).numpy()[0])
    np.testing.assert_allclose(mirrored[1:3, 1:3], whole_of(picture()[0])[1:3, ::-1][:, 1:3], atol=0.05)
    monkeypatch.setattr(layer, "_uniform", lambda shape, low=0.0: tf.fill(shape, 0.5))
    straight = whole_of(layer(picture(), training=True).numpy()[0])
    np.testing.assert_allclose(straight[1:3, 1:3], whole_of(picture()[0])[1:3, 1:3], atol=0.1)


def test_colours_shift_a_picture_as_a_whole_and_stay_in_range() -> None:
    layer = PictureJitter(least_side=1.0, colour=0.5)
    pictures = np.zeros((8, 4, 2, 2, 3), np.float32)
    jittered = layer(pictures, training=True).numpy()
    assert jittered.shape == pictures.shape and np.abs(jittered).max() <= 1.0
    inner = jittered[:, 0, 1, 1]  # [8, 3]: away from the border
    assert len(np.unique(inner.round(5))) > 12
