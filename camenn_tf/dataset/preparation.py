"""Tables to dataset: three Beam passes over the events, and between them the few decisions that need all of them.

1. survey: check every cell, count row faults, collect timestamps -> where the splits are cut.
2. gather: each user's events together, histories and cross fields, train statistics -> vocabularies and boundaries.
3. write: embedding rows, records, shards.

Items and users are looked up by every event, so they are held in memory; events never are. Passes hand over files in
a work directory beside the result, which any runner's workers must be able to reach.
"""

from __future__ import annotations

import dataclasses
import math
from typing import Any

import numpy as np
import pyarrow as pa
from absl import logging
from apache_beam.io.filesystems import FileSystems
from apache_beam.options.pipeline_options import PipelineOptions

from camenn_tf.dataset import catalogue, dataset_info, report, reuse
from camenn_tf.dataset.dataset_info import SPLITS, DatasetInfo, FieldInfo, SplitInfo
from camenn_tf.dataset.encoding import FieldEncoder, learn_field, vocabulary_bytes, weighted_sketch
from camenn_tf.dataset.entities import Items, Users, read_items, read_users
from camenn_tf.dataset.events import REQUIRED, EventColumns, event_columns
from camenn_tf.dataset.faults import event_faults, item_faults, refuse_too_many
from camenn_tf.dataset.gather import BuildSamples
from camenn_tf.dataset.lookup import save_lookups
from camenn_tf.dataset.passes import Passes, save_array, save_arrays
from camenn_tf.dataset.schema import Field, Schema, load_schema
from camenn_tf.dataset.settings import check_settings
from camenn_tf.dataset.splits import SplitRule, complete_rule, first_rule
from camenn_tf.dataset.statistics import Counts, Statistics
from camenn_tf.dataset.storage import exists, file_hash, refuse_foreign, remove, write_bytes, write_json, written_aside
from camenn_tf.dataset.survey import merge_times
from camenn_tf.dataset.tables import TableError, column_names, require_columns, table_files
from camenn_tf.dataset.write import BY_LABEL, IN_TRAIN, EncodeSamples, WriteShard

_PARTITION_ROWS = 50_000  # events of one partition of users, about


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
    check_settings(settings)
    rule = first_rule(settings)
    refuse_foreign(output, dataset_info.FILE_NAME)
    schema_path = FileSystems.join(tables, "schema.json")
    if not exists(schema_path):
        raise TableError(f"{schema_path}: not there; it names the fields that a model may see")
    schema = load_schema(schema_path)
    users, items = read_users(tables, schema), read_items(tables, schema)
    files, wanted = _event_files(tables, schema)
    inputs = reuse.describe_inputs(tables, schema_path, items, settings)
    if reuse.is_current(output, inputs, overwrite):
        logging.info("%s: unchanged tables and settings, reused", output)
        return dataset_info.load_dataset_info(output)
    with written_aside(output) as partial:
        work = FileSystems.join(partial, "work")
        for directory in (work, *(FileSystems.join(partial, name) for name in ("vocabularies", "train_counts"))):
            FileSystems.mkdirs(directory)
        save_lookups(work, users, items, schema)
        run = _Run(partial, schema, users, items, settings, Passes(options, work, tuple(files), wanted))
        info = run.prepare(rule)
        write_json(FileSystems.join(partial, reuse.FILE_NAME), inputs)
        remove(work)
    return info


def _event_files(tables: str, schema: Schema) -> tuple[list[str], EventColumns]:
    """The event files and the columns to read of them. Raises TableError if a file lacks one."""
    files = table_files(tables, "events")
    columns = {path: column_names(path) for path in files}
    wanted = event_columns(schema, set().union(*columns.values()))
    for path, names in columns.items():
        require_columns(path, names, REQUIRED)
        require_columns(path, names, wanted.names, why=", which schema.json or another file of the table names")
    return files, wanted


