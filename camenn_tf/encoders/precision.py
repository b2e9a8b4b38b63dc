"""In which floating-point type a frozen text encoder runs while a catalogue is encoded.

Features that were made in bfloat16 carry that in their fingerprint. Encoders rebuilt from features, for training and
serving, always run in float32: the two differ by less than the storage of features in float16 is made for, and a
processor without bfloat16 would emulate it slowly.
"""

from __future__ import annotations

import os

import keras
import tensorflow as tf

from camenn_tf.encoders.text_encoder import TextEncoder
from camenn_tf.errors import UserError

PRECISIONS = ("auto", "float32", "bfloat16")
BFLOAT16_ENCODERS = ("keras_nlp",)  # a SavedModel of TF-Hub has its type built in
_MARK = "-bfloat16"
_CPU_INFO = "/proc/cpuinfo"
_CPU_FLAGS = {"avx512_bf16", "amx_bf16"}


def choose_precision(wanted: str, encoder: TextEncoder) -> str:
    """The precision an encoder runs in: "float32" or "bfloat16".

    Args:
      wanted: `config.encode.precision`; "auto" = bfloat16 where it is faster.
      encoder: one that trains along is not run at all.

    Raises:
      UserError: no such precision, or the encoder cannot run in bfloat16.
    """
    if wanted not in PRECISIONS:
        raise UserError(f"encode.precision={wanted!r}: unknown, expected one of {', '.join(PRECISIONS)}")
    able = encoder.name in BFLOAT16_ENCODERS
    if wanted == "bfloat16" and not encoder.trains_along and not able:
        raise UserError(
            f"encode.precision=bfloat16: the text encoder '{encoder.name}' runs in float32 only; set auto or float32"
        )
    if encoder.trains_along or not able or wanted == "float32":
        return "float32"
    return "bfloat16" if wanted == "bfloat16" or has_bfloat16() else "float32"


def has_bfloat16() -> bool:
    """Whether there is a GPU, or a processor that multiplies bfloat16 itself."""
    if tf.config.list_physical_devices("GPU"):
        return True
    if not os.path.exists(_CPU_INFO):
        return False
    with open(_CPU_INFO, encoding="utf-8") as file:
        flags = next((line for line in file if line.startswith("flags")), "")
    return not _CPU_FLAGS.isdisjoint(flags.split())


def features_fingerprint(encoder: TextEncoder, precision: str) -> str:
    """The fingerprint of an encoder's states at a precision."""
    return encoder.fingerprint + (_MARK if precision == "bfloat16" else "")


def encoder_fingerprint(stored: str) -> str:
    """The encoder's own part of a fingerprint that is stored with features."""
    return stored.removesuffix(_MARK)


def fits(stored: str, encoder: TextEncoder, wanted: str) -> bool:
    """Whether stored features are what `config.encode.precision` asks for; "auto" takes what another machine chose."""
    if wanted == "auto":
        return encoder_fingerprint(stored) == encoder.fingerprint
    return stored == features_fingerprint(encoder, choose_precision(wanted, encoder))


def run_in_bfloat16(model: keras.Model) -> None:
    """Has a model of float32 weights compute in bfloat16 from now on; call it before the model is traced."""
    for layer in model._flatten_layers():
        layer.dtype_policy = "mixed_bfloat16"
