"""Small files on any of Beam's file systems, and an output directory that appears whole or not at all."""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import socket
from collections.abc import Iterator
from typing import Any

from absl import logging
from apache_beam.io.filesystem import CompressionTypes
from apache_beam.io.filesystems import FileSystems

from camenn_tf.dataset.tables import open_file
from camenn_tf.errors import UserError

_BLOCK = 1 << 22


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


@contextlib.contextmanager
def written_aside(output: str) -> Iterator[str]:
    """A new directory beside `output` that takes its place if the block succeeds, and goes away if it does not."""
    output = output.rstrip("/")
    _remove_stale(output)
    partial = f"{output}.partial-{socket.gethostname()}-{os.getpid()}"
    parent = os.path.dirname(output)
    if parent and not exists(parent):
        FileSystems.mkdirs(parent)
    FileSystems.mkdirs(partial)
    try:
        yield partial
        retired = f"{partial}-replaced"
        if exists(output):
            FileSystems.rename([output], [retired])
        FileSystems.rename([partial], [output])
        if exists(retired):
            FileSystems.delete([retired])
    finally:
        if exists(partial):
            FileSystems.delete([partial])


def _remove_stale(output: str) -> None:
    """Removes what killed runs on this machine left beside the output."""
    prefix = f"{output}.partial-{socket.gethostname()}-"
    parent = os.path.dirname(os.path.abspath(output))
    if "://" in output or not os.path.isdir(parent):
        return
    for name in sorted(os.listdir(parent)):
        path = os.path.join(parent, name)
        process = path.removeprefix(os.path.abspath(prefix)).removesuffix("-replaced")
        if path.startswith(os.path.abspath(prefix)) and process.isdigit() and not _alive(int(process)):
            logging.info("removing %s, left by a run that was killed", path)
            FileSystems.delete([path])


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
        raise UserError(f"--output={output}: exists and has no {marker}; choose a new directory")
