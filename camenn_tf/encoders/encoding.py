"""From a prepared dataset to features: every distinct text and image of the catalogue once."""

from __future__ import annotations

import dataclasses
import os
import tempfile
import time
from collections.abc import Mapping
from typing import Any

import numpy as np
from absl import logging
from apache_beam.options.pipeline_options import PipelineOptions

from camenn_tf.dataset.dataset_info import DatasetInfo, load_dataset_info
from camenn_tf.dataset.storage import written_aside
from camenn_tf.encoders import catalogue_reader, encoding_parts, item_store_files
from camenn_tf.encoders.encode_settings import check_encode_settings
from camenn_tf.encoders.encoding_job import EncodingJob
from camenn_tf.encoders.encoding_pipeline import run
from camenn_tf.encoders.encoding_report import refuse_too_many, write_report
from camenn_tf.encoders.factory import LEARNS_VOCABULARY, image_encoder, text_encoder
from camenn_tf.encoders.features_info import (
    FILE_NAME,
    FeaturesInfo,
    ImageFeatures,
    TextFeatures,
    load_features_info,
    load_vocabulary,
    save_vocabulary,
)
from camenn_tf.encoders.image_encoder import ImageEncoder
from camenn_tf.encoders.item_store_writer import write_index
from camenn_tf.encoders.precision import choose_precision, features_fingerprint, fits
from camenn_tf.encoders.text_encoder import TextEncoder
from camenn_tf.encoders.word_pieces import learn_vocabulary
from camenn_tf.errors import UserError


def encode_dataset(
    dataset_dir: str,
    output_dir: str,
    settings: Mapping[str, Any],
    options: PipelineOptions | None = None,
    cache_dir: str = "",
) -> FeaturesInfo:
    """Encodes the catalogue of a dataset, or finds that it has been done.

    Texts and images are told apart by content. What is written stands aside until it is complete, and then takes the
    place of earlier features. Images that cannot be decoded count as no image: `quarantine.csv` names all of them,
    `report.json` the first 1000.
    With a cache, only what no earlier run encoded is encoded, and a run that was killed goes on.

    Args:
      dataset_dir: a prepared dataset.
      output_dir: the features directory.
      settings: `config.encode`.
      options: of Apache Beam; None = in this process.
      cache_dir: directory of encoded texts and images, which runs and machines may share; empty = none.

    Returns:
      `features.json` as written.

    Raises:
      UserError: an unusable setting or cache, `output_dir` holds something else than features, or too many images
        cannot be decoded.
    """
    check_encode_settings(settings)
    dataset = load_dataset_info(dataset_dir)
    shards = [os.path.abspath(os.path.join(dataset_dir, name)) for name in dataset.catalogue_shards]
    fingerprint = catalogue_reader.catalogue_fingerprint(shards)
    earlier = _reusable(output_dir, fingerprint, settings)
    if earlier is not None:
        return _reuse(earlier, output_dir, dataset, settings)
    _refuse_other_content(output_dir)
    cache = _usable_cache(cache_dir, output_dir)
    started = time.time()
    with written_aside(output_dir) as aside:
        info = _encode(dataset, shards, fingerprint, os.path.abspath(aside), settings, options, cache)
    logging.info("encoded %d items in %.0f s: %s", info.items, time.time() - started, output_dir)
    return info


