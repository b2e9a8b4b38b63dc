"""Which part of a cache directory belongs to an encoder."""

from __future__ import annotations

import os

from camenn_tf.encoders import pictures
from camenn_tf.encoders.cache_block import FORMAT
from camenn_tf.encoders.feature_cache import FeatureCache
from camenn_tf.encoders.image_encoder import ImageEncoder
from camenn_tf.encoders.precision import features_fingerprint
from camenn_tf.encoders.text_encoder import TextEncoder


def open_text_cache(directory: str, encoder: TextEncoder, precision: str, dtype: str) -> FeatureCache | None:
    """The cached states of a frozen encoder; None without a directory, or if pieces are stored: these are cheap.

    Args:
      directory: of all caches; empty = none.
      encoder: what made them.
      precision: in which the encoder runs.
      dtype: of stored states.
    """
    if not directory or encoder.trains_along:
        return None
    return FeatureCache(
        _place(directory, "text", features_fingerprint(encoder, precision), dtype), dtype, (encoder.dim,)
    )


def open_image_cache(directory: str, encoder: ImageEncoder, dtype: str) -> FeatureCache | None:
    """The cached vectors of a frozen encoder, or patches for one that trains along; None without a directory.

    Args:
      directory: of all caches; empty = none.
      encoder: what made them.
      dtype: of stored vectors.
    """
    if not directory:
        return None
    kind = f"image{pictures.VERSION}"
    if not encoder.trains_along:
        place = _place(directory, kind, encoder.fingerprint, dtype)
        return FeatureCache(place, dtype, (encoder.patches, encoder.dim))
    # any network that reads patches of this size can use them
    size = "x".join(str(part) for part in (encoder.patches, *encoder.patch_shape))
    return FeatureCache(_place(directory, kind, size, "uint8"), "uint8", (encoder.patches, *encoder.patch_shape))


def _place(directory: str, kind: str, name: str, dtype: str) -> str:
    return os.path.join(directory, f"{kind}-{name}-{dtype}-{FORMAT}")
