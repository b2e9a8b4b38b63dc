"""Tables to dataset: three Beam passes over the events, and between them the few decisions that need all of them.

1. survey: check every cell, count row faults, collect timestamps -> where the splits are cut.
2. gather: each user's events together, histories and cross fields, train statistics -> vocabularies and boundaries.
3. write: embedding rows, records, shards.

Items and users are looked up by every event, so they are held in memory; events never are. Passes hand over files in
a work directory beside the result, which any runner's workers must be able to reach.
"""

from __future__ import annotations

import dataclasses
import hashlib
import io
import json
import math
import os
from typing import Any

import apache_beam as beam
import numpy as np
import pyarrow as pa
from absl import logging
from apache_beam.io.filesystems import FileSystems
from apache_beam.options.pipeline_options import PipelineOptions

import camenn_tf
from camenn_tf.dataset import catalogue, dataset_info, report
from camenn_tf.dataset.dataset_info import SPLITS, DatasetInfo, FieldInfo, SplitInfo
from camenn_tf.dataset.encoding import FieldEncoder, learn_field, vocabulary_bytes, weighted_sketch
from camenn_tf.dataset.entities import FieldColumn, Items, Users, read_items, read_users
from camenn_tf.dataset.events import REQUIRED, EventColumns, event_columns
from camenn_tf.dataset.gather import BuildSamples, PartitionEvents
from camenn_tf.dataset.images import MISSING, UNREADABLE
from camenn_tf.dataset.lookup import save_lookups
from camenn_tf.dataset.schema import Schema, load_schema
from camenn_tf.dataset.splits import SplitRule, complete_rule, first_rule
from camenn_tf.dataset.statistics import Counts, Statistics
from camenn_tf.dataset.storage import (
    exists,
    file_hash,
    read_bytes,
    read_json,
    refuse_foreign,
    write_bytes,
    write_json,
    written_aside,
)
from camenn_tf.dataset.survey import EXAMPLES, Faults, SurveyEvents, merge_times, survey_image
from camenn_tf.dataset.tables import (
    TableError,
    column_names,
    pieces,
    require_columns,
    table_files,
)
from camenn_tf.dataset.write import HISTOGRAMS, EncodeSamples, WriteShard, add_histograms
from camenn_tf.errors import UserError

INPUTS_FILE = "inputs.json"
_PARTITION_ROWS = 50_000


def prepare(tables: str, output: str, settings: Any, options: PipelineOptions, overwrite: bool = False) -> DatasetInfo:
    """Prepares a directory of tables into a dataset directory.

    Args:
      tables: directory with schema.json and the tables items, users and events.
      output: the dataset; an equal one (same tables, images and settings) is reused.
      settings: the `prepare` section of the configuration.
      options: of the Beam runner.
      overwrite: whether a different dataset may be replaced.

    Raises:
      UserError: settings or tables that cannot be used (TableError, SchemaError), too many row faults, or a different
        dataset at `output`. Nothing is left behind.
    """
    rule = first_rule(settings)
    refuse_foreign(output, dataset_info.FILE_NAME)
    schema_path = FileSystems.join(tables, "schema.json")
    if not exists(schema_path):
        raise TableError(f"{schema_path}: not there; it names the fields that a model may see")
    schema = load_schema(schema_path)
    users, items = read_users(tables, schema), read_items(tables, schema)
    inputs = _inputs(tables, schema_path, items, settings)
    if _same(output, inputs, overwrite):
        logging.info("%s: unchanged tables and settings, reused", output)
        return dataset_info.load_dataset_info(output)
    with written_aside(output) as partial:
        work = FileSystems.join(partial, "work")
        for directory in (work, FileSystems.join(partial, "vocabularies")):
            FileSystems.mkdirs(directory)
        save_lookups(work, users, items, schema)
        run = _Run(tables, partial, work, schema, users, items, settings, options)
        info = run.prepare(rule)
        write_json(FileSystems.join(partial, INPUTS_FILE), inputs)
        FileSystems.delete([work])
    return info


