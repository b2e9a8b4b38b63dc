"""Encoders by name, from a run's configuration or from the features of an earlier one."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from ml_collections import ConfigDict

from camenn_tf.encoders.features_info import load_features_info, load_vocabulary
from camenn_tf.encoders.image_encoder import ImageEncoder
from camenn_tf.encoders.inception_v4_image import InceptionV4Image
from camenn_tf.encoders.keras_applications_image import KerasApplicationsImage
from camenn_tf.encoders.keras_nlp_text import KerasNlpText
from camenn_tf.encoders.precision import encoder_fingerprint
from camenn_tf.encoders.scratch_image import ScratchImage
from camenn_tf.encoders.scratch_text import ScratchText
from camenn_tf.encoders.text_encoder import TextEncoder
from camenn_tf.encoders.tfhub_image import TfHubImage
from camenn_tf.encoders.tfhub_text import TfHubText
from camenn_tf.errors import UserError

Vocabulary = Sequence[str] | None


def _scratch_text(settings: Mapping[str, Any], vocabulary: Vocabulary) -> TextEncoder:
    if vocabulary is None:
        raise UserError(
            "encode.text.name=scratch: its vocabulary is learnt by python -m camenn_tf.encode, run that first"
        )
    return ScratchText(vocabulary, **_pick(settings, "max_pieces", "vocabulary_size", "dim", "layers", "heads"))


def _keras_nlp_text(settings: Mapping[str, Any], vocabulary: Vocabulary) -> TextEncoder:
    return KerasNlpText(**_pick(settings, "path", "max_pieces"), trains_along=settings.get("trains_along", False))


def _tfhub_text(settings: Mapping[str, Any], vocabulary: Vocabulary) -> TextEncoder:
    return TfHubText(**_pick(settings, "path", "max_pieces", "preprocessor", "vocabulary", "trains_along"))


def _scratch_image(settings: Mapping[str, Any]) -> ImageEncoder:
    return ScratchImage(**_pick(settings, "grid", "patch_size", "dim"))


def _inception_v4_image(settings: Mapping[str, Any]) -> ImageEncoder:
    return InceptionV4Image(**_pick(settings, "grid", "patch_size", "weights", "sha256", "trains_along"))


def _keras_applications_image(settings: Mapping[str, Any]) -> ImageEncoder:
    keys = ("name", "grid", "patch_size", "weights", "sha256", "trains_along")
    return KerasApplicationsImage(**_pick(settings, *keys))


def _tfhub_image(settings: Mapping[str, Any]) -> ImageEncoder:
    return TfHubImage(**_pick(settings, "name", "grid", "patch_size", "trains_along"))


TEXT_ENCODERS: dict[str, Callable[[Mapping[str, Any], Vocabulary], TextEncoder]] = {
    "scratch": _scratch_text,
    "keras_nlp": _keras_nlp_text,
    "tfhub": _tfhub_text,
}
IMAGE_ENCODERS: dict[str, Callable[[Mapping[str, Any]], ImageEncoder]] = {
    "scratch": _scratch_image,
    "inception_v4": _inception_v4_image,
    "keras_applications:": _keras_applications_image,  # a colon: what follows it names the network
    "tfhub:": _tfhub_image,
}
LEARNS_VOCABULARY = ("scratch",)


def text_encoder(settings: ConfigDict | Mapping[str, Any], vocabulary: Vocabulary = None) -> TextEncoder:
    """Builds a text encoder.

    Args:
      settings: `config.encode.text`, or `TextEncoder.config` of an earlier one.
      vocabulary: learnt word pieces, for the encoders in LEARNS_VOCABULARY.

    Raises:
      UserError: unknown name or unusable setting; the message names the key.
    """
    return _known(TEXT_ENCODERS, settings["name"], "encode.text.name")(settings, vocabulary)


def image_encoder(settings: ConfigDict | Mapping[str, Any]) -> ImageEncoder:
    """Builds an image encoder from `config.encode.image`, or from `ImageEncoder.config` of an earlier one.

    Raises:
      UserError: unknown name or unusable setting; the message names the key.
    """
    kind, colon, _ = settings["name"].partition(":")
    return _known(IMAGE_ENCODERS, kind + colon, "encode.image.name")(settings)


def load_encoders(features_dir: str) -> tuple[TextEncoder, ImageEncoder]:
    """The encoders that made these features, rebuilt from `features.json` and `vocabulary.txt`.

    Raises:
      UserError: an encoder's weights are no longer those that made the features.
    """
    info = load_features_info(features_dir)
    text = text_encoder(info.text.encoder, load_vocabulary(features_dir))
    image = image_encoder(info.image.encoder)
    for kind, encoder, stored in (("text", text, info.text), ("image", image, info.image)):
        if encoder.fingerprint != encoder_fingerprint(stored.fingerprint):
            raise UserError(
                f"{features_dir}: the {kind} encoder '{encoder.name}' is {encoder.fingerprint} now, but the features "
                f"were made by {stored.fingerprint}; run python -m camenn_tf.encode --output={features_dir} again"
            )
    return text, image


def _known(registry: Mapping[str, Any], name: str, key: str) -> Any:
    if name not in registry:
        raise UserError(f"{key}={name!r}: unknown, expected one of {', '.join(sorted(registry))}")
    return registry[name]


def _pick(settings: Mapping[str, Any], *keys: str) -> dict[str, Any]:
    return {key: settings[key] for key in keys}
