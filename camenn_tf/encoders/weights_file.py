"""Files of pretrained weights: local, downloaded, or inside an archive."""

from __future__ import annotations

import hashlib
import os
import shutil
import tarfile
import tempfile
import urllib.parse
import urllib.request

from absl import logging

from camenn_tf.errors import UserError

ARCHIVES = (".tar.gz", ".tgz", ".tar")


def check_weights_file(path: str, sha256: str = "") -> None:
    """Refuses a file that is missing or another one than meant.

    Args:
      path: `encode.image.weights`.
      sha256: `encode.image.sha256`, hexadecimal; empty = any file.

    Raises:
      UserError: names the key, the value and what to do.
    """
    if not os.path.isfile(path):
        raise UserError(f"encode.image.weights={path}: no such file; name a weights file that is there")
    if not sha256:
        return
    with open(path, "rb") as file:
        found = hashlib.file_digest(file, "sha256").hexdigest()
    if found != sha256.lower():
        raise UserError(
            f"encode.image.sha256={sha256}: {path} has {found}; fetch the file again, or correct or empty the key"
        )


def weights_file(name: str, sha256: str = "") -> str:
    """The local path of a weights file, downloaded once if it is a URL.

    Args:
      name: `encode.image.weights`: a path, or a URL; a TF-slim checkpoint's prefix or directory is a path, too, and an
        archive, as these checkpoints are published, counts as the directory of what it holds.
      sha256: `encode.image.sha256`, of a file or archive; empty = any.

    Raises:
      UserError: no such file, no such address, or another file than meant.
    """
    if "://" in name:
        name = _downloaded(name, sha256)
    if os.path.isdir(name) or (not os.path.exists(name) and os.path.exists(f"{name}.index")):
        if sha256:
            raise UserError(
                f"encode.image.sha256={sha256}: {name} is a checkpoint of several files; empty the key, or name one"
            )
        return name
    check_weights_file(name, sha256)
    return _unpacked(name) if name.endswith(ARCHIVES) else name


def _cache(*key: object) -> str:
    """The user's folder for what belongs to `key`."""
    root = os.environ.get("CAMENN_CACHE") or os.path.join(os.path.expanduser("~"), ".cache", "camenn_tf")
    return os.path.join(root, hashlib.sha256("\x1f".join(map(str, key)).encode()).hexdigest()[:12])


def _unpacked(path: str) -> str:
    """The files of an archive in the user's cache; unpacked aside, then renamed."""
    status = os.stat(path)
    directory = _cache(os.path.abspath(path), status.st_size, status.st_mtime_ns)
    if os.path.isdir(directory):
        return directory
    os.makedirs(os.path.dirname(directory), exist_ok=True)
    aside = tempfile.mkdtemp(dir=os.path.dirname(directory))
    try:
        with tarfile.open(path) as archive:
            archive.extractall(aside, filter="data")
        os.rename(aside, directory)
    except (tarfile.TarError, OSError, EOFError) as error:
        if os.path.isdir(directory):  # another process was faster
            return directory
        raise UserError(f"encode.image.weights={path}: cannot be unpacked ({error}); fetch it again") from error
    finally:
        shutil.rmtree(aside, ignore_errors=True)
    return directory


def _downloaded(url: str, sha256: str) -> str:
    """Into the user's cache, under a name that tells addresses apart; written aside, then renamed."""
    path = os.path.join(_cache(url), os.path.basename(urllib.parse.urlparse(url).path))
    if os.path.exists(path):
        return path
    os.makedirs(os.path.dirname(path), exist_ok=True)
    aside = f"{path}.{os.getpid()}.part"
    logging.info("downloading %s", url)
    try:
        with urllib.request.urlopen(url, timeout=60) as source, open(aside, "wb") as file:
            shutil.copyfileobj(source, file)
            expected = source.headers.get("Content-Length")
            if expected is not None and file.tell() != int(expected):
                raise OSError(f"{file.tell()} of {expected} bytes came")
        if sha256:
            check_weights_file(aside, sha256)
        os.replace(aside, path)
    except OSError as error:  # URLError is one
        raise UserError(
            f"encode.image.weights={url}: could not be downloaded ({error}); fetch the file elsewhere and name its path"
        ) from error
    finally:
        if os.path.exists(aside):
            os.remove(aside)
    return path
