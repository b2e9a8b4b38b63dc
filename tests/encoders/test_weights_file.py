"""Weights that are downloaded or lie in an archive."""

from __future__ import annotations

import hashlib
import http.server
import os
import shutil
import tarfile
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from camenn_tf.encoders.weights_file import weights_file
from camenn_tf.errors import UserError

CONTENT = b"weights" * 1000


class _Server(http.server.BaseHTTPRequestHandler):
    """Gives CONTENT, cut short where the address says so."""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("Content-Length", str(len(CONTENT)))
        self.end_headers()
        self.wfile.write(CONTENT[:100] if "cut" in self.path else CONTENT)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@pytest.fixture
def address() -> Iterator[str]:
    server = http.server.HTTPServer(("127.0.0.1", 0), _Server)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}"
    server.shutdown()
    server.server_close()


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("CAMENN_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache"


def test_a_download_is_whole_or_not_there(address: str, cache: Path) -> None:
    with pytest.raises(UserError, match="100 of 7000 bytes came"):
        weights_file(f"{address}/cut.safetensors")
    assert not [path for path in cache.rglob("*") if path.is_file()]
    with pytest.raises(UserError, match=f"has {hashlib.sha256(CONTENT).hexdigest()}"):
        weights_file(f"{address}/whole.safetensors", "0" * 64)
    assert not [path for path in cache.rglob("*") if path.is_file()]
    path = weights_file(f"{address}/whole.safetensors")
    assert Path(path).read_bytes() == CONTENT and Path(path).name == "whole.safetensors"


def test_an_archive_is_the_directory_of_what_it_holds(tmp_path: Path, cache: Path) -> None:
    (tmp_path / "net.ckpt").write_bytes(CONTENT)
    archive = tmp_path / "net_2016.tar.gz"
    with tarfile.open(archive, "w:gz") as file:
        file.add(tmp_path / "net.ckpt", "net.ckpt")
    digest = hashlib.sha256(archive.read_bytes()).hexdigest()
    directory = weights_file(str(archive), digest)
    assert (Path(directory) / "net.ckpt").read_bytes() == CONTENT
    assert weights_file(str(archive)) == directory
    with pytest.raises(UserError, match=f"has {digest}"):
        weights_file(str(archive), "0" * 64)
    assert (Path(weights_file(f"file://{archive}", digest)) / "net.ckpt").read_bytes() == CONTENT
    archive.write_bytes(archive.read_bytes()[:100])
    with pytest.raises(UserError, match="cannot be unpacked"):
        weights_file(str(archive))
    assert {path.name for path in cache.rglob("*") if path.is_file()} == {"net.ckpt", "net_2016.tar.gz"}


def test_whoever_unpacks_an_archive_first_is_right(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "net.ckpt").write_bytes(CONTENT)
    archive = tmp_path / "net.tar"
    with tarfile.open(archive, "w") as file:
        file.add(tmp_path / "net.ckpt", "net.ckpt")
    rename = os.rename

    def second(source: str, target: str) -> None:
        """Another process has its own copy there in the last moment."""
        shutil.copytree(source, target)
        rename(source, target)

    monkeypatch.setattr(os, "rename", second)
    assert (Path(weights_file(str(archive))) / "net.ckpt").read_bytes() == CONTENT


def test_archives_do_not_reach_out_of_their_directory(tmp_path: Path) -> None:
    (tmp_path / "evil").write_bytes(b"x")
    archive = tmp_path / "evil.tar"
    with tarfile.open(archive, "w") as file:
        file.add(tmp_path / "evil", "../../outside")
    with pytest.raises(UserError, match="cannot be unpacked"):
        weights_file(str(archive))
    assert not list(tmp_path.rglob("outside"))
