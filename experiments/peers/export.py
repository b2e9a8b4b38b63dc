"""A prepared dataset as plain arrays, which code that knows nothing of ours can read.

    python -m experiments.peers.export JOB.json        a job names dataset, features, data (the output) and max_samples

`train.npz` and `validation.npz` hold one array a column: value ids of each field int32 [n]; `hist_<field>` int32 [n, N]
of the bought items' fields, oldest first, 0 behind the last; `seq_length` int32 [n]; `label` float32 [n]. Ids of item
fields are ours plus one, so that 0 is free for padding. Train samples stand in the order in which our first epoch
reads them, so the first n of them are what our first steps train on. `fields.json` names the fields and their sizes.
"""

from __future__ import annotations

import collections
import json
import os
import shutil
import sys
from collections.abc import Iterator, Sequence
from typing import Any

import numpy as np
from ml_collections import ConfigDict

from camenn_tf.dataset.dataset_info import load_dataset_info
from camenn_tf.errors import UserError
from camenn_tf.inputs.batch_pipeline import BatchPipeline
from camenn_tf.inputs.catalogue import Catalogue
from camenn_tf.inputs.item_store import ItemStore
from camenn_tf.inputs.selected_fields import SelectedFields, selected_fields
from experiments.peers.settings import our_config

SPLITS = ("train", "validation")  # never test
KEYS = ("fields", "history", "target", "items_fields", "label", "weight")
OTHERS = ("seq_length", "label")

Columns = dict[str, np.ndarray]


def export(dataset: str, features: str, output: str, config: ConfigDict, max_samples: int = 0) -> bool:
    """Writes the arrays aside, then renames; False where they are there already.

    Raises:
      UserError: a field has the name of another column, or the output was made of something else.
    """
    info = load_dataset_info(dataset)
    fields = selected_fields(info, config)
    names = [*OTHERS, *(field.name for field in fields.sample_fields)]
    names += [name for field in fields.item_fields for name in (field.name, f"hist_{field.name}")]
    twice = [name for name, count in collections.Counter(names).items() if count > 1]
    if twice:
        raise UserError(f"{dataset}: two columns would be called '{twice[0]}'; rename the field")
    length = config.model.history_length
    made_of = {"dataset": info.fingerprint, "seed": config.seed, "max_samples": max_samples, "history_length": length}
    made_of |= {"batch_size": config.inputs.batch_size}
    description = {"made_of": made_of, "history_length": length, "fields": _sizes(fields), "samples": {}}
    if os.path.exists(output):
        if _made_of(output) == made_of:
            return False
        raise UserError(f"{output} holds arrays of other samples; remove it or name another --work")
    aside = f"{output}.{os.getpid()}.part"
    os.makedirs(aside)
    try:
        catalogue, store = Catalogue.load(dataset), ItemStore.open(features)
        for split in SPLITS:
            pipeline = BatchPipeline(info, dataset, catalogue, store, config, split, KEYS)
            columns = _columns(pipeline, fields, max_samples)
            description["samples"][split] = len(columns["label"])
            np.savez(os.path.join(aside, f"{split}.npz"), **columns)  # type: ignore[arg-type]
        with open(os.path.join(aside, "fields.json"), "w", encoding="utf-8") as file:
            json.dump(description, file, ensure_ascii=False, indent=1)
            file.write("\n")
        os.replace(aside, output)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return True


def _made_of(output: str) -> Any:
    path = os.path.join(output, "fields.json")
    if not os.path.exists(path):
        return None
    with open(path, encoding="utf-8") as file:
        return json.load(file)["made_of"]


def _sizes(fields: SelectedFields) -> list[dict[str, Any]]:
    sample = [{"name": field.name, "group": field.group, "size": field.size} for field in fields.sample_fields]
    item = [{"name": field.name, "group": field.group, "size": field.size + 1} for field in fields.item_fields]
    return sample + item


def _columns(pipeline: BatchPipeline, fields: SelectedFields, max_samples: int) -> Columns:
    """All columns of a split, or of its first samples."""
    parts: list[Columns] = []
    found = 0
    for part in _batches(pipeline, fields):
        parts.append(part)
        found += len(part["label"])
        if max_samples and found >= max_samples:
            break
    return {name: np.concatenate([part[name] for part in parts])[: max_samples or None] for name in parts[0]}


def _batches(pipeline: BatchPipeline, fields: SelectedFields) -> Iterator[Columns]:
    for batch in pipeline.dataset().as_numpy_iterator():
        real = batch["weight"] > 0  # the last step of an epoch is filled up
        history = batch["history"][real]
        bought = history > 0
        # newest last with nothing in front -> oldest first with nothing behind
        places = np.argsort(~bought, axis=1, kind="stable")
        history, bought = (np.take_along_axis(values, places, 1) for values in (history, bought))
        own = batch["items_fields"][batch["target"][real]] + 1
        past = np.where(bought[:, :, None], batch["items_fields"][history] + 1, 0).astype(np.int32)
        names = [field.name for field in fields.item_fields]
        yield {
            **_named([field.name for field in fields.sample_fields], batch["fields"][real]),
            **_named(names, own),
            **{f"hist_{name}": past[:, :, column] for column, name in enumerate(names)},
            "seq_length": bought.sum(1).astype(np.int32),
            "label": batch["label"][real],
        }


def _named(names: Sequence[str], values: np.ndarray) -> Columns:
    return {name: np.ascontiguousarray(values[:, column]) for column, name in enumerate(names)}


if __name__ == "__main__":
    with open(sys.argv[1], encoding="utf-8") as job_file:
        job = json.load(job_file)
    made = export(
        job["dataset"],
        job["features"],
        job["data"],
        our_config("fm", load_dataset_info(job["dataset"])),
        job["max_samples"],
    )
    print(f"{'wrote' if made else 'kept'} {job['data']}", flush=True)
