"""What CameNN's parts are worth: one part changed at a time, on 30% of the households, judged on validation weeks.

    python -m experiments.ablations --images=GroceryStoreDataset

The rows without and with ITA and TIA are Figures 4 and 5 as well.
"""

from __future__ import annotations

from typing import Any

from experiments.comparison.command import run_study
from experiments.comparison.similarity import similarity
from experiments.comparison.trial import Trial
from experiments.configs.encoders import encoder_changes

STUDY = "ablations"
SEEDS = (1, 2, 3)
BASE = "camenn"
ARMS: dict[str, tuple[str, str, str, tuple[str, ...]]] = {  # title, row of docs/FIDELITY.md, data, changes
    BASE: ("CameNN as in Table 1", "", "small", ()),
    "no_slots": ("no slot embedding", "9", "small", ("model.slot_embedding=False",)),
    "gate_input": ("gate before the expert", "13", "small", ("model.gate_position=input",)),
    "gate_printed": ("eq. 4 as printed", "13", "small", ("model.gate_position=printed",)),
    "post_norm": ("norm after the residual sum", "10", "small", ("model.norm=post",)),
    "one_expert": ("k = 1 of 4 experts", "12", "small", ("model.experts_per_task=1",)),
    "all_experts": ("k = 4 of 4 experts", "12", "small", ("model.experts_per_task=4",)),
    "no_alignment": (  # weights of 0 leave the layers where Figure 4 reads its states
        "no ITA, no TIA",
        "18",
        "small",
        (
            "alignment.weights.ita=0.0",
            "alignment.weights.tia=0.0",
            "alignment.warmup_steps=0",
            "alignment.fraction=0.0",
            "alignment.extra_fraction=0.0",
        ),
    ),
    "no_images": (
        "no images, so no ITA and TIA",
        "6",
        "small",
        ("model.use_images=False", "alignment.ita=False", "alignment.tia=False"),
    ),
    "no_text": (
        "no texts, so no ITA and TIA",
        "3",
        "small",
        ("model.use_text=False", "alignment.ita=False", "alignment.tia=False"),
    ),
    "no_content": (
        "neither texts nor images, so no ITA and TIA",
        "",
        "small",
        ("model.use_text=False", "model.use_images=False", "alignment.ita=False", "alignment.tia=False"),
    ),
    "shuffled": ("texts and images shuffled among products", "", "small_shuffled", ()),
    "scratch": ("encoders that learn along", "19", "small_scratch", encoder_changes("scratch")),
    "no_alone": ("alignment rows always in context", "16", "small", ("alignment.context_dropout=0.0",)),
    "only_alone": ("alignment rows always alone", "16", "small", ("alignment.context_dropout=1.0",)),
    "full_context": ("alignment rows see the whole E_Input", "16", "small", ("alignment.context=full",)),
    "no_field_logit": ("no perceptron of the fields beside the tower", "2", "small", ("model.field_logit=0",)),
    "one_hot": ("buckets one-hot instead of ordinal", "2", "small", ("model.numeric_code=one_hot",)),
    "exact_photos": ("only products whose photo shows fruit or variety itself", "", "small_exact", ()),
}
ARMS_WITH_SIMILARITY = ("no_alignment", BASE)


def trials() -> list[Trial]:
    """Every arm of a seed before the next seed; the control that claims about content need comes second."""
    first = (BASE, "shuffled", "no_content", "no_alignment")
    order = [*first, *(arm for arm in ARMS if arm not in first)]
    shared = (
        "--config=experiments/configs/comparison.py:camenn",
        # of a pass whose rate falls to 0 the end is the best: more looks at it took a fifth of the time
        "--config.train.evaluations_per_epoch=2",
    )
    return [
        Trial(STUDY, arm, seed, ARMS[arm][2], (*shared, *(f"--config.{change}" for change in ARMS[arm][3])))
        for seed in SEEDS
        for arm in order
    ]


def similarity_of(trial: Trial, run_dir: str, output: str) -> dict[str, Any]:
    """What Figures 4 and 5 show, for the two arms that they compare."""
    return similarity(trial, run_dir, output) if trial.arm in ARMS_WITH_SIMILARITY else {}


if __name__ == "__main__":
    run_study(trials, similarity_of)
