"""Decoding, format by format, against Pillow."""

from __future__ import annotations

import functools
import io
import re
import struct
import subprocess
import sys
import zlib
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import tensorflow as tf
from PIL import Image, ImageOps

from camenn_tf.encoders import pictures
from tests.encoders.picture_files import file_of

SIZE = (60, 80)  # the scene's height and width: of one patch, so that nothing is resized


@functools.cache
def scene() -> Image.Image:
    """A smooth picture of many colours."""
    small = np.random.default_rng(0).integers(0, 256, (6, 8, 3), np.uint8)
    return Image.fromarray(small).resize(SIZE[::-1], Image.Resampling.BICUBIC)


@functools.cache
def see_through() -> Image.Image:
    """The same, ever less transparent from left to right."""
    out = scene().copy()
    out.putalpha(Image.fromarray(np.linspace(0, 255, SIZE[1]).astype(np.uint8)[np.newaxis].repeat(SIZE[0], 0)))
    return out


def png16(values: np.ndarray, colour_type: int) -> bytes:
    """A PNG file of 16 bits a channel, which Pillow cannot write; values [h, w, channels]."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    header = struct.pack(">IIBBBBB", values.shape[1], values.shape[0], 16, colour_type, 0, 0, 0)
    rows = b"".join(b"\0" + row.astype(">u2").tobytes() for row in values)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(rows)) + chunk(b"IEND", b"")


def animation(kind: str, picture: Image.Image, **options: Any) -> bytes:
    """Three frames, of which the first is the picture."""
    later = [ImageOps.flip(picture), ImageOps.mirror(picture)]
    return file_of(picture, kind, save_all=True, append_images=later, duration=50, **options)


def turned(kind: str, **options: Any) -> bytes:
    exif = scene().getexif()
    exif[0x0112] = 6
    return file_of(scene(), kind, exif=exif, **options)


def by_pillow(content: bytes) -> np.ndarray:
    """Pillow's decode, upright and over white, int [H, W, 3]."""
    with Image.open(io.BytesIO(content)) as file:
        image = ImageOps.exif_transpose(file).convert("RGBA")
    white = Image.new("RGBA", image.size, "white")
    white.alpha_composite(image)
    return np.asarray(white.convert("RGB")).astype(int)


@functools.cache
def decoder(size: tuple[int, int]) -> Any:
    return tf.function(
        lambda content: pictures.to_patches(content, 1, size)[0],
        input_signature=[tf.TensorSpec([], tf.string)],
        autograph=False,
    )


def by_tensorflow(content: bytes, size: tuple[int, int] = SIZE) -> np.ndarray:
    out: np.ndarray = decoder(size)(tf.constant(content)).numpy().astype(int)
    return out


grey = functools.partial(Image.Image.convert, mode="L")
few = functools.partial(Image.Image.quantize, colors=64)

# name: bytes, largest difference from Pillow. JPEG's arithmetic differs by a few grey levels between builds, and CMYK
# by the rounding of four inks; the rest is exact.
FORMATS = {
    "jpeg": (lambda: file_of(scene(), "JPEG", quality=90), 5),
    "jpeg full colour": (lambda: file_of(scene(), "JPEG", quality=90, subsampling=0), 5),
    "jpeg progressive": (lambda: file_of(scene(), "JPEG", progressive=True), 5),
    "jpeg grey": (lambda: file_of(grey(scene()), "JPEG"), 3),
    "jpeg cmyk": (lambda: file_of(scene().convert("CMYK"), "JPEG", quality=95), 12),
    "png": (lambda: file_of(scene()), 0),
    "png grey": (lambda: file_of(grey(scene())), 0),
    "png one bit": (lambda: file_of(scene().convert("1")), 0),
    "png palette": (lambda: file_of(few(scene())), 0),
    "png 16 bits": (lambda: png16(np.random.default_rng(1).integers(0, 65536, (*SIZE, 3)), 2), 0),
    "png 16 bits and alpha": (lambda: png16(np.random.default_rng(1).integers(0, 65536, (*SIZE, 4)), 6), 0),
    "png alpha": (lambda: file_of(see_through()), 1),
    "png grey and alpha": (lambda: file_of(see_through().convert("LA")), 1),
    "png palette, each with its alpha": (lambda: file_of(few(scene()), transparency=bytes(range(0, 256, 4))), 1),
    "png a transparent colour": (lambda: file_of(few(scene()).convert("RGB"), transparency=most_used(scene())), 0),
    "png a transparent grey": (lambda: file_of(grey(scene()), transparency=100), 0),
    "webp": (lambda: file_of(scene(), "WEBP", quality=80), 2),
    "webp lossless": (lambda: file_of(scene(), "WEBP", lossless=True), 0),
    "webp alpha": (lambda: file_of(see_through(), "WEBP", quality=80), 2),
    "webp animated": (lambda: animation("WEBP", scene(), lossless=True), 0),
    "webp animated, alpha": (lambda: animation("WEBP", see_through(), quality=80), 2),
    "gif": (lambda: file_of(scene(), "GIF"), 0),
    "gif interlaced": (lambda: file_of(scene(), "GIF", interlace=1), 0),
    "gif animated": (lambda: animation("GIF", scene()), 0),
    "gif transparent": (lambda: file_of(few(scene()), "GIF", transparency=3), 0),
    "gif transparent and animated": (lambda: animation("GIF", few(scene()), transparency=3, disposal=2), 0),
    "bmp": (lambda: file_of(scene(), "BMP"), 0),
    "bmp palette": (lambda: file_of(few(scene()), "BMP"), 0),
    "bmp filler": (lambda: file_of(see_through(), "BMP"), 0),
    "jpeg turned": (lambda: turned("JPEG", quality=90), 5),
    "png turned": (lambda: turned("PNG"), 0),
    "webp turned": (lambda: turned("WEBP", lossless=True), 0),
}


