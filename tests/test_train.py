"""The whole way from a prepared dataset and its features to a trained run, with the real model, small."""

from __future__ import annotations

import io
import json
import os
import pathlib

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from apache_beam.options.pipeline_options import PipelineOptions
from ml_collections import ConfigDict
from PIL import Image

from camenn_tf.config import override
from camenn_tf.encoders.encoding import encode_dataset
from camenn_tf.errors import UserError
from camenn_tf.training.run import load_run
from camenn_tf.training.run_directory import RunDirectory
from camenn_tf.training.train_run import train_run
from tests.inputs.small_dataset import small_config, write_dataset


def make_config() -> ConfigDict:
    config = small_config()
    text = {"dim": 8, "heads": 2, "max_pieces": 4, "vocabulary_size": 100}
    sections = {
        "encode": {"text": text, "image": {"dim": 8, "grid": 2, "patch_size": 8}},
        "model": {"embedding_size": 8, "num_heads": 2, "num_experts": 2, "experts_per_task": 1, "feed_forward": 1},
        "inputs": {"batch_size": 50},
        "alignment": {"warmup_steps": 1},
        "train": {"epochs": 1, "strategy": "one_device", "tensorboard_steps": 1},
    }
    override(config, sections)
    return config


def fill_in_pictures(dataset: pathlib.Path) -> None:
    """Gives each item that names an image one of its own colour, and sets some items aside for validation."""
    path = dataset / "catalogue-00000-of-00001.parquet"
    columns = pq.read_table(path).to_pydict()
    for row, name in enumerate(columns["image_path"]):
        if name is not None:
            stream = io.BytesIO()
            Image.new("RGB", (16, 16), (8 * row, 255 - 8 * row, 100)).save(stream, "PNG")
            columns["image_path"][row], columns["image_bytes"][row] = None, stream.getvalue()
    kinds = {"fields": pa.list_(pa.int32()), "image_path": pa.string(), "image_bytes": pa.binary()}
    arrays = {name: pa.array(values, kinds.get(name)) for name, values in columns.items()}
    # The last items, which train does not show, are the ones to judge alignment by.
    split = pa.array(["validation" if row >= 24 else None for row in columns["row"]], pa.string())
    pq.write_table(pa.table({**arrays, "alignment_split": split}), path)


@pytest.fixture(scope="module")
def run_dir(tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    """A trained run with its dataset and features beside it."""
    directory = tmp_path_factory.mktemp("all")
    dataset, features = directory / "dataset", directory / "features"
    dataset.mkdir()
    write_dataset(dataset)
    fill_in_pictures(dataset)
    config = make_config()
    encode_dataset(str(dataset), str(features), config.encode.to_dict(), PipelineOptions([]))
    train_run(config, str(dataset), str(features), str(directory / "run"))
    return directory / "run"


def test_a_run_holds_what_evaluation_and_export_need(run_dir: pathlib.Path) -> None:
    history = json.loads((run_dir / "history.json").read_text())
    assert history["finished"]
    assert {"val_cvr_auc", "val_ita_accuracy", "val_tia_auc"} <= set(history["evaluations"][0])
    loaded = load_run(str(run_dir))
    assert loaded.config.to_dict() == make_config().to_dict()
    assert loaded.text_encoder.model in loaded.model.layers
    before = [np.array(value) for value in loaded.model.get_weights()]
    RunDirectory(str(run_dir)).load_best_weights(loaded.model)
    assert all((left == right).all() for left, right in zip(before, loaded.model.get_weights(), strict=True))


def test_a_finished_run_says_so(run_dir: pathlib.Path, caplog: pytest.LogCaptureFixture) -> None:
    changed = os.stat(run_dir / "history.json").st_mtime_ns
    with caplog.at_level("INFO", logger="absl"):
        train_run(make_config(), str(run_dir.parent / "dataset"), str(run_dir.parent / "features"), str(run_dir))
    assert "finished already" in caplog.text
    assert os.stat(run_dir / "history.json").st_mtime_ns == changed


@pytest.mark.parametrize(
    ("section", "key", "value", "message"),
    [
        ("model", "norm", "none", r"model\.norm is 'none'"),
        ("model", "num_heads", 3, r"model\.num_heads=3 does not divide model\.embedding_size=8"),
        ("inputs", "batch_size", 0, r"inputs\.batch_size is 0"),
        ("alignment", "fraction", 1.5, r"alignment\.fraction is 1\.5"),
    ],
)
def test_settings_that_cannot_work_leave_no_run(
    run_dir: pathlib.Path, tmp_path: pathlib.Path, section: str, key: str, value: object, message: str
) -> None:
    config = make_config()
    config[section][key] = value
    with pytest.raises(UserError, match=message):
        train_run(config, str(run_dir.parent / "dataset"), str(run_dir.parent / "features"), str(tmp_path / "run"))
    assert not (tmp_path / "run").exists()


def test_tensorboard_has_every_view(run_dir: pathlib.Path) -> None:
    from tensorboard.backend.event_processing.event_multiplexer import EventMultiplexer
    from tensorboard.plugins.hparams.plugin_data_pb2 import HParamsPluginData

    events = EventMultiplexer().AddRunsFromDirectory(str(run_dir / "tensorboard")).Reload()
    found = {
        name: {tag for kind in ("tensors", "scalars", "images", "histograms") for tag in tags[kind]}
        for name, tags in events.Runs().items()
    }
    speed = {"speed/samples_per_second", "speed/share_of_matmul_rate", "learning_rate"}
    assert found["train"] >= {"loss/cvr", "loss/ita", "loss/tia", "accuracy/ita", *speed}
    gates = {f"{kind}_{task}/expert_1" for kind in ("expert_use", "gate_weight") for task in ("cvr", "ita", "tia")}
    assert found["validation"] >= {"auc/cvr", "accuracy/tia", "text_image_similarity", "gate_weights/cvr", *gates}
    assert found["."] >= {"configuration"}
    assert (run_dir / "tensorboard" / "projector" / "sprite.png").exists()
    content = events.SummaryMetadata(".", "_hparams_/session_start_info").plugin_data.content
    hparams = HParamsPluginData.FromString(content).session_start_info.hparams
    assert {"seed", "model.norm", "alignment.weights.ita", "alignment.warmup_weights.match"} <= set(hparams)


def test_other_data_are_refused(run_dir: pathlib.Path, tmp_path: pathlib.Path) -> None:
    other = tmp_path / "dataset"
    other.mkdir()
    info = write_dataset(other)
    description = json.loads((other / "dataset.json").read_text())
    (other / "dataset.json").write_text(json.dumps({**description, "fingerprint": "other"}))
    assert info.fingerprint != "other"
    with pytest.raises(UserError, match="encoded from dataset small"):
        load_run(str(run_dir), dataset_dir=str(other))
    with pytest.raises(UserError, match=r"config\.json: not there"):
        load_run(str(tmp_path))
