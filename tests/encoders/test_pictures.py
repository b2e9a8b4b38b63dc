"""From files to patches; test_decoding.py compares the formats with Pillow."""

from __future__ import annotations

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image

from camenn_tf.encoders import pictures
from tests.encoders.picture_files import COLOURS, file_of, nine_colours


def patches(content: bytes, grid: int = 3, size: tuple[int, int] = (8, 8)) -> np.ndarray:
    out: np.ndarray = pictures.to_patches(tf.constant(content), grid, size).numpy()
    return out


def test_nine_plain_patches_come_in_natural_order() -> None:
    out = patches(file_of(nine_colours()))
    assert out.shape == (9, 8, 8, 3) and out.dtype == np.uint8
    np.testing.assert_array_equal(out, np.broadcast_to(COLOURS[:, np.newaxis, np.newaxis], out.shape))


@pytest.mark.parametrize("size", [(31, 46), (32, 47), (33, 45), (300, 600)])
def test_sides_that_do_not_divide_keep_the_order(size: tuple[int, int]) -> None:
    picture = np.pad(nine_colours(), [(0, 0), (0, 0), (0, 0)])
    enlarged = np.asarray(Image.fromarray(picture).resize(size[::-1], Image.Resampling.NEAREST))
    middle = patches(file_of(enlarged))[:, 4, 4]
    np.testing.assert_array_equal(middle, COLOURS)


def test_patches_of_the_target_size_are_the_pixels_themselves() -> None:
    picture = np.random.default_rng(0).integers(0, 256, (16, 24, 3), np.uint8)
    out = patches(file_of(picture), grid=2, size=(8, 12))
    np.testing.assert_array_equal(out[1], picture[:8, 12:])
    np.testing.assert_array_equal(out[2], picture[8:, :12])


def test_shrinking_averages_all_pixels() -> None:
    # stripes of one pixel: without antialiasing a patch would be all black or all white
    stripes = np.zeros((64, 64, 3), np.uint8)
    stripes[:, ::2] = 255
    out = patches(file_of(stripes), grid=1, size=(8, 8))
    assert out.min() >= 110 and out.max() <= 145


@pytest.mark.parametrize("side", [1, 2])
def test_a_picture_smaller_than_the_grid(side: int) -> None:
    out = patches(file_of(np.full((side, 5, 3), 77, np.uint8)))
    np.testing.assert_array_equal(out, np.full((9, 8, 8, 3), 77))


def test_transparent_is_white() -> None:
    picture = np.zeros((6, 6, 4), np.uint8)
    picture[:, 3:] = [10, 20, 30, 255]
    picture[:, :3, 3] = 0
    out = patches(file_of(picture), grid=1, size=(6, 6))[0]
    np.testing.assert_array_equal(out[:, :3], np.full((6, 3, 3), 255))
    np.testing.assert_array_equal(out[:, 3:], np.broadcast_to([10, 20, 30], (6, 3, 3)))


def test_half_transparent_is_mixed_with_white() -> None:
    picture = np.full((3, 3, 4), [100, 0, 200, 51], np.uint8)  # alpha .2
    assert patches(file_of(picture), grid=1, size=(3, 3))[0, 0, 0].tolist() == [224, 204, 244]


def test_broken_pictures_are_told_apart_from_good_ones() -> None:
    good = file_of(nine_colours(), "PNG")
    jpeg = file_of(nine_colours(300, 300), "JPEG")
    images = tf.constant([good, b"", jpeg[: len(jpeg) // 2], b"no picture", good[:60], jpeg])
    pixels, has_image = pictures.decode_or_none(images, 3, (8, 8))
    assert has_image.numpy().tolist() == [True, False, False, False, False, True]
    np.testing.assert_array_equal(pixels[0], patches(good))
    np.testing.assert_array_equal(pixels[5], patches(jpeg))
    assert not pixels.numpy()[1:5].any()


def test_no_good_picture_at_all() -> None:
    decode = tf.function(
        lambda images: pictures.decode_or_none(images, 2, (4, 5)),
        input_signature=[tf.TensorSpec([None], tf.string)],
        autograph=False,
    )
    several: list[list[bytes]] = [[], [b""], [b"", b"x"]]
    for images in several:
        pixels, has_image = decode(tf.constant(images, tf.string))
        assert pixels.shape == (len(images), 4, 4, 5, 3) and not has_image.numpy().any()
