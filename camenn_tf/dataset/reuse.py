"""Whether a dataset is still that of its tables and settings."""

from __future__ import annotations

import hashlib
import json
import os
from typing import Any

from apache_beam.io.filesystems import FileSystems

import camenn_tf
from camenn_tf.dataset import dataset_info
from camenn_tf.dataset.entities import Items
from camenn_tf.dataset.storage import exists, file_hash, read_json
from camenn_tf.dataset.tables import table_files
from camenn_tf.errors import UserError

FILE_NAME = "inputs.json"


def describe_inputs(tables: str, schema_path: str, items: Items, settings: Any) -> dict[str, Any]:
    """What decides the result: the tables' bytes, the images' paths, sizes and times, the settings, the version."""
    files = [schema_path, *(path for name in ("items", "users", "events") for path in table_files(tables, name))]
    images = []
    for path in sorted({path for path in items.image_path.to_pylist() if path is not None}):
        state = os.stat(path) if os.path.exists(path) else None
        images.append([path, state and state.st_size, state and state.st_mtime_ns])
    return {
        "tables": {os.path.basename(path): file_hash(path) for path in files},
        "images": json_hash(images),
        "settings": settings.to_dict(),
        "version": camenn_tf.__version__,
        "format": dataset_info.FORMAT,
    }


def is_current(output: str, inputs: dict[str, Any], overwrite: bool) -> bool:
    """Whether the output was made of these inputs. Raises UserError if it is another, unless that may be replaced."""
    if not exists(FileSystems.join(output, dataset_info.FILE_NAME)):
        return False
    path = FileSystems.join(output, FILE_NAME)
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


def json_hash(data: Any) -> str:
    """128 bits of SHA-256 over the JSON form, as hexadecimal digits."""
    return hashlib.sha256(json.dumps(data, sort_keys=True).encode()).hexdigest()[:32]