def most_used(image: Image.Image) -> tuple[int, ...]:
    colours, counts = np.unique(np.asarray(few(image).convert("RGB")).reshape(-1, 3), axis=0, return_counts=True)
    return tuple(int(value) for value in colours[counts.argmax()])


@pytest.mark.parametrize("name", FORMATS)
def test_agrees_with_pillow(name: str) -> None:
    make, tolerance = FORMATS[name]
    content = make()
    expected = by_pillow(content)
    assert expected.shape == (SIZE[::-1] if name.endswith("turned") else SIZE) + (3,)
    out = by_tensorflow(content, expected.shape[:2])
    assert np.abs(out - expected).max() <= tolerance


def test_what_is_compared_has_transparent_places() -> None:
    for name in FORMATS:
        if "transparent" in name:
            assert (by_pillow(FORMATS[name][0]()) == 255).all(-1).mean() > 0.005, name


def test_a_gif_colour_is_only_transparent_where_the_file_says_so() -> None:
    content = file_of(few(scene()), "GIF", transparency=3)
    place = content.index(b"\x21\xf9")
    opaque = content[: place + 3] + bytes([content[place + 3] & 0xFE]) + content[place + 4 :]
    np.testing.assert_array_equal(by_tensorflow(opaque), by_pillow(opaque))
    assert (by_tensorflow(opaque) != by_tensorflow(content)).any()


@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "BMP"])
def test_one_pixel(kind: str) -> None:
    content = file_of(Image.new("RGB", (1, 1), (200, 30, 90)), kind)
    out = by_tensorflow(content, (8, 8))
    assert np.abs(out - by_pillow(content)).max() <= 3  # [8, 8, 3] of one colour


@pytest.mark.parametrize("share", [0.0, 0.01, 0.1, 0.5, 0.9])
@pytest.mark.parametrize("kind", ["JPEG", "PNG", "GIF", "WEBP", "BMP", "animated GIF", "animated WEBP"])
def test_cut_short_is_broken(kind: str, share: float) -> None:
    still = file_of(scene(), kind.split()[-1])
    content = animation(kind.split()[-1], scene()) if kind.startswith("animated") else still
    first_frame = len(still) if kind.startswith("animated") else len(content)  # later frames are not needed
    with pytest.raises(tf.errors.InvalidArgumentError):
        by_tensorflow(content[: int(share * first_frame)])


@pytest.mark.parametrize("content", [b"", b"\0", b"no picture", b"\0" * 1000, b"RIFF\0\0\0\0WEBP", b"GIF89a", b"BM"])
def test_not_a_picture(content: bytes) -> None:
    with pytest.raises(tf.errors.InvalidArgumentError):
        by_tensorflow(content)


def test_other_formats_are_refused_before_a_decoder_sees_them() -> None:
    jpeg_xl = b"\xff\x0a" + bytes(100)
    for content in (file_of(scene(), "TIFF"), jpeg_xl):
        with pytest.raises(tf.errors.InvalidArgumentError, match="not a JPEG, PNG, GIF, BMP or WebP file"):
            by_tensorflow(content)


