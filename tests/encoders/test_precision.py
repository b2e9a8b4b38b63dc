"""Float32 and bfloat16 encoders."""

from __future__ import annotations

import dataclasses
import json
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from camenn_tf.encoders import encoding_pipeline, factory, precision
from camenn_tf.encoders.encoding import encode_dataset
from camenn_tf.encoders.features_check import check_features
from camenn_tf.encoders.features_info import load_features_info
from camenn_tf.encoders.keras_nlp_text import KerasNlpText
from camenn_tf.encoders.precision import choose_precision, has_bfloat16, run_in_bfloat16
from camenn_tf.errors import UserError
from tests.encoders import fake_encoders
from tests.encoders.fake_encoders import settings
from tests.encoders.small_dataset import write_dataset
from tests.encoders.test_keras_nlp_text import TEXTS, make_preset


def encoder(name: str, trains_along: bool = False) -> Any:
    return SimpleNamespace(name=name, trains_along=trains_along)


@pytest.mark.parametrize(
    ("flags", "has"), [("fpu avx2 avx512_bf16", True), ("amx_bf16 amx_tile", True), ("avx2 avx512f", False)]
)
def test_what_the_processor_says_decides(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, flags: str, has: bool
) -> None:
    (tmp_path / "cpuinfo").write_text(f"processor : 0\nmodel name : amx_bf16 avx512_bf16\nflags : {flags}\n")
    monkeypatch.setattr(precision, "_CPU_INFO", str(tmp_path / "cpuinfo"))
    assert has_bfloat16() is has
    assert choose_precision("auto", encoder("keras_nlp")) == ("bfloat16" if has else "float32")
    assert choose_precision("auto", encoder("tfhub")) == choose_precision("float32", encoder("keras_nlp")) == "float32"
    assert choose_precision("bfloat16", encoder("keras_nlp")) == "bfloat16"
    assert choose_precision("bfloat16", encoder("keras_nlp", trains_along=True)) == "float32"  # is not run
    monkeypatch.setattr(precision, "_CPU_INFO", str(tmp_path / "none"))
    assert has_bfloat16() is False


def test_what_cannot_be_is_told() -> None:
    with pytest.raises(UserError, match=r"encode.precision='half': unknown, expected one of auto, float32, bfloat16"):
        choose_precision("half", encoder("keras_nlp"))
    with pytest.raises(UserError, match=r"encode.precision=bfloat16: the text encoder 'tfhub' .*; set auto or float32"):
        choose_precision("bfloat16", encoder("tfhub"))


def test_states_in_bfloat16_are_those_of_float32_within_its_rounding(tmp_path: Path) -> None:
    preset = make_preset(tmp_path)
    exact, lengths = KerasNlpText(preset, max_pieces=6).encode(TEXTS)
    rounding = KerasNlpText(preset, max_pieces=6)
    run_in_bfloat16(rounding.model)
    states, same_lengths = rounding.encode(TEXTS)
    np.testing.assert_array_equal(lengths, same_lengths)
    assert states.dtype == np.float32 and not states[1, 2:].any()
    error = np.abs(states - exact).max()
    assert 1e-4 < error < 5e-2  # it was used, and it is no more than that
    real = lengths[:, np.newaxis] > np.arange(states.shape[1])
    cosines = (
        (states * exact).sum(-1)[real] / np.linalg.norm(states, axis=-1)[real] / np.linalg.norm(exact, axis=-1)[real]
    )
    assert cosines.min() > 0.999


def test_features_of_another_precision(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    fake_encoders.register(monkeypatch.setitem)
    monkeypatch.setattr(precision, "BFLOAT16_ENCODERS", ("fake",))
    monkeypatch.setattr(precision, "has_bfloat16", lambda: True)
    # what the workers do in either precision is not at issue here
    float32 = encoding_pipeline.EncodeTexts
    monkeypatch.setattr(
        encoding_pipeline, "EncodeTexts", lambda job: float32(dataclasses.replace(job, precision="float32", cache=""))
    )
    dataset, out = str(tmp_path / "dataset"), str(tmp_path / "features")
    write_dataset(dataset, [{"text": "ham"}])
    encode_dataset(dataset, out, settings())
    assert load_features_info(out).text.fingerprint == "fake-one-bfloat16"
    factory.load_encoders(out)
    check_features(out, dataset, settings(precision="bfloat16"))
    with pytest.raises(UserError, match=r"another precision than encode.precision=float32; set auto, or run python"):
        check_features(out, dataset, settings(precision="float32"))
    monkeypatch.setattr(precision, "has_bfloat16", lambda: False)  # another machine
    check_features(out, dataset, settings())
    report = tmp_path / "features" / "report.json"
    report.write_text("{}")
    encode_dataset(dataset, out, settings())
    assert json.loads(report.read_text()) == {}  # nothing was encoded
    encode_dataset(dataset, out, settings(precision="float32"))
    assert load_features_info(out).text.fingerprint == "fake-one"
