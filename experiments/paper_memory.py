"""Memory of a training step at the paper's sizes, by samples a device.

    python -m experiments.paper_memory --output=FILE            about five minutes

`experiments/configs/paper.py` on one device of four, float32, with frozen encoders: BERT's states of 768, InceptionV4's
3 x 3 vectors of 1,536. Rows are of two kinds: as long as those of Complete Journey (experiments/journey_lengths.json),
and as long as can be: every text of 50 pieces, every history of 10 purchases. Counted is the largest resident size of a
process that makes two steps on the CPU, less what it has before it builds the model. A GPU holds the same tensors,
beside about 0.5 GB for its context and libraries.
"""

from __future__ import annotations

import dataclasses
import json
import subprocess
import sys
from collections.abc import Sequence
from typing import Any

import keras
from absl import flags

from camenn_tf.flags import run_main
from camenn_tf.models import MODELS
from experiments.configs.paper import get_config
from experiments.step_timing import LENGTHS, bench_batch, bench_spec, peak_bytes, seconds, train_step
from experiments.steps import write_result

_SAMPLES = flags.DEFINE_list("samples", ["8", "16", "32", "64"], "Samples a step of one device.")
_OUTPUT = flags.DEFINE_string("output", "", "JSON file for the figures.")
_ALONE = flags.DEFINE_string("alone", "", "rows,samples: measure one setting and print it as JSON (used by the table).")

ROWS = ("journey", "longest")


def measure_alone(rows: str, samples: int) -> dict[str, Any]:
    """GB of two steps; the alignment rows that the configuration asks for among them."""
    config = get_config()
    with open(LENGTHS, encoding="utf-8") as file:
        lengths = json.load(file)
    if rows == "longest":
        history, pieces = config.model.history_length, config.encode.text.max_pieces + 2
        lengths = {**lengths, "history": {str(history): 1}, "text": {str(pieces): 1}}
    spec = dataclasses.replace(bench_spec(lengths), text_dim=768, image_dim=1536)
    batch = bench_batch(samples, config.model.history_length, spec, lengths)
    aligned = int(samples * config.alignment.fraction)
    for key in ("alignment_sample", "alignment_text", "alignment_image", "alignment_task"):
        batch[key] = batch[key].reshape(3, samples)[:, :aligned].reshape(-1)
    before = peak_bytes()
    keras.utils.set_random_seed(1)
    model = MODELS["camenn"](config, spec)
    step = train_step(model, model, batch)
    for _ in range(2):
        seconds(step)
    return {"rows": rows, "samples": samples, "gb": (peak_bytes() - before) / 2**30}


def main(_: Sequence[str]) -> None:
    """Measures each setting in a process of its own."""
    if _ALONE.value:
        rows, samples = _ALONE.value.split(",")
        print(json.dumps(measure_alone(rows, int(samples))))
        return
    table = []
    for rows in ROWS:
        for samples in _SAMPLES.value:
            command = [sys.executable, "-m", "experiments.paper_memory", f"--alone={rows},{samples}"]
            output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
            table.append(json.loads(output.strip().splitlines()[-1]))
            print(f"{rows} rows, {samples} samples: {table[-1]['gb']:.2f} GB", flush=True)
    if _OUTPUT.value:
        write_result(_OUTPUT.value, {"kind": "paper_memory", "table": table})


if __name__ == "__main__":
    run_main(main)
