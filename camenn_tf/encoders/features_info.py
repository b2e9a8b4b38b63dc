"""`features.json`: everything a reader of encoded features needs to know, without opening a shard."""

from __future__ import annotations

import dataclasses
import json
import os
from typing import Any

from camenn_tf.errors import UserError

FILE_NAME = "features.json"
VOCABULARY_NAME = "vocabulary.txt"
FORMAT = 2


@dataclasses.dataclass(frozen=True)
class TextFeatures:
    """What is stored of texts.

    Attributes:
      kind: "states" of a frozen encoder, or "pieces" for one that trains along.
      dim: width of a state, stored or to be computed.
      max_length: most tokens of a text, with [CLS] and [SEP].
      encoder: settings from which the encoder is rebuilt, with its name.
      fingerprint: the encoder's.
      shards: texts in each shard; their numbers run on from shard to shard.
    """

    kind: str
    dim: int
    max_length: int
    encoder: dict[str, Any]
    fingerprint: str
    shards: tuple[int, ...] = ()


@dataclasses.dataclass(frozen=True)
class ImageFeatures:
    """What is stored of images.

    Attributes:
      kind: "features" of a frozen encoder, or "pixels" for one that trains along.
      patches: P, patches of a picture.
      dim: width of a patch's vector, stored or to be computed.
      size: height, width and channels of a patch's pixels.
      encoder: settings from which the encoder is rebuilt, with its name.
      fingerprint: the encoder's.
      shards: images in each shard; their numbers run on from shard to shard.
    """

    kind: str
    patches: int
    dim: int
    size: tuple[int, int, int]
    encoder: dict[str, Any]
    fingerprint: str
    shards: tuple[int, ...] = ()


@dataclasses.dataclass(frozen=True)
class FeaturesInfo:
    """`features.json`.

    Attributes:
      items: rows of the catalogue.
      dataset_fingerprint: the prepared dataset these features belong to.
      catalogue_fingerprint: hash of the catalogue's texts, and of where its image files lie and when they were written:
        whether there may be anything new to encode.
      content_fingerprint: hash of which item has which text and picture, by their bytes: whether features of the same
        encoders are the same.
      dtype: of stored states and vectors.
      text, image: what is stored.
    """

    items: int
    dataset_fingerprint: str
    catalogue_fingerprint: str
    content_fingerprint: str
    dtype: str
    text: TextFeatures
    image: ImageFeatures

    def save(self, directory: str) -> None:
        """Writes `features.json` into the directory, aside first, so that a reader sees the old or the new one."""
        path = os.path.join(directory, FILE_NAME)
        with open(path + ".new", "w", encoding="utf-8") as file:
            json.dump({"format": FORMAT, **dataclasses.asdict(self)}, file, ensure_ascii=False, indent=1)
            file.write("\n")
        os.replace(path + ".new", path)


def load_features_info(directory: str) -> FeaturesInfo:
    """Reads `features.json`. Raises UserError when it is of another format, FileNotFoundError when it is not there."""
    path = os.path.join(directory, FILE_NAME)
    if not os.path.exists(path):
        raise FileNotFoundError(f"{path}: not there; make it with python -m camenn_tf.encode --output={directory}")
    with open(path, encoding="utf-8") as file:
        data = json.load(file)
    found = data.pop("format", None)
    if found == 1:  # knew one fingerprint of the catalogue; runs on such features have recorded it
        data["content_fingerprint"] = data["catalogue_fingerprint"]
    elif found != FORMAT:
        raise UserError(f"{path}: written in another format than {FORMAT}; run python -m camenn_tf.encode again")
    text, image = data.pop("text"), data.pop("image")
    return FeaturesInfo(
        **data,
        text=TextFeatures(**{**text, "shards": tuple(text["shards"])}),
        image=ImageFeatures(**{**image, "size": tuple(image["size"]), "shards": tuple(image["shards"])}),
    )


def load_vocabulary(directory: str) -> tuple[str, ...] | None:
    """The learnt word pieces in id order, if the text encoder has some of its own."""
    path = os.path.join(directory, VOCABULARY_NAME)
    if not os.path.exists(path):
        return None
    with open(path, encoding="utf-8", newline="\n") as file:  # a piece may be of U+2028, where splitlines would split
        return tuple(line.rstrip("\n") for line in file)


def save_vocabulary(pieces: tuple[str, ...], directory: str) -> None:
    """Writes `vocabulary.txt`: one piece a line, in id order."""
    with open(os.path.join(directory, VOCABULARY_NAME), "w", encoding="utf-8") as file:
        file.writelines(piece + "\n" for piece in pieces)
