"""Both sides of a comparison, each in a process of its own, and what must be true before."""

from __future__ import annotations

import json
import os
import subprocess
from typing import Any

import numpy as np

from camenn_tf.dataset.dataset_info import load_dataset_info
from camenn_tf.errors import UserError
from camenn_tf.inputs.selected_fields import selected_fields
from camenn_tf.metrics import auc, log_loss
from experiments.peers.settings import our_config
from experiments.steps import step, write_result

HERE = os.path.dirname(__file__)

Job = dict[str, Any]


def check_environment(python: str) -> None:
    """Raises UserError where the peers' environment is not there or lacks DeepCTR."""
    how = "make it with: make .venv-peers/.installed (make peers does it by itself), or name another with --python"
    if not os.path.exists(python):
        raise UserError(f"{python}: the peers' environment is not there; {how}")
    probe = "import importlib.util as u, sys; sys.exit(not (u.find_spec('deepctr') and u.find_spec('tf_keras')))"
    if subprocess.run([python, "-P", "-c", probe], check=False, capture_output=True).returncode:
        raise UserError(f"{python} has no deepctr or no tf_keras; {how}")


def check_found(path: str, setup: dict[str, Any]) -> None:
    """Raises UserError when the result there is of other data or other settings, which one table cannot hold."""
    if not os.path.exists(path):
        return
    with open(path, encoding="utf-8") as file:
        found = json.load(file)
    for name, value in setup.items():
        if found.get(name) != value:
            raise UserError(f"{path} was made with other {name}; remove it or name another directory with --results")


def use_threads(count: int) -> None:
    """Both sides inherit this: so many threads for TensorFlow, and so many cores, where the system can say so."""
    for name in ("TF_NUM_INTRAOP_THREADS", "TF_NUM_INTEROP_THREADS", "OMP_NUM_THREADS"):
        os.environ[name] = str(count)
    if hasattr(os, "sched_setaffinity"):
        cores = sorted(os.sched_getaffinity(0))
        if count > len(cores):
            raise UserError(f"--threads={count}, but this process may use {len(cores)} cores")
        os.sched_setaffinity(0, cores[:count])


def export_arrays(job: Job, work: str) -> dict[str, int]:
    """Makes the arrays of the job's `data` if they are not there; samples of each split."""
    path, _ = _write_job("export", job, work)
    step("experiments.peers.export", path)
    with open(os.path.join(job["data"], "fields.json"), encoding="utf-8") as file:
        samples: dict[str, int] = json.load(file)["samples"]
    return samples


def run_pair(job: Job, python: str, work: str) -> dict[str, Any]:
    """Ours and DeepCTR's, one after the other, and what they scored.

    Args:
      job: what both sides are told: model, settings, dataset, features, data (exported arrays) and samples.
      python: of the peers' environment.
      work: directory for jobs and outputs.

    Raises:
      UserError: DeepCTR failed, or the two sides scored different samples.
    """
    load = os.getloadavg()[0]
    path, output = _write_job(f"{job['model']}-ours", job, work)
    step("experiments.peers.our_side", path)
    ours, own_label = _measured(output)
    info = load_dataset_info(job["dataset"])
    fields = selected_fields(info, our_config(job["model"], info))
    rows = sum(field.size for field in (*fields.sample_fields, *fields.item_fields))
    # DeepCTR's MMOE is sized by what our model has behind the embeddings
    trunk = ours["weights"] - rows * job["settings"]["embedding_size"]
    path, output = _write_job(f"{job['model']}-deepctr", {**job, "trunk_weights": trunk}, work)
    command = [python, "-P", os.path.join(HERE, "deepctr_side.py"), path]
    print("\n$ " + " ".join(command), flush=True)
    if subprocess.run(command, check=False).returncode:
        raise UserError(f"DeepCTR's {job['model']} failed; what it said stands above")
    theirs, their_label = _measured(output)
    if not np.array_equal(own_label, their_label):
        raise UserError(f"{job['model']}: the two sides scored other samples; remove {job['data']} and try again")
    return {"samples": job["samples"], "ours": ours, "theirs": theirs, "load_before": load}


def _write_job(name: str, job: Job, work: str) -> tuple[str, str]:
    """Path of the job's file, and where its output goes."""
    output = os.path.abspath(os.path.join(work, name))
    write_result(f"{output}.job.json", {**job, "output": output})
    return f"{output}.job.json", output


def _measured(output: str) -> tuple[dict[str, Any], np.ndarray]:
    """What a side measured, with metrics that are computed here for both, and the labels it saw."""
    with open(f"{output}.json", encoding="utf-8") as file:
        result: dict[str, Any] = json.load(file)
    with np.load(f"{output}.npz") as arrays:
        score, label = arrays["score"], arrays["label"]
    return {**result, "auc": auc(label, score), "log_loss": log_loss(label, score)}, label
