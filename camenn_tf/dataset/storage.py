"""Small files on any of Beam's file systems, and an output directory that appears whole or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import socket
from collections.abc import Iterator
from typing import Any

from absl import logging
from apache_beam.io.filesystem import CompressionTypes
from apache_beam.io.filesystems import FileSystems

from camenn_tf.dataset.tables import open_file
from camenn_tf.errors import UserError

_BLOCK = 1 << 22
_REPLACED = "-replaced"  # ending of what stood where the new directory goes


def write_bytes(path: str, data: bytes) -> None:
    """Writes a file in one go."""
    with FileSystems.create(path, compression_type=CompressionTypes.UNCOMPRESSED) as file:
        file.write(data)


def read_bytes(path: str) -> bytes:
    """Reads a whole file."""
    with open_file(path) as file:
        data: bytes = file.read()
        return data


def write_json(path: str, data: Any) -> None:
    """Writes a file that a person can read."""
    write_bytes(path, (json.dumps(data, ensure_ascii=False, indent=1) + "\n").encode())


def read_json(path: str) -> Any:
    """Reads a JSON file."""
    return json.loads(read_bytes(path))


def file_hash(path: str) -> str:
    """SHA-256 of a file's bytes."""
    digest = hashlib.sha256()
    with open_file(path) as file:
        while block := file.read(_BLOCK):
            digest.update(block)
    return digest.hexdigest()


def exists(path: str) -> bool:
    """Whether a file or directory is there."""
    return bool(FileSystems.exists(path))


def remove(path: str) -> None:
    """Deletes a file, or a directory with all that is in it."""
    if "://" in path:
        FileSystems.delete([path])
    elif os.path.isdir(path) and not os.path.islink(path):  # Beam would take [, * and ? in a name for a pattern
        shutil.rmtree(path)
    else:
        os.remove(path)


@contextlib.contextmanager
def written_aside(output: str) -> Iterator[str]:
    """A new directory beside `output` that takes its place if the block succeeds, and goes away if it does not.

    If it cannot take its place, what was there comes back: at once, or after a kill when this is called again.
    """
    output = output.rstrip("/")
    _remove_stale(output)
    partial = f"{output}.partial-{socket.gethostname()}-{os.getpid()}"
    parent = os.path.dirname(output)
    if parent and not exists(parent):
        FileSystems.mkdirs(parent)
    FileSystems.mkdirs(partial)
    try:
        yield partial
        _take_place(partial, output)
    finally:
        if exists(partial):
            remove(partial)


def _take_place(partial: str, output: str) -> None:
    retired = partial + _REPLACED
    if exists(output):
        FileSystems.rename([output], [retired])
    try:
        FileSystems.rename([partial], [output])
    except BaseException:
        if exists(retired):
            FileSystems.rename([retired], [output])
        raise
    if exists(retired):
        remove(retired)


def _remove_stale(output: str) -> None:
    """Removes what killed runs on this machine left beside the output, or puts it back if it is all there is."""
    prefix = f"{output}.partial-{socket.gethostname()}-"
    parent = os.path.dirname(os.path.abspath(output))
    if "://" in output or not os.path.isdir(parent):
        return
    for name in sorted(os.listdir(parent)):
        path = os.path.join(parent, name)
        process = path.removeprefix(os.path.abspath(prefix)).removesuffix(_REPLACED)
        if not path.startswith(os.path.abspath(prefix)) or not process.isdigit() or _alive(int(process)):
            continue
        if path.endswith(_REPLACED) and not exists(output):
            logging.info("putting %s back, which a run that was killed was about to replace", path)
            FileSystems.rename([path], [output])
        else:
            logging.info("removing %s, left by a run that was killed", path)
            remove(path)


def _alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


def refuse_foreign(output: str, marker: str) -> None:
    """Raises UserError if `output` holds something that is not ours to replace."""
    if not exists(output) or exists(FileSystems.join(output, marker)):
        return
    if not os.path.isdir(output) or os.listdir(output):
        raise UserError(f"--output={output}: exists and has no {marker}; choose a new directory, or remove this one")
