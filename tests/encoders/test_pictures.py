"""From files to patches."""

from __future__ import annotations

import struct
import subprocess
import sys
import zlib
from pathlib import Path

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


@pytest.mark.parametrize(
    ("kind", "mode", "options"),
    [
        ("JPEG", "RGB", {"quality": 95}),
        ("JPEG", "CMYK", {"quality": 95}),
        ("JPEG", "L", {}),
        ("JPEG", "RGB", {"progressive": True}),
        ("PNG", "RGB", {}),
        ("PNG", "RGBA", {}),
        ("PNG", "LA", {}),
        ("PNG", "P", {}),
        ("PNG", "I;16", {}),
        ("WEBP", "RGB", {"lossless": True}),
        ("WEBP", "RGBA", {"lossless": True}),
        ("WEBP", "RGB", {"quality": 90}),
        ("GIF", "P", {}),
        ("BMP", "RGB", {}),
    ],
)
def test_formats_agree_with_pillow(kind: str, mode: str, options: dict[str, object]) -> None:
    grey = Image.fromarray(np.repeat(np.linspace(20, 220, 48).astype(np.uint8)[np.newaxis], 48, 0))
    image = Image.fromarray(np.asarray(grey).astype(np.uint16) * 257) if mode == "I;16" else grey.convert(mode)
    out = patches(file_of(image, kind, **options), grid=2, size=(24, 24))
    joined = np.concatenate([np.concatenate(out[:2], axis=1), np.concatenate(out[2:], axis=1)])
    expected = np.asarray(grey.convert("RGB"), np.int64)
    assert np.abs(joined - expected).max() <= 12  # JPEG and CMYK lose some


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


def test_gif_shows_its_first_frame() -> None:
    frames = [Image.new("RGB", (9, 9), colour) for colour in ((250, 0, 0), (0, 250, 0))]
    content = file_of(frames[0], "GIF", save_all=True, append_images=frames[1:])
    np.testing.assert_array_equal(patches(content)[:, 0, 0], np.full((9, 3), [250, 0, 0]))


def test_broken_pictures_are_told_apart_from_good_ones() -> None:
    good = file_of(nine_colours(), "PNG")
    jpeg = file_of(nine_colours(300, 300), "JPEG")
    images = tf.constant([good, b"", jpeg[: len(jpeg) // 2], b"no picture", good[:60], jpeg])
    pixels, has_image = pictures.decode_or_none(images, 3, (8, 8))
    assert has_image.numpy().tolist() == [True, False, False, False, False, True]
    np.testing.assert_array_equal(pixels[0], patches(good))
    np.testing.assert_array_equal(pixels[5], patches(jpeg))
    assert not pixels.numpy()[1:5].any()


@pytest.mark.parametrize("images", [[], [b""], [b"", b"x"]])
def test_no_good_picture_at_all(images: list[bytes]) -> None:
    pixels, has_image = pictures.decode_or_none(tf.constant(images, tf.string), 2, (4, 5))
    assert pixels.shape == (len(images), 4, 4, 5, 3) and not has_image.numpy().any()


def test_a_decompression_bomb_is_refused_by_its_header() -> None:
    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", 60000, 60000, 8, 2, 0, 0, 0)
    bomb = b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(b"\0" * 1000))
    with pytest.raises(tf.errors.InvalidArgumentError, match="more than 100000000 pixels"):
        patches(bomb + chunk(b"IEND", b""))


def test_works_in_a_saved_model_in_a_fresh_process(tmp_path: Path) -> None:
    class Module(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None], tf.string)])
        def __call__(self, images: tf.Tensor) -> dict[str, tf.Tensor]:
            pixels, has_image = pictures.decode_or_none(images, 3, (4, 4))
            return {"pixels": pixels, "has_image": has_image}

    module = Module()
    tf.saved_model.save(module, str(tmp_path / "model"))
    turned = Image.new("RGB", (6, 6))
    exif = turned.getexif()
    exif[0x0112] = 6
    jpeg = file_of(nine_colours(60, 90), "JPEG", exif=exif, quality=95)
    (tmp_path / "good.jpg").write_bytes(jpeg)
    script = (
        "import sys, numpy as np, tensorflow as tf\n"
        "model = tf.saved_model.load(sys.argv[1] + '/model')\n"
        "good = open(sys.argv[1] + '/good.jpg', 'rb').read()\n"
        "out = model(tf.constant([good[:500], good, b'']))\n"
        "np.savez(sys.argv[1] + '/out.npz', **{key: value.numpy() for key, value in out.items()})\n"
    )
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=True, capture_output=True, timeout=300)
    out = np.load(tmp_path / "out.npz")
    assert out["has_image"].tolist() == [False, True, False]
    np.testing.assert_array_equal(out["pixels"][1], patches(jpeg, size=(4, 4)))
    # turned a quarter to the right: the first column from below becomes the first row
    middle = out["pixels"][1][:, 2, 2].astype(int)
    assert np.abs(middle - COLOURS[[6, 3, 0, 7, 4, 1, 8, 5, 2]]).max() < 30
