"""The Apache Beam pipeline that encodes a catalogue; a shard of distinct texts or images is the unit of work."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator

import apache_beam as beam
from apache_beam.options.pipeline_options import PipelineOptions

from camenn_tf.encoders.catalogue_reader import read_columns
from camenn_tf.encoders.encode_images import EncodeImages, LoadedImage
from camenn_tf.encoders.encode_texts import EncodeTexts
from camenn_tf.encoders.encoding_job import EncodingJob


def run(job: EncodingJob, options: PipelineOptions | None) -> None:
    """Writes the shards of texts and images and a note beside each; returns when all are done."""
    with beam.Pipeline(options=options) as pipeline:
        shards = pipeline | "Catalogue" >> beam.Create(list(job.catalogue_shards)) | beam.Reshuffle()
        every_shard = pipeline | "Shards" >> beam.Create([(number, None) for number in range(job.shards)])
        texts = shards | "Read texts" >> beam.FlatMap(_texts) | "By text hash" >> beam.Map(_keyed, job.shards)
        (
            (texts, every_shard)
            | "All texts" >> beam.Flatten()
            | "Text shards" >> beam.GroupByKey()
            | "Encode texts" >> beam.ParDo(EncodeTexts(job))
        )
        images = (
            shards
            | "Read images" >> beam.FlatMap(_references)
            | "Same file" >> beam.GroupByKey()
            | "Hash images" >> beam.Map(_load)
            | "By image hash" >> beam.Map(lambda image: (int(image.digest, 16) % job.shards, image))
        )
        (
            (images, every_shard)
            | "All images" >> beam.Flatten()
            | "Image shards" >> beam.GroupByKey()
            | "Encode images" >> beam.ParDo(EncodeImages(job))
        )


def _texts(shard: str) -> Iterator[tuple[str, int]]:
    for row, text in read_columns(shard, ("row", "text")):
        yield text or "", row


def _keyed(entry: tuple[str, int], shards: int) -> tuple[int, tuple[str, int]]:
    return int(hashlib.sha256(entry[0].encode()).hexdigest(), 16) % shards, entry


def _references(shard: str) -> Iterator[tuple[str, tuple[bytes | None, int, str]]]:
    """(path or hash of the bytes, (bytes or None, row, item id)) of each row that names an image."""
    for row, item_id, path, image in read_columns(shard, ("row", "item_id", "image_path", "image_bytes")):
        if image is not None:
            yield "sha256:" + hashlib.sha256(image).hexdigest(), (image, row, item_id)
        elif path:
            yield path, (None, row, item_id)


def _load(entry: tuple[str, Iterable[tuple[bytes | None, int, str]]]) -> LoadedImage:
    name, references = entry
    listed = sorted(references, key=lambda reference: reference[1])
    items = [(row, item_id) for _, row, item_id in listed]
    if name.startswith("sha256:"):
        return LoadedImage(name.removeprefix("sha256:"), "", listed[0][0], items)
    try:
        with open(name, "rb") as file:
            return LoadedImage(hashlib.sha256(file.read()).hexdigest(), name, None, items)
    except OSError as error:
        return LoadedImage(hashlib.sha256(name.encode()).hexdigest(), name, None, items, error.strerror or str(error))