@dataclasses.dataclass(frozen=True)
class _Run:
    """One preparation on its way; each method is a step."""

    tables: str
    output: str
    work: str
    schema: Schema
    users: Users
    items: Items
    settings: Any
    options: PipelineOptions

    def prepare(self, rule: SplitRule) -> DatasetInfo:
        files, wanted = self._event_files()
        logging.info("prepare 1/3: checking %d event file(s) and the images of %d items", len(files), len(self.items))
        found, readable, image_faults = self._survey(files, wanted, rule)
        offsets, rows = self._offsets(files, found)
        faults = self._faults(found, rows, image_faults)
        times, counts = merge_times([(entry["times"], entry["counts"]) for entry in found])
        rule = complete_rule(self.settings, rule, times, counts)
        logging.info("prepare 2/3: histories and cross fields of %d events", rows)
        partitions = max(1, math.ceil(rows / _PARTITION_ROWS))
        statistics = self._gather(files, wanted, rule, offsets, partitions)
        infos, item_fields = self._learn(statistics)
        logging.info("prepare 3/3: writing %s samples", " + ".join(str(len(keys)) for keys in statistics.orders))
        shards, histograms = self._write(infos, statistics, partitions)
        catalogue_shards = catalogue.write_catalogue(
            self.output,
            self.items,
            item_fields,
            readable,
            statistics.arrays["train_samples"],
            statistics.arrays["train_purchases"],
            self.settings.shard_items,
        )
        catalogue.write_users(self.output, self.users)
        self._report(infos, faults, histograms)
        info = DatasetInfo(
            schema=self.schema,
            fields=infos,
            history_length=self.settings.history_length,
            catalogue_items=len(self.items),
            catalogue_shards=catalogue_shards,
            splits=_split_infos(statistics, shards),
            settings=self.settings.to_dict(),
            fingerprint=self._fingerprint(infos, shards, catalogue_shards),
        )
        info.save(self.output)
        return info

    def _event_files(self) -> tuple[list[str], EventColumns]:
        files = table_files(self.tables, "events")
        wanted = event_columns(self.schema, column_names(files[0]))
        for path in files:
            names = column_names(path)
            require_columns(path, names, REQUIRED)
            require_columns(path, names, wanted.names, why=", which schema.json or another file of the table names")
        return files, wanted

    def _survey(
        self, files: list[str], wanted: EventColumns, rule: SplitRule
    ) -> tuple[list[dict[str, Any]], np.ndarray, dict[str, Faults]]:
        result = FileSystems.join(self.work, "survey.json")
        paths, data = self.items.image_path.to_pylist(), self.items.image_bytes
        first_rows: dict[str, int] = {}
        for row, path in enumerate(paths):
            if path is not None:
                first_rows.setdefault(path, row)
        images: list[tuple[int, str | None, bytes | None]] = [(row, path, None) for path, row in first_rows.items()]
        images += [(row, None, data[row].as_py()) for row in np.flatnonzero(data.is_valid())]
        elements = [(number, piece) for number, path in enumerate(files) for piece in pieces(path)]
        with beam.Pipeline(options=self.options) as pipeline:
            events = (
                pipeline
                | "Pieces" >> beam.Create(elements)
                | "SpreadPieces" >> beam.Reshuffle()
                | "Survey" >> beam.ParDo(SurveyEvents(self.work, wanted, rule))
            )
            pictures = (
                pipeline
                | "Images" >> beam.Create(images)
                | "SpreadImages" >> beam.Reshuffle()
                | "Headers" >> beam.Map(survey_image)
                | "Faulty" >> beam.Filter(lambda pair: pair[1] is not None)
            )
            _save_list(events, result)
            _save_list(pictures, result + ".images")
        found = sorted(read_json(result), key=lambda entry: (entry["file"], entry["first_row"]))
        return found, *self._image_faults(paths, first_rows, dict(read_json(result + ".images")))

    def _image_faults(
        self, paths: list[str | None], first_rows: dict[str, int], kinds: dict[int, str]
    ) -> tuple[np.ndarray, dict[str, Faults]]:
        """Whether each item's image is readable, and the faults by kind."""
        readable = np.ones(len(paths), bool)
        faults = {kind: Faults() for kind in (MISSING, UNREADABLE)}
        for row, path in enumerate(paths):
            kind = kinds.get(row if path is None else first_rows[path])
            if kind:
                readable[row] = False
                faults[kind].add(
                    1, [{"item_id": self.items.ids[row].as_py(), "row": row + 1, "value": path or "bytes"}]
                )
        return readable, faults

    def _offsets(self, files: list[str], found: list[dict[str, Any]]) -> tuple[list[int], int]:
        """The sample number of each file's first row, and the number of rows. Raises TableError for bad cells."""
        for entry in found:
            if entry["error"]:
                raise TableError(entry["error"])
        rows = [0] * len(files)
        for entry in found:
            rows[entry["file"]] += entry["rows"]
        if not sum(rows):
            raise TableError(f"{files[0]}: the table is empty; it needs at least one row")
        ends = np.cumsum(rows).tolist()
        return [0, *ends[:-1]], ends[-1]

    def _faults(
        self, found: list[dict[str, Any]], rows: int, faults: dict[str, Faults]
    ) -> dict[str, tuple[Faults, int]]:
        """All row faults with the size of their table. Raises UserError if one kind is too frequent."""
        empty = np.flatnonzero(self.items.text.is_null().to_numpy(zero_copy_only=False)).tolist()
        examples = [{"item_id": self.items.ids[row].as_py(), "row": row + 1, "value": ""} for row in empty[:EXAMPLES]]
        out = {kind: (fault, len(self.items)) for kind, fault in faults.items()}
        out["empty_text"] = (Faults(len(empty), examples), len(self.items))
        for kind in ("unknown_user", "unknown_item"):
            total = Faults()
            for entry in found:
                total.add(entry["faults"][kind]["count"], entry["faults"][kind]["examples"])
            out[kind] = (total, rows)
        for kind, (fault, size) in sorted(out.items()):
            if fault.count > self.settings.max_fault_share * size:
                raise UserError(
                    f"{kind}: {fault.count} of {size} rows ({fault.count / size:.1%}), more than "
                    f"--config.prepare.max_fault_share={self.settings.max_fault_share}; such as "
                    + "; ".join(json.dumps(example, ensure_ascii=False) for example in fault.examples[:3])
                )
        return out

    def _gather(
        self, files: list[str], wanted: EventColumns, rule: SplitRule, offsets: list[int], partitions: int
    ) -> Statistics:
        result = FileSystems.join(self.work, "statistics.npz")
        elements = [(offset, piece) for path, offset in zip(files, offsets, strict=True) for piece in pieces(path)]
        build = BuildSamples(self.work, self.schema, rule, self.settings.history_length, len(self.users.ids))
        with beam.Pipeline(options=self.options) as pipeline:
            _ = (
                pipeline
                | "Pieces" >> beam.Create(elements)
                | "SpreadPieces" >> beam.Reshuffle()
                | "Partition" >> beam.ParDo(PartitionEvents(self.work, wanted, partitions))
                | "ByUsers" >> beam.GroupByKey()
                | "Build" >> beam.ParDo(build)
                | "Merge" >> beam.CombineGlobally(Statistics.merge).without_defaults()
                | "Save" >> beam.Map(lambda statistics: write_bytes(result, statistics.to_bytes()))
            )
        return Statistics.from_bytes(read_bytes(result))

    def _learn(self, statistics: Statistics) -> tuple[tuple[FieldInfo, ...], np.ndarray]:
        """Vocabularies and boundaries of all fields; encodes the users' and items' own fields.

        User and item fields are counted over the train samples, by the sample's user or target.
        """
        infos: dict[str, FieldInfo] = {}
        encoded: dict[str, np.ndarray] = {}
        columns: dict[str, FieldColumn] = {**self.users.fields, **self.items.fields}
        for field in self.schema.fields:
            seen: Any = statistics.sketches.get(field.name) or statistics.counts.get(field.name)
            if field.group in ("user", "item"):
                weights = statistics.arrays["train_users" if field.group == "user" else "train_samples"]
                column = columns[field.name]
                seen = (
                    weighted_sketch(column, weights)
                    if isinstance(column, np.ndarray)
                    else Counts.of(column.filter(pa.array(weights > 0)), weights[weights > 0])
                )
            infos[field.name], values = learn_field(field, seen, self.settings)
            if infos[field.name].vocabulary:
                path = FileSystems.join(self.output, str(infos[field.name].vocabulary))
                write_bytes(path, vocabulary_bytes(values))
            if field.group in ("user", "item"):
                encoded[field.name] = FieldEncoder(infos[field.name], values)(columns[field.name])
        users = _stack([encoded[field.name] for field in self.schema.group("user")], len(self.users.ids))
        items = _stack([encoded[field.name] for field in self.schema.item_fields], len(self.items))
        buffer = io.BytesIO()
        np.savez(buffer, allow_pickle=False, users=users, items=items)
        write_bytes(FileSystems.join(self.work, "tables.npz"), buffer.getvalue())
        return tuple(infos[field.name] for field in self.schema.fields), items

    def _write(
        self, infos: tuple[FieldInfo, ...], statistics: Statistics, partitions: int
    ) -> tuple[list[dict[str, Any]], dict[str, np.ndarray]]:
        by_name = {info.name: info for info in infos}
        size = self.settings.shard_samples
        encode = EncodeSamples(
            self.output,
            self.work,
            tuple(by_name[field.name] for field in self.schema.sample_fields),
            tuple(by_name[field.name] for field in self.schema.item_fields),
            tuple(keys[size::size] for keys in statistics.orders),
        )
        num_shards = tuple(-(-len(keys) // size) for keys in statistics.orders)
        shards_path = FileSystems.join(self.work, "shards.json")
        histograms_path = FileSystems.join(self.work, "histograms.npz")
        with beam.Pipeline(options=self.options) as pipeline:
            encoded = (
                pipeline
                | "Partitions" >> beam.Create(range(partitions))
                | "SpreadPartitions" >> beam.Reshuffle()
                | "Encode" >> beam.ParDo(encode).with_outputs(HISTOGRAMS, main="records")
            )
            shards = (
                encoded["records"]
                | "ByShard" >> beam.GroupByKey()
                | "Write" >> beam.ParDo(WriteShard(self.output, num_shards))
            )
            _save_list(shards, shards_path)
            _ = (
                encoded[HISTOGRAMS]
                | "AddHistograms" >> beam.CombineGlobally(add_histograms)
                | "SaveHistograms" >> beam.Map(lambda total: _save_arrays(histograms_path, total))
            )
        with np.load(io.BytesIO(read_bytes(histograms_path)), allow_pickle=False) as saved:
            histograms = {name: saved[name] for name in saved.files}
        return sorted(read_json(shards_path), key=lambda shard: str(shard["name"])), histograms

    def _report(
        self, infos: tuple[FieldInfo, ...], faults: dict[str, tuple[Faults, int]], histograms: dict[str, np.ndarray]
    ) -> None:
        fields = {info.name: report.field_report(info, histograms[info.name]) for info in infos}
        for name, entry in fields.items():
            if "warning" in entry:
                logging.warning("field '%s': %s", name, entry["warning"])
        data = {"faults": report.fault_report(faults), "fields": fields}
        write_json(FileSystems.join(self.output, report.FILE_NAME), data)

    def _fingerprint(
        self, infos: tuple[FieldInfo, ...], shards: list[dict[str, Any]], catalogue_shards: tuple[str, ...]
    ) -> str:
        """Hash of all files written, and of the schema."""
        parts = {shard["name"]: shard["hash"] for shard in shards}
        names = [*catalogue_shards, catalogue.USERS_FILE, *(info.vocabulary for info in infos if info.vocabulary)]
        parts |= {name: file_hash(FileSystems.join(self.output, name)) for name in names}
        return _hash({"files": parts, "schema": self.schema.to_json()})


def _inputs(tables: str, schema_path: str, items: Items, settings: Any) -> dict[str, Any]:
    """What decides the result: the tables' bytes, the images' sizes and times, settings, version."""
    files = [schema_path, *(path for name in ("items", "users", "events") for path in table_files(tables, name))]
    images = []
    for path in sorted({path for path in items.image_path.to_pylist() if path is not None}):
        state = os.stat(path) if os.path.exists(path) else None
        images.append([path, state and state.st_size, state and state.st_mtime_ns])
    return {
        "tables": {os.path.basename(path): file_hash(path) for path in files},
        "images": _hash(images),
        "settings": settings.to_dict(),
        "version": camenn_tf.__version__,
    }


def _same(output: str, inputs: dict[str, Any], overwrite: bool) -> bool:
    """Whether the output is there already. Raises UserError if it is there and different, unless it may go."""
    path = FileSystems.join(output, INPUTS_FILE)
    if not exists(FileSystems.join(output, dataset_info.FILE_NAME)):
        return False
    before = read_json(path) if exists(path) else {}
    if before == inputs:
        return True
    if not overwrite:
        changed = sorted(key for key in inputs if before.get(key) != inputs[key])
        raise UserError(
            f"--output={output}: holds a dataset made from other {', '.join(changed)}; "
            "choose another directory or add --overwrite"
        )
    return False


def _split_infos(statistics: Statistics, shards: list[dict[str, Any]]) -> dict[str, SplitInfo]:
    out = {}
    for name, (samples, positives, first, last) in zip(SPLITS, statistics.ranges.tolist(), strict=True):
        files = tuple((shard["name"], shard["samples"]) for shard in shards if shard["name"].startswith(f"{name}-"))
        out[name] = SplitInfo(samples, positives, first if samples else 0, last if samples else 0, files)
    return out


def _stack(columns: list[np.ndarray], rows: int) -> np.ndarray:
    return np.stack(columns, axis=1) if columns else np.zeros((rows, 0), np.int32)


def _save_list(values: beam.PCollection, path: str) -> None:
    _ = (
        values
        | f"List {os.path.basename(path)}" >> beam.combiners.ToList()
        | f"Save {os.path.basename(path)}" >> beam.Map(lambda found: write_json(path, found))
    )


def _save_arrays(path: str, arrays: dict[str, np.ndarray]) -> None:
    buffer = io.BytesIO()
    np.savez(buffer, allow_pickle=False, **arrays)  # type: ignore[arg-type]
    write_bytes(path, buffer.getvalue())


def _hash(data: Any) -> str:
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()[:32]
