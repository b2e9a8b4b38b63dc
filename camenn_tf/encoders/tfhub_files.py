"""Where a TF-Hub handle lies on disk, and which word pieces a BERT of TF-Hub goes with."""

from __future__ import annotations

import os
import re
import tarfile
from collections.abc import Sequence

import tensorflow as tf

from camenn_tf.encoders.word_pieces import WordPieces
from camenn_tf.errors import UserError

SITE = "https://tfhub.dev/"
HANDLE = re.compile(r"[\w-]+/[\w./-]+/\d+")  # publisher/name/version
VOCABULARY = os.path.join("assets", "vocab.txt")
UNREACHABLE = (OSError, ValueError, RuntimeError, tarfile.TarError, tf.errors.OpError)


def local_directory(handle: str, key: str) -> str:
    """The directory of a model, downloaded into TF-Hub's cache (TFHUB_CACHE_DIR) if need be.

    Args:
      handle: a directory, a URL, or publisher/name/version.
      key: the setting that named it, for messages.

    Raises:
      UserError: there is no such thing, it cannot be reached, or it is no SavedModel.
    """
    import tensorflow_hub  # slow, and only those who use such a model need it

    if os.path.isdir(handle):
        directory = handle
    elif "://" not in handle and not HANDLE.fullmatch(handle):
        raise UserError(f"{key}={handle}: no such directory, and no handle of TF-Hub (publisher/name/version) or URL")
    else:
        try:
            directory = tensorflow_hub.resolve(handle if "://" in handle else SITE + handle)
        except UNREACHABLE as error:
            raise UserError(
                f"{key}={handle}: no such directory here, and TF-Hub cannot be reached ({error}); without a network, "
                f"download the model elsewhere, unpack it and name its directory, --config.{key}=DIRECTORY"
            ) from error
    if not any(os.path.exists(os.path.join(directory, name)) for name in ("saved_model.pb", "saved_model.pbtxt")):
        raise UserError(f"{key}={handle}: has no saved_model.pb; expected a model from TF-Hub, unpacked")
    return directory


def word_pieces(encoder: str, preprocessor: str, vocabulary: str, lower_case: bool | None) -> WordPieces:
    """The tokenizer of a BERT.

    It lower-cases if the preprocessor does; without one, if the encoder says so; if that says nothing either, where the
    vocabulary is free of capitals.

    Args:
      encoder: the encoder's directory.
      preprocessor: the preprocessor's, or empty.
      vocabulary: a file with one piece a line, or empty: the preprocessor's or the encoder's assets.
      lower_case: what the encoder says about it.

    Raises:
      UserError: there is no vocabulary, or it is none of BERT's.
    """
    files = [vocabulary] if vocabulary else [os.path.join(part, VOCABULARY) for part in (preprocessor, encoder) if part]
    found = next((file for file in files if os.path.isfile(file)), None)
    if found is None and vocabulary:
        raise UserError(f"encode.text.vocabulary={vocabulary}: no such file")
    if found is None:
        raise UserError(
            f"encode.text.vocabulary is empty, and there is no {' and no '.join(files)}; name the model's vocabulary, "
            "--config.encode.text.vocabulary=FILE, or its preprocessor, --config.encode.text.preprocessor=DIRECTORY"
        )
    pieces = read_vocabulary(found)
    said = _preprocessor_lowers(preprocessor, pieces) if preprocessor else None
    if said is None:
        said = _without_capitals(pieces) if lower_case is None else lower_case
    try:
        return WordPieces(pieces, lower_case=said)
    except UserError as error:
        raise UserError(f"{found}: {error}") from error


def read_vocabulary(path: str) -> tuple[str, ...]:
    """Pieces in id order; only a line feed ends one, since BERT's Chinese vocabulary has pieces of U+2028."""
    with open(path, encoding="utf-8", newline="\n") as file:
        return tuple(line.rstrip("\r\n") for line in file)


def _preprocessor_lowers(directory: str, pieces: Sequence[str]) -> bool | None:
    """Whether a capital becomes the piece of its small letter, by trying; None = no piece tells."""
    import tensorflow_hub

    small = next((piece for piece in pieces if len(piece) == 1 and piece.isascii() and piece.islower()), None)
    if small is None:
        return None
    try:
        ids = tensorflow_hub.load(directory)(tf.constant([small, small.upper()]))["input_word_ids"]
    except (ValueError, TypeError, KeyError) as error:
        raise UserError(
            f"encode.text.preprocessor={directory}: expected a model from strings to input_word_ids, as BERT's on "
            "TF-Hub; leave it empty if there is none"
        ) from error
    return bool(tf.reduce_all(ids[0] == ids[1]))


def _without_capitals(pieces: Sequence[str]) -> bool:
    words = (piece for piece in pieces if not (piece.startswith(("[", "<")) and piece.endswith(("]", ">"))))
    return not any(piece != piece.lower() for piece in words)
