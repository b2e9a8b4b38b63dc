"""The command."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from camenn_tf.encoders.features_info import load_features_info
from tests.encoders.picture_files import file_of, nine_colours
from tests.encoders.small_dataset import write_dataset


def run(*flags: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "camenn_tf.encode", *flags]
    return subprocess.run(command, capture_output=True, text=True, timeout=300, check=False)


def test_encodes_twice_and_says_so(tmp_path: Path) -> None:
    dataset, out = str(tmp_path / "dataset"), str(tmp_path / "features")
    write_dataset(dataset, [{"text": "fresh apples", "image_bytes": file_of(nine_colours())}, {"text": "juice"}])
    flags = [f"--dataset={dataset}", f"--output={out}", "--config.encode.image.patch_size=12"]
    first = run(*flags)
    assert first.returncode == 0, first.stderr
    assert "texts: 2 of 2" in first.stderr and "images: 1 of 1" in first.stderr
    info = load_features_info(out)
    assert len(list((tmp_path / "encode_cache").glob("*/*.block"))) == 1  # of pictures; pieces are not kept
    assert info.items == 2 and info.image.size == (12, 12, 3)
    second = run(*flags)
    assert second.returncode == 0 and "nothing to encode" in second.stderr, second.stderr


def test_a_missing_dataset_is_told_in_one_line(tmp_path: Path) -> None:
    done = run(f"--dataset={tmp_path}/none", f"--output={tmp_path}/features")
    assert done.returncode == 1 and not (tmp_path / "features").exists()
    assert "make it with python -m camenn_tf.prepare" in done.stderr and "Traceback" not in done.stderr
