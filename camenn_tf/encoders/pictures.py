"""From a picture file to patches: one TensorFlow graph function for encoding and for serving alike."""

from __future__ import annotations

import tensorflow as tf

from camenn_tf.encoders.orientation import exif_orientation, orient
from camenn_tf.encoders.picture_size import claimed_pixels
from camenn_tf.encoders.still_picture import still_picture
from camenn_tf.encoders.stored_colours import is_bmp, with_stored_colours

VERSION = 1  # to be raised when a file gives other patches than before: the cache of encoded pictures goes by it
MAX_PIXELS = 100_000_000  # a file that claims more is refused before it is decoded


@tf.autograph.experimental.do_not_convert  # nothing to convert, and searching for it costs seconds
def to_patches(image_bytes: tf.Tensor, grid: int, size: tuple[int, int]) -> tf.Tensor:
    """Decodes, turns upright, cuts and resizes one picture.

    The picture is cut into grid x grid patches of equal size that share no pixel (up to grid - 1 rows and columns at
    the edges are left out), in natural order, row by row; each is resized to `size`, bilinear with antialiasing.

    Args:
      image_bytes: tf.string scalar: JPEG (grey, RGB, CMYK), PNG (up to 16 bits), GIF, BMP, WebP; EXIF orientation is
        obeyed, of an animation the first frame is taken, what is transparent becomes white.
      grid: patches a side.
      size: height and width of a patch.

    Returns:
      uint8 [grid * grid, *size, 3].

    Raises:
      tf.errors.InvalidArgumentError: not a picture of these formats, a broken one, or one of more than MAX_PIXELS.
    """
    picture = orient(_decode(image_bytes), exif_orientation(image_bytes))
    return _cut(picture, grid, size)


@tf.autograph.experimental.do_not_convert
def decode_or_none(images: tf.Tensor, grid: int, size: tuple[int, int]) -> tuple[tf.Tensor, tf.Tensor]:
    """Patches of many picture files, of which some may be broken; works inside an exported signature.

    A graph has no try: a tf.data pipeline inside the graph drops the elements that raise.

    Args:
      images: tf.string [n]; an empty string = no picture.
      grid: patches a side.
      size: height and width of a patch.

    Returns:
      pixels uint8 [n, grid * grid, *size, 3], 0 where there is none; has_image bool [n].
    """
    shape = (grid * grid, *size, 3)
    count = tf.shape(images, out_type=tf.int64)[0]
    as_written = tf.autograph.experimental.do_not_convert

    def numbered(number: tf.Tensor, image: tf.Tensor) -> tuple[tf.Tensor, tf.Tensor]:
        return number, to_patches(image, grid, size)

    good = (
        tf.data.Dataset.from_tensor_slices(images)
        .enumerate()
        .filter(as_written(lambda _, image: tf.strings.length(image) > 0))
        .map(as_written(numbered), num_parallel_calls=tf.data.AUTOTUNE)
        .ignore_errors()
        .batch(tf.maximum(count, 1))
    )
    none = (tf.zeros([count, *shape], tf.uint8), tf.zeros([count], tf.bool))

    def put(result: tuple[tf.Tensor, ...], batch: tuple[tf.Tensor, ...]) -> tuple[tf.Tensor, ...]:
        places = batch[0][:, tf.newaxis]
        pixels = tf.tensor_scatter_nd_update(result[0], places, batch[1])
        return pixels, tf.tensor_scatter_nd_update(result[1], places, tf.ones_like(batch[0], tf.bool))

    pixels, has_image = good.reduce(none, as_written(put))  # of one batch, or none
    return pixels, has_image


def _decode(image_bytes: tf.Tensor) -> tf.Tensor:
    """uint8 [H, W, 3], as stored, over white."""
    image_bytes = still_picture(image_bytes)
    refused = _refuse_bomb(image_bytes)
    with tf.control_dependencies([] if refused is None else [refused]):  # None: eager, it has been checked
        stored = tf.io.decode_image(image_bytes, channels=0, expand_animations=False)
    stored.set_shape([None, None, None])
    channels = tf.shape(stored)[2]  # 1 grey, 2 grey and alpha, 3 RGB, 4 RGB and alpha
    colours = tf.cond(channels < 3, lambda: tf.repeat(stored[..., :1], 3, axis=2), lambda: stored[..., :3])
    colours = with_stored_colours(image_bytes, colours)
    has_alpha = tf.equal(channels % 2, 0) & ~is_bmp(image_bytes)
    picture = tf.cond(has_alpha, lambda: _over_white(colours, stored[..., -1:]), lambda: colours)
    return tf.ensure_shape(picture, [None, None, 3])


def _over_white(colours: tf.Tensor, alpha: tf.Tensor) -> tf.Tensor:
    share = tf.cast(alpha, tf.float32) / 255.0
    mixed = share * tf.cast(colours, tf.float32) + (1.0 - share) * 255.0
    return tf.cast(tf.round(mixed), tf.uint8)


def _cut(picture: tf.Tensor, grid: int, size: tuple[int, int]) -> tf.Tensor:
    sides = tf.shape(picture)[:2]
    picture = tf.cond(
        tf.reduce_min(sides) < grid,  # too small to cut
        lambda: tf.image.resize(picture, tf.maximum(sides, grid), method="nearest"),
        lambda: picture,
    )
    height, width = tf.unstack(tf.shape(picture)[:2] // grid)
    top, left = tf.unstack(tf.shape(picture)[:2] % grid // 2)
    square = picture[top : top + grid * height, left : left + grid * width]
    cells = tf.transpose(tf.reshape(square, [grid, height, grid, width, 3]), [0, 2, 1, 3, 4])
    patches = tf.reshape(cells, [grid * grid, height, width, 3])
    resized = tf.image.resize(patches, size, method="bilinear", antialias=True)
    return tf.cast(tf.clip_by_value(tf.round(resized), 0.0, 255.0), tf.uint8)  # [P, h, w, 3]


def _refuse_bomb(image_bytes: tf.Tensor) -> tf.Operation | None:
    pixels = claimed_pixels(image_bytes)
    large = f"the header claims more than {MAX_PIXELS} pixels"
    unknown = tf.where(
        tf.strings.length(image_bytes) > 0, "not a JPEG, PNG, GIF, BMP or WebP file", "an empty file or animation"
    )
    reason = tf.where(pixels > MAX_PIXELS, large, unknown)
    return tf.debugging.Assert((pixels >= 0) & (pixels <= MAX_PIXELS), [reason])
