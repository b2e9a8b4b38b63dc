"""From a prepared dataset to features: every distinct text and image of the catalogue once."""

from __future__ import annotations

import csv
import dataclasses
import json
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
from camenn_tf.encoders import catalogue_reader, encoding_parts
from camenn_tf.encoders.encoding_job import EncodingJob
from camenn_tf.encoders.encoding_pipeline import run
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

REPORT_NAME = "report.json"
MAX_EXAMPLES = 1000
QUARANTINE_NAME = "quarantine.csv"  # every item whose image could not be decoded
QUARANTINE_COLUMNS = ("item_id", "table_row", "image", "reason")  # rows of the items table count from 1


def encode_dataset(
    dataset_dir: str,
    output_dir: str,
    settings: Mapping[str, Any],
    options: PipelineOptions | None = None,
    cache_dir: str = "",
) -> FeaturesInfo:
    """Encodes the catalogue of a dataset, or finds that it has been done.

    Texts and images are told apart by content. What is written stands aside until it is complete, and then takes the
    place of earlier features. Images that cannot be decoded count as no image and are named in `report.json`.
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
      UserError: an unusable setting or cache, or `output_dir` holds something else than features.
    """
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
    vocabulary = None
    if settings["text"]["name"] in LEARNS_VOCABULARY:
        logging.info("learning word pieces from the catalogue")
        size = settings["text"]["vocabulary_size"]
        vocabulary = learn_vocabulary(catalogue_reader.vocabulary_texts(shards), size)
        save_vocabulary(vocabulary, directory)
        logging.info("%d word pieces", len(vocabulary))
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
    text_of_item = texts.numbers(dataset.catalogue_items)
    image_of_item = images.numbers(dataset.catalogue_items)
    if np.any(text_of_item < 0):
        row = int(np.argmax(text_of_item < 0))
        raise UserError(f"{shards[0]}: catalogue row {row} is missing; prepare the dataset again")
    write_index(directory, texts.lengths, text_of_item, image_of_item)
    _write_report(directory, dataset.catalogue_items, texts, images, int(np.sum(image_of_item >= 0)))
    info = FeaturesInfo(
        items=dataset.catalogue_items,
        dataset_fingerprint=dataset.fingerprint,
        catalogue_fingerprint=fingerprint,
        content_fingerprint=encoding_parts.content_fingerprint(dataset.catalogue_items, texts, images),
        dtype=settings["dtype"],
        text=_text_features(text, job.precision, texts.shards),
        image=_image_features(image, images.shards),
    )
    info.save(directory)
    return info


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
    if settings["text"]["name"] in LEARNS_VOCABULARY and vocabulary is None:
        return None
    text, image = text_encoder(settings["text"], vocabulary), image_encoder(settings["image"])
    same = fits(info.text.fingerprint, text, settings["precision"]) and image.fingerprint == info.image.fingerprint
    return info if same else None


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


def _write_report(
    directory: str, items: int, texts: encoding_parts.Parts, images: encoding_parts.Parts, with_image: int
) -> None:
    faults = images.faults
    report = {
        "items": items,
        "distinct_texts": sum(texts.shards),
        "distinct_images": sum(images.shards),
        "items_with_image": with_image,
        "images_not_decoded": {"items": len(faults), "share": len(faults) / max(items, 1)},
        "examples": faults[:MAX_EXAMPLES],
        "work": {"texts": _work("texts", texts), "images": _work("images", images)},
    }
    with open(os.path.join(directory, REPORT_NAME), "w", encoding="utf-8") as file:
        json.dump(report, file, ensure_ascii=False, indent=1)
        file.write("\n")
    with open(os.path.join(directory, QUARANTINE_NAME), "w", encoding="utf-8", newline="") as file:
        table = csv.DictWriter(file, QUARANTINE_COLUMNS, extrasaction="ignore")
        table.writeheader()
        table.writerows({**fault, "table_row": fault["row"] + 1} for fault in faults)
    if faults:
        logging.warning("%d items count as having no image, %s; see %s", len(faults), faults[0], QUARANTINE_NAME)


def _work(what: str, parts: encoding_parts.Parts) -> dict[str, Any]:
    """How many were encoded and how many the cache had; speed is that of one worker."""
    encoded, known, seconds = parts.work["encoded"], parts.work["from_cache"], parts.work["seconds"]
    rate = round(encoded / seconds, 1) if seconds else 0.0
    logging.info("%s: %d encoded, %.1f/s a worker, %d from the cache", what, encoded, rate, known)
    return {"encoded": encoded, "from_cache": known, "worker_seconds": round(seconds, 3), "per_worker_second": rate}


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