def _encode(
    dataset: DatasetInfo,
    shards: list[str],
    fingerprint: str,
    directory: str,
    settings: Mapping[str, Any],
    options: PipelineOptions | None,
    cache: str,
) -> FeaturesInfo:
    vocabulary = _learnt_vocabulary(shards, directory, settings["text"])
    text, image = text_encoder(settings["text"], vocabulary), image_encoder(settings["image"])
    job = EncodingJob(
        directory=directory,
        catalogue_shards=tuple(shards),
        items=dataset.catalogue_items,
        text_settings=text.config,
        vocabulary=vocabulary,
        image_settings=image.config,
        dtype=settings["dtype"],
        batch_size=settings["batch_size"],
        shards=max(1, -(-dataset.catalogue_items // settings["shard_items"])),
        precision=choose_precision(settings["precision"], text),
        cache=cache,
    )
    run(job, options)
    texts, images = encoding_parts.merge(directory, job.shards)
    with_image = _index(job, texts, images)
    refuse_too_many(images.faults, with_image, settings["max_fault_share"])
    write_report(directory, job.items, texts, images, with_image)
    info = FeaturesInfo(
        items=job.items,
        dataset_fingerprint=dataset.fingerprint,
        catalogue_fingerprint=fingerprint,
        content_fingerprint=encoding_parts.content_fingerprint(job.items, texts, images),
        dtype=job.dtype,
        text=_text_features(text, job.precision, texts.shards),
        image=_image_features(image, images.shards),
    )
    info.save(directory)
    return info


def _learnt_vocabulary(shards: list[str], directory: str, settings: Mapping[str, Any]) -> tuple[str, ...] | None:
    """The word pieces of an encoder that has some of its own, learnt from the catalogue and saved; None = another's."""
    if settings["name"] not in LEARNS_VOCABULARY:
        return None
    logging.info("learning word pieces from the catalogue")
    vocabulary = learn_vocabulary(catalogue_reader.vocabulary_texts(shards), settings["vocabulary_size"])
    save_vocabulary(vocabulary, directory)
    logging.info("%d word pieces", len(vocabulary))
    return vocabulary


def _index(job: EncodingJob, texts: encoding_parts.Parts, images: encoding_parts.Parts) -> int:
    """Writes which item has which text and image, and counts the items that have an image."""
    text_of_item, image_of_item = texts.numbers(job.items), images.numbers(job.items)
    if np.any(text_of_item < 0):
        row = int(np.argmax(text_of_item < 0))
        raise UserError(f"{job.catalogue_shards[0]}: catalogue row {row} is missing; prepare the dataset again")
    write_index(job.directory, texts.lengths, text_of_item, image_of_item)
    return int(np.sum(image_of_item >= 0))


def _text_features(encoder: TextEncoder, precision: str, shards: tuple[int, ...]) -> TextFeatures:
    return TextFeatures(
        kind="pieces" if encoder.trains_along else "states",
        dim=encoder.dim,
        max_length=encoder.max_length,
        encoder=encoder.config,
        fingerprint=features_fingerprint(encoder, precision),
        shards=shards,
    )


def _image_features(encoder: ImageEncoder, shards: tuple[int, ...]) -> ImageFeatures:
    return ImageFeatures(
        kind="pixels" if encoder.trains_along else "features",
        patches=encoder.patches,
        dim=encoder.dim,
        size=encoder.patch_shape,
        encoder=encoder.config,
        fingerprint=encoder.fingerprint,
        shards=shards,
    )


def _reusable(output_dir: str, fingerprint: str, settings: Mapping[str, Any]) -> FeaturesInfo | None:
    try:
        info = load_features_info(output_dir)
    except (FileNotFoundError, ValueError):
        return None
    vocabulary = load_vocabulary(output_dir)
    if info.catalogue_fingerprint != fingerprint or info.dtype != settings["dtype"]:
        return None
    missing = [name for name in _files(info) if not os.path.exists(os.path.join(output_dir, name))]
    if missing:
        logging.warning("%s: %s is missing, encoding again", output_dir, missing[0])
        return None
    if settings["text"]["name"] in LEARNS_VOCABULARY and vocabulary is None:
        return None
    text, image = text_encoder(settings["text"], vocabulary), image_encoder(settings["image"])
    same = fits(info.text.fingerprint, text, settings["precision"]) and image.fingerprint == info.image.fingerprint
    return info if same else None


def _files(info: FeaturesInfo) -> list[str]:
    """What features hold for a reader, besides `features.json` and a vocabulary."""
    texts = [item_store_files.text_shard(number) for number in range(len(info.text.shards))]
    images = [item_store_files.image_shard(number) for number in range(len(info.image.shards))]
    return [*item_store_files.INDEX, *texts, *images]


def _reuse(info: FeaturesInfo, output_dir: str, dataset: DatasetInfo, settings: Mapping[str, Any]) -> FeaturesInfo:
    """The catalogue and the encoders are as they were; the rest of the dataset and a preset's path may have changed."""
    logging.info("%s: catalogue and encoders are unchanged, nothing to encode", output_dir)
    text, image = text_encoder(settings["text"], load_vocabulary(output_dir)), image_encoder(settings["image"])
    now = dataclasses.replace(
        info,
        dataset_fingerprint=dataset.fingerprint,
        text=dataclasses.replace(info.text, encoder=text.config),
        image=dataclasses.replace(info.image, encoder=image.config),
    )
    if now != info:
        now.save(output_dir)
    return now


def _usable_cache(cache_dir: str, output_dir: str) -> str:
    if not cache_dir:
        return ""
    cache, output = os.path.abspath(cache_dir), os.path.abspath(output_dir)
    if os.path.commonpath([cache, output]) == output:
        raise UserError(f"--cache={cache_dir}: lies in --output, which is replaced; name another directory, or none")
    try:
        os.makedirs(cache, exist_ok=True)
        tempfile.TemporaryFile(dir=cache).close()
    except OSError as error:
        raise UserError(
            f"--cache={cache_dir}: cannot be written ({error.strerror}); name another directory, or none"
        ) from error
    return cache


def _refuse_other_content(output_dir: str) -> None:
    if not os.path.exists(output_dir):
        return
    if not os.path.isdir(output_dir) or (os.listdir(output_dir) and FILE_NAME not in os.listdir(output_dir)):
        raise UserError(f"--output={output_dir}: holds something else than features; name a new directory")
