"""Refuses features that were not made from this dataset by the encoders of this configuration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from camenn_tf.dataset.dataset_info import load_dataset_info
from camenn_tf.encoders.factory import LEARNS_VOCABULARY, image_encoder, text_encoder
from camenn_tf.encoders.features_info import FeaturesInfo, load_features_info, load_vocabulary
from camenn_tf.encoders.precision import encoder_fingerprint, fits
from camenn_tf.errors import UserError


def check_features(features_dir: str, dataset_dir: str, settings: Mapping[str, Any]) -> FeaturesInfo:
    """Compares the fingerprints of dataset and encoders with those stored with the features.

    Args:
      features_dir: made by `camenn_tf.encode`.
      dataset_dir: the dataset of the run.
      settings: `config.encode` of the run.

    Returns:
      `features.json`.

    Raises:
      UserError: something differs; the message says what, and which command makes fitting features.
    """
    command = f"python -m camenn_tf.encode --dataset={dataset_dir} --output={features_dir}, with this run's --config"
    info = load_features_info(features_dir)
    prepared = load_dataset_info(dataset_dir).fingerprint
    if info.dataset_fingerprint != prepared:
        raise UserError(
            f"--features={features_dir}: made from dataset {info.dataset_fingerprint}, but {dataset_dir} is "
            f"{prepared}; run {command}"
        )
    vocabulary = load_vocabulary(features_dir)
    text_settings, image_settings = settings["text"], settings["image"]
    for kind, wanted, stored in (("text", text_settings, info.text), ("image", image_settings, info.image)):
        # what follows a colon may be a path, which changes nothing; that it is another network, its fingerprint says
        if wanted["name"].partition(":")[0] != stored.encoder["name"].partition(":")[0]:
            raise UserError(
                f"--features={features_dir}: their {kind} encoder is {stored.encoder['name']}, but encode.{kind}.name "
                f"is {wanted['name']}; give the values of section encode that encoded them, or run {command}"
            )
    needs = text_settings["name"] in LEARNS_VOCABULARY
    text, image = text_encoder(text_settings, vocabulary if needs else None), image_encoder(image_settings)
    precision = settings["precision"]
    if encoder_fingerprint(info.text.fingerprint) == text.fingerprint and not fits(
        info.text.fingerprint, text, precision
    ):
        raise UserError(
            f"--features={features_dir}: made in another precision than encode.precision={precision}; set auto, or "
            f"run {command}"
        )
    for kind, encoder, stored in (("text", text, info.text), ("image", image, info.image)):
        if encoder.fingerprint != encoder_fingerprint(stored.fingerprint):
            raise UserError(
                f"--features={features_dir}: made by the {kind} encoder {stored.fingerprint} {stored.encoder}, but "
                f"this run's is {encoder.fingerprint} {encoder.config}; run {command}"
            )
    return info