@dataclasses.dataclass(frozen=True)
class _Run:
    """One preparation on its way; `output` is the directory written aside."""

    output: str
    schema: Schema
    users: Users
    items: Items
    settings: Any
    passes: Passes

    def prepare(self, rule: SplitRule) -> DatasetInfo:
        logging.info("prepare 1/3: checking the events and the images of %d items", len(self.items))
        found, faulty_images = self.passes.survey(self.items, rule)
        offsets, rows = self._offsets(found)
        faults = item_faults(self.items, faulty_images) | event_faults(found, rows)
        refuse_too_many(faults, self.settings.max_fault_share)
        times, counts = merge_times([(entry["times"], entry["counts"]) for entry in found])
        rule = complete_rule(self.settings, rule, times, counts)
        logging.info("prepare 2/3: histories and cross fields of %d events", rows)
        statistics, partitions = self._gather(rule, offsets, rows)
        infos, item_fields = self._learn(statistics)
        logging.info("prepare 3/3: writing %s samples", " + ".join(str(len(keys)) for keys in statistics.orders))
        shards, by_label = self._write(infos, statistics, partitions)
        catalogue_shards = self._catalogue(statistics, item_fields)
        report.write_report(self.output, faults, infos, by_label)
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

    def _offsets(self, found: list[dict[str, Any]]) -> tuple[list[int], int]:
        """The sample number of each file's first row, and the number of rows. Raises TableError for bad cells."""
        for entry in found:
            if entry["error"]:
                raise TableError(entry["error"])
        rows = [0] * len(self.passes.files)
        for entry in found:
            rows[entry["file"]] += entry["rows"]
        if not sum(rows):
            raise TableError(f"{self.passes.files[0]}: the table is empty; it needs at least one row")
        ends = np.cumsum(rows).tolist()
        return [0, *ends[:-1]], ends[-1]

    def _gather(self, rule: SplitRule, offsets: list[int], rows: int) -> tuple[Statistics, list[int]]:
        """As `Passes.gather`."""
        length = self.settings.history_length
        build = BuildSamples(self.passes.work, self.schema, rule, length, len(self.users.ids))
        return self.passes.gather(offsets, build, max(1, math.ceil(rows / _PARTITION_ROWS)))

    def _learn(self, statistics: Statistics) -> tuple[tuple[FieldInfo, ...], np.ndarray]:
        """Vocabularies and boundaries of all fields, and the items' encoded fields int32 [items, Fi]."""
        infos: dict[str, FieldInfo] = {}
        encoded: dict[str, np.ndarray] = {}
        columns = {**self.users.fields, **self.items.fields}
        for field in self.schema.fields:
            infos[field.name], values = learn_field(field, self._seen(field, statistics), self.settings)
            if field.kind == "categorical":
                path = FileSystems.join(self.output, str(infos[field.name].vocabulary))
                write_bytes(path, vocabulary_bytes(values))
            if field.group in ("user", "item"):
                encoded[field.name] = FieldEncoder(infos[field.name], values)(columns[field.name])
        users = _stack([encoded[field.name] for field in self.schema.group("user")], len(self.users.ids))
        items = _stack([encoded[field.name] for field in self.schema.item_fields], len(self.items))
        save_arrays(FileSystems.join(self.passes.work, "tables.npz"), {"users": users, "items": items})
        return tuple(infos[field.name] for field in self.schema.fields), items

    def _seen(self, field: Field, statistics: Statistics) -> Any:
        """A field's values in train: those of users and items count once for every train sample they occur in."""
        if field.group not in ("user", "item"):
            return statistics.sketches[field.name] if field.kind == "numeric" else statistics.counts[field.name]
        weights = statistics.arrays["train_users" if field.group == "user" else "train_samples"]
        column = (self.users if field.group == "user" else self.items).fields[field.name]
        if isinstance(column, np.ndarray):
            return weighted_sketch(column, weights)
        return Counts.of(column.filter(pa.array(weights > 0)), weights[weights > 0])

    def _write(
        self, infos: tuple[FieldInfo, ...], statistics: Statistics, partitions: list[int]
    ) -> tuple[list[dict[str, Any]], dict[str, np.ndarray]]:
        """Writes records and train counts; returns the record files, and samples by split, label and row of a field."""
        by_name = {info.name: info for info in infos}
        size = self.settings.shard_samples
        encode = EncodeSamples(
            self.output,
            self.passes.work,
            tuple(by_name[field.name] for field in self.schema.sample_fields),
            tuple(by_name[field.name] for field in self.schema.item_fields),
            tuple(keys[size::size] for keys in statistics.orders),
        )
        num_shards = tuple(-(-len(keys) // size) for keys in statistics.orders)
        shards, histograms = self.passes.write(partitions, encode, WriteShard(self.output, num_shards))
        for info in infos:
            save_array(FileSystems.join(self.output, str(info.train_counts)), histograms[IN_TRAIN + info.name])
        return shards, {info.name: histograms[BY_LABEL + info.name] for info in infos}

    def _catalogue(self, statistics: Statistics, fields: np.ndarray) -> tuple[str, ...]:
        catalogue.write_users(self.output, self.users)
        return catalogue.write_catalogue(
            self.output,
            self.items,
            fields,
            statistics.arrays["train_samples"],
            statistics.arrays["train_purchases"],
            self.settings.shard_items,
        )

    def _fingerprint(
        self, infos: tuple[FieldInfo, ...], shards: list[dict[str, Any]], catalogue_shards: tuple[str, ...]
    ) -> str:
        """Hash of all files written, and of the schema; train counts and the report follow from these."""
        parts = {shard["name"]: shard["hash"] for shard in shards}
        names = [*catalogue_shards, catalogue.USERS_FILE, *(info.vocabulary for info in infos if info.vocabulary)]
        parts |= {name: file_hash(FileSystems.join(self.output, name)) for name in names}
        boundaries = {info.name: info.boundaries for info in infos}
        return reuse.json_hash({"files": parts, "schema": self.schema.to_json(), "boundaries": boundaries})


def _split_infos(statistics: Statistics, shards: list[dict[str, Any]]) -> dict[str, SplitInfo]:
    out = {}
    for name, (samples, positives, first, last) in zip(SPLITS, statistics.ranges.tolist(), strict=True):
        files = tuple((shard["name"], shard["samples"]) for shard in shards if shard["name"].startswith(f"{name}-"))
        out[name] = SplitInfo(samples, positives, first if samples else 0, last if samples else 0, files)
    return out


def _stack(columns: list[np.ndarray], rows: int) -> np.ndarray:
    return np.stack(columns, axis=1) if columns else np.zeros((rows, 0), np.int32)
