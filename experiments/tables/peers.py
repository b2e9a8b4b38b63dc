"""Our models beside other people's: what `experiments.peers.compare` writes."""

from __future__ import annotations

from typing import Any

from experiments.comparison import arms
from experiments.peers.settings import MODELS
from experiments.tables.cells import Files, score, table

TITLES = {**{model: arms.TITLES[model] for model in MODELS}, "mmoe": "MMoE"}  # without its frame
AUC_BELOW = 0.003  # ours may be so much lower
SPEED = {"xdeepfm": 1.5, "afm": 1.5, "din": 1.5, "bst": 1.5}  # ours over theirs in samples/s; 1 for the others
NOTES = """\
Both sides take the same fields, one-hot, E, layers, attention and CIN units, dropout, batch size and Adam (constant
rate, no decay, no clipping), and make one pass over the same samples, shuffled. Ours reads TFRecords through its
pipeline; DeepCTR loads arrays by column and calls `fit`. Time is counted from the end of the first step; memory is the
largest resident size of the process. Not alike: initialisation is each side's own. DeepCTR's BST runs its transformer
at the width of all item fields together, ours projects an item to E first, and the target is part of our sequence.
DeepCTR's MMOE has two towers at least, so its second one learns the same label; its experts read the fields, ours a
layer that they share, and its width is the one that gives as many weights behind the embeddings. Our MMoE reads no
texts and no pictures here."""


def lines(files: Files) -> list[str]:
    """A row for each model, with both targets."""
    found = {part["model"]: part for _, part in files}
    setup = files[0][1]
    versions = setup["theirs"]["versions"]
    limit = f" (at most {setup['max_samples']} of a split)" if setup["max_samples"] else ""
    titles = ["validation, one pass", "AUC, ours", "DeepCTR", "difference", "samples/s, ours", "DeepCTR", "ratio"]
    titles += ["CPU s a 1000 samples", "DeepCTR", "peak GB, ours", "DeepCTR", "weights, ours", "DeepCTR"]
    titles += [f"AUC target (-{AUC_BELOW})", "speed target"]
    return [
        "## Beside DeepCTR",
        f"`python -m experiments.peers.compare`: DeepCTR {versions['deepctr']} on TensorFlow {versions['tensorflow']} "
        f"and tf-keras {versions['tf-keras']}, {setup['samples']['train']} train and {setup['samples']['validation']} "
        f"validation samples{limit}, --threads={setup['threads']}.",
        *NOTES.splitlines(),
        "",
        *table(titles, [_row(found[model]) for model in TITLES if model in found]),
    ]


def _row(part: dict[str, Any]) -> list[str]:
    ours, theirs = part["ours"], part["theirs"]
    difference = ours["auc"] - theirs["auc"]
    ratio = ours["samples_per_second"] / theirs["samples_per_second"]
    target = SPEED.get(part["model"], 1.0)
    return [
        TITLES[part["model"]],
        *(score(side["auc"]) for side in (ours, theirs)),
        f"{difference:+.4f}",
        *(f"{side['samples_per_second']:.0f}" for side in (ours, theirs)),
        f"{ratio:.2f}",
        *(f"{side['cpu_seconds_per_1000_samples']:.2f}" for side in (ours, theirs)),
        *(f"{side['peak_bytes'] / 2**30:.2f}" for side in (ours, theirs)),
        *(f"{side['weights']}" for side in (ours, theirs)),
        "met" if difference >= -AUC_BELOW else "missed",
        f"{target:g}: {'met' if ratio >= target else 'missed'}",
    ]
