"""The image encoder that trains along."""

from __future__ import annotations

from pathlib import Path

import keras
import numpy as np
import pytest
import tensorflow as tf

from camenn_tf.encoders.scratch_image import ScratchImage
from camenn_tf.errors import UserError
from tests.encoders.picture_files import file_of, nine_colours


def make(patch_size: int = 16) -> ScratchImage:
    keras.utils.set_random_seed(1)
    return ScratchImage(grid=3, patch_size=patch_size, dim=8)


@pytest.mark.parametrize("patch_size", [8, 16, 20, 32])
def test_shapes(patch_size: int) -> None:
    encoder = make(patch_size)
    assert encoder.patches == 9 and encoder.patch_shape == (patch_size, patch_size, 3)
    assert encoder.encode([file_of(nine_colours())] * 2).shape == (2, 9, 8)
    assert encoder.encode([]).shape == (0, 9, 8)


def test_every_patch_is_encoded_by_itself() -> None:
    encoder = make()
    pixels = np.random.default_rng(0).integers(0, 256, (3, 9, 16, 16, 3), np.uint8)
    whole = encoder.encode_pixels(pixels)
    np.testing.assert_allclose(encoder.encode_pixels(pixels[1:2])[0], whole[1], atol=1e-5)
    np.testing.assert_allclose(encoder.encode_pixels(pixels[:, ::-1])[:, ::-1], whole, atol=1e-5)


def test_only_training_jitters_the_pictures() -> None:
    model = make().model
    pixels = np.random.default_rng(0).integers(0, 256, (2, 9, 16, 16, 3), np.uint8)
    np.testing.assert_array_equal(model(pixels, training=False), model(pixels, training=False))
    assert np.abs(model(pixels, training=True) - model(pixels, training=False)).max() > 1e-3


def test_every_weight_trains() -> None:
    model = make().model
    pixels = np.random.default_rng(0).integers(0, 256, (2, 9, 16, 16, 3), np.uint8)
    with tf.GradientTape() as tape:
        total = tf.reduce_sum(model(pixels) ** 3)
    for gradient in tape.gradient(total, model.trainable_variables):
        assert np.abs(gradient.numpy()).max() > 0


def test_model_survives_its_file(tmp_path: Path) -> None:
    model = make().model
    pixels = np.random.default_rng(0).integers(0, 256, (2, 9, 16, 16, 3), np.uint8)
    model.save(tmp_path / "image.keras")
    np.testing.assert_array_equal(keras.models.load_model(tmp_path / "image.keras")(pixels), model(pixels))


def test_learns_to_tell_textures_apart() -> None:
    # stripes across or along, of random phase and colour: colour says nothing, so shape must be seen
    rng = np.random.default_rng(0)
    waves = (np.sin(np.arange(16)[np.newaxis] * 1.6 + rng.uniform(0, 6, (256, 1))) > 0).astype(np.float32)
    label = np.arange(256) % 2
    stripes = np.where(label[:, np.newaxis, np.newaxis], waves[:, np.newaxis], waves[:, :, np.newaxis])
    colours = rng.uniform(0, 255, (256, 2, 1, 1, 3))
    pictures = stripes[..., np.newaxis] * colours[:, 0] + (1 - stripes[..., np.newaxis]) * colours[:, 1]
    pixels = pictures[:, np.newaxis].astype(np.uint8)  # one patch each
    keras.utils.set_random_seed(1)
    encoder = ScratchImage(grid=1, patch_size=16, dim=8).model
    head = keras.Sequential([encoder, keras.layers.Flatten(), keras.layers.Dense(1)])
    head.compile(keras.optimizers.Adam(3e-3), keras.losses.BinaryCrossentropy(from_logits=True))
    head.fit(pixels[:192], label[:192], batch_size=32, epochs=20, verbose=0)
    right = (head.predict(pixels[192:], verbose=0)[:, 0] > 0) == label[192:]
    assert right.mean() > 0.85


def test_patches_must_be_large_enough() -> None:
    with pytest.raises(UserError, match=r"encode.image.patch_size=4"):
        ScratchImage(grid=3, patch_size=4, dim=8)
