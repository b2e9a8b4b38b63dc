"""The three Beam pipelines of a preparation; each leaves its result in the work directory and hands it over."""

from __future__ import annotations

import dataclasses
import io
import os
from collections.abc import Sequence
from typing import Any

import apache_beam as beam
import numpy as np
from apache_beam.io.filesystems import FileSystems
from apache_beam.options.pipeline_options import PipelineOptions

from camenn_tf.dataset.entities import Items
from camenn_tf.dataset.events import EventColumns
from camenn_tf.dataset.gather import BuildSamples, PartitionEvents
from camenn_tf.dataset.splits import SplitRule
from camenn_tf.dataset.statistics import Statistics
from camenn_tf.dataset.storage import read_bytes, read_json, write_bytes, write_json
from camenn_tf.dataset.survey import SurveyEvents, survey_image
from camenn_tf.dataset.tables import pieces
from camenn_tf.dataset.write import HISTOGRAMS, EncodeSamples, WriteShard, add_histograms


@dataclasses.dataclass(frozen=True)
class Passes:
    """Where the passes run and what they read.

    Attributes:
      options: of the runner.
      work: directory that all workers reach, with the files of `camenn_tf.dataset.lookup`.
      files: the event files, in row order.
      wanted: the columns to read of them.
    """

    options: PipelineOptions
    work: str
    files: tuple[str, ...]
    wanted: EventColumns

    # beam.Create spreads its elements over the workers by itself

    def survey(self, items: Items, rule: SplitRule) -> tuple[list[dict[str, Any]], dict[int, str]]:
        """What `SurveyEvents` found, a piece of a file each, in row order; and the faulty images.

        Images are checked once a file: the keys of the second result are the first rows that name each file.
        """
        found, faulty = self._path("survey.json"), self._path("images.json")
        elements = [(number, piece) for number, path in enumerate(self.files) for piece in pieces(path)]
        with beam.Pipeline(options=self.options) as pipeline:
            events = (
                pipeline
                | "Pieces" >> beam.Create(elements)
                | "Survey" >> beam.ParDo(SurveyEvents(self.work, self.wanted, rule))
            )
            pictures = (
                pipeline
                | "Images" >> beam.Create(_distinct_images(items))
                | "Headers" >> beam.Map(survey_image)
                | "Faulty" >> beam.Filter(lambda pair: pair[1] is not None)
            )
            _save_list(events, found)
            _save_list(pictures, faulty)
        order = sorted(read_json(found), key=lambda entry: (entry["file"], entry["first_row"]))
        return order, {int(row): str(kind) for row, kind in read_json(faulty)}

    def gather(self, offsets: Sequence[int], build: BuildSamples, partitions: int) -> tuple[Statistics, list[int]]:
        """Builds the samples of all partitions of users; `offsets` = sample number of each file's first row.

        Returns:
          The statistics, and the partitions that have a file of samples: those with no event have none.
        """
        result, built = self._path("statistics.npz"), self._path("partitions.json")
        elements = [(offset, piece) for path, offset in zip(self.files, offsets, strict=True) for piece in pieces(path)]
        with beam.Pipeline(options=self.options) as pipeline:
            events = (
                pipeline
                | "Pieces" >> beam.Create(elements)
                | "Partition" >> beam.ParDo(PartitionEvents(self.work, self.wanted, partitions))
                | "ByUsers" >> beam.GroupByKey()
            )
            _save_list(events | "Numbers" >> beam.Keys(), built)
            _ = (
                events
                | "Build" >> beam.ParDo(build)
                | "Merge" >> beam.CombineGlobally(Statistics.merge).without_defaults()
                | "Save" >> beam.Map(lambda statistics: write_bytes(result, statistics.to_bytes()))
            )
        return Statistics.from_bytes(read_bytes(result)), sorted(read_json(built))

    def write(
        self, partitions: Sequence[int], encode: EncodeSamples, write: WriteShard
    ) -> tuple[list[dict[str, Any]], dict[str, np.ndarray]]:
        """The record files (name, samples, hash), by name; and `EncodeSamples`' histograms by name.

        `partitions` are those that `gather` built.
        """
        files, histograms = self._path("shards.json"), self._path("histograms.npz")
        with beam.Pipeline(options=self.options) as pipeline:
            encoded = (
                pipeline
                | "Partitions" >> beam.Create(partitions)
                | "Encode" >> beam.ParDo(encode).with_outputs(HISTOGRAMS, main="records")
            )
            shards = encoded["records"] | "ByShard" >> beam.GroupByKey() | "Write" >> beam.ParDo(write)
            _save_list(shards, files)
            _ = (
                encoded[HISTOGRAMS]
                | "AddHistograms" >> beam.CombineGlobally(add_histograms)
                | "SaveHistograms" >> beam.Map(lambda total: save_arrays(histograms, total))
            )
        with np.load(io.BytesIO(read_bytes(histograms)), allow_pickle=False) as saved:
            counts = {name: saved[name] for name in saved.files}
        return sorted(read_json(files), key=lambda shard: str(shard["name"])), counts

    def _path(self, name: str) -> str:
        return str(FileSystems.join(self.work, name))


def save_array(path: str, array: np.ndarray) -> None:
    """Writes a .npy file."""
    buffer = io.BytesIO()
    np.save(buffer, array, allow_pickle=False)
    write_bytes(path, buffer.getvalue())


def save_arrays(path: str, arrays: dict[str, np.ndarray]) -> None:
    """Writes an npz archive without pickled objects."""
    values: dict[str, Any] = dict(arrays)
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **values)
    write_bytes(path, buffer.getvalue())


def _distinct_images(items: Items) -> list[tuple[int, str | None, bytes | None]]:
    """(first row, path, bytes) of each image file, and of all images that came as bytes."""
    rows: dict[str, int] = {}
    for row, path in enumerate(items.image_path.to_pylist()):
        if path is not None:
            rows.setdefault(path, row)
    out: list[tuple[int, str | None, bytes | None]] = [(row, path, None) for path, row in rows.items()]
    return out + [(row, None, data) for row, data in enumerate(items.image_bytes.to_pylist()) if data is not None]


def _save_list(values: beam.PCollection, path: str) -> None:
    name = os.path.basename(path)
    _ = (
        values
        | f"List {name}" >> beam.combiners.ToList()
        | f"Save {name}" >> beam.Map(lambda found: write_json(path, found))
    )