def test_an_empty_file_is_called_so() -> None:
    with pytest.raises(tf.errors.InvalidArgumentError, match="an empty file"):
        by_tensorflow(b"")


def patched(content: bytes, at: int, layout: str, *values: int) -> bytes:
    new = struct.pack(layout, *values)
    return content[:at] + new + content[at + len(new) :]


def bomb(kind: str) -> bytes:
    """A small file whose header claims 30,000 x 30,000 pixels (16,383 x 16,383 for WebP, which knows no more)."""
    small = Image.new("RGB", (8, 8), "red")
    if kind == "png":
        header = struct.pack(">II", 30000, 30000) + file_of(small)[24:29]
        content = patched(file_of(small), 16, ">II", 30000, 30000)
        return patched(content, 29, ">I", zlib.crc32(b"IHDR" + header))
    if kind == "jpeg":
        content = file_of(small, "JPEG")
        found = re.search(rb"\xff\xc0\x00\x11\x08", content)
        assert found
        return patched(content, found.end(), ">HH", 30000, 30000)
    if kind == "gif canvas":
        return patched(file_of(small, "GIF"), 6, "<HH", 30000, 30000)
    if kind == "gif frame":
        content = file_of(small, "GIF")
        return patched(content, content.index(b"\x2c\0\0\0\0\x08\0\x08\0") + 5, "<HH", 30000, 30000)
    if kind == "webp lossless":
        content = file_of(small, "WEBP", lossless=True)
        return patched(content, 21, "<I", 16382 | 16382 << 14)
    if kind == "webp lossy":
        return patched(file_of(small, "WEBP"), 26, "<HH", 16383, 16383)
    content = animation("WEBP", scene())  # kind "webp animated"
    place = content.index(b"ANMF")
    return patched(content, place + 14, "<HBHB", 29999, 0, 29999, 0)


BOMBS = ("png", "jpeg", "gif canvas", "gif frame", "webp lossless", "webp lossy", "webp animated")


@pytest.mark.parametrize("kind", BOMBS)
def test_a_bomb_is_refused_by_its_header(kind: str) -> None:
    with pytest.raises(tf.errors.InvalidArgumentError, match="the header claims more than 100000000 pixels"):
        by_tensorflow(bomb(kind))


def test_later_frames_are_not_even_looked_at() -> None:
    content = animation("GIF", few(scene()))
    later = content.index(b"\x2c", content.rindex(b"\x21\xf9"))  # the last frame's descriptor
    monster = patched(content, later + 5, "<HH", 65535, 65535)  # 4 GB
    np.testing.assert_array_equal(by_tensorflow(monster), by_pillow(content))


def test_all_of_it_in_a_saved_model_in_a_fresh_process(tmp_path: Path) -> None:
    class Module(tf.Module):
        @tf.function(input_signature=[tf.TensorSpec([None], tf.string)], autograph=False)
        def decode(self, images: tf.Tensor) -> dict[str, tf.Tensor]:
            pixels, has_image = pictures.decode_or_none(images, 2, (6, 8))
            return {"pixels": pixels, "has_image": has_image}

    module = Module()
    tf.saved_model.save(module, str(tmp_path / "model"), signatures=module.decode)
    good = [make() for make, _ in FORMATS.values()]
    broken = [b"", b"no picture", *(content[: len(content) // 3] for content in good[:3]), *map(bomb, BOMBS)]
    contents = [content for pair in zip(good, broken * 3, strict=False) for content in pair]
    for number, content in enumerate(contents):
        (tmp_path / str(number)).write_bytes(content)
    script = (
        "import sys, numpy as np, tensorflow as tf\n"
        "serve = tf.saved_model.load(sys.argv[1] + '/model').signatures['serving_default']\n"
        "contents = [open(f'{sys.argv[1]}/{number}', 'rb').read() for number in range(int(sys.argv[2]))]\n"
        "out = serve(images=tf.constant(contents))\n"
        "np.savez(sys.argv[1] + '/out.npz', **{key: value.numpy() for key, value in out.items()})\n"
    )
    command = [sys.executable, "-c", script, str(tmp_path), str(len(contents))]
    subprocess.run(command, check=True, capture_output=True, timeout=300)
    out = np.load(tmp_path / "out.npz")
    assert out["has_image"].tolist() == [True, False] * len(good)
    assert not out["pixels"][1::2].any()
    for content, pixels in zip(good, out["pixels"][::2], strict=True):
        np.testing.assert_array_equal(pixels, pictures.to_patches(tf.constant(content), 2, (6, 8)).numpy())
