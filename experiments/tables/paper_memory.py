"""Memory of the paper's configuration on four cards: what `experiments.paper_memory` writes."""

from __future__ import annotations

from experiments.tables.cells import Files, table

DEVICES, CARD_GB, CONTEXT_GB = 4, 12.0, 0.5


def lines(files: Files) -> list[str]:
    """By samples a card: GB with two kinds of rows, and whether the longest fit."""
    name, figures = files[-1]
    found = {(row["rows"], row["samples"]): row["gb"] + CONTEXT_GB for row in figures["table"]}
    rows = []
    for samples in sorted({samples for _, samples in found}):
        usual, longest = found["journey", samples], found["longest", samples]
        fits = "yes" if longest <= CARD_GB else "usual rows only" if usual <= CARD_GB else "no"
        rows.append([f"{samples * DEVICES}", f"{samples}", f"{usual:.1f}", f"{longest:.1f}", fits])
    return [
        f"## Memory of the paper's configuration on {DEVICES} cards of {CARD_GB:.0f} GB",
        f"`{name}` (`python -m experiments.paper_memory`): a float32 training step of "
        f"`experiments/configs/paper.py` on one of {DEVICES} devices, measured on the CPU, with {CONTEXT_GB} GB added "
        "for a card's context. Usual rows are as long as Complete Journey's; the longest have 50 pieces in every text "
        "and 10 purchases in every history.",
        "",
        *table(["samples a step", "a card", "usual rows, GB", "longest rows, GB", "fits"], rows),
    ]
