"""How fast the baselines' interactions train: what `experiments.interaction_speed` writes."""

from __future__ import annotations

from experiments.tables.cells import Files, table

MODELS = ("ffm", "afm", "xdeepfm", "wide_deep")


def lines(files: Files) -> list[str]:
    """The newest file's models, a row for each form."""
    name, timing = files[-1]
    rows = []
    for model in MODELS:
        found = timing[model]
        for form, speed in found["samples_per_second"].items():
            compared = form in found["ratio"]
            rows.append(
                [
                    model,
                    form,
                    f"{speed:.0f}",
                    f"{found['ratio'][form]:.2f}" if compared else "-",
                    f"{found['largest_difference'][form]:.0e}" if compared else "-",
                ]
            )
    threads = "one thread" if timing["threads"] == 1 else f"{timing['threads']} threads"
    return [
        "## Training speed of the baselines' interactions",
        f"`{name}` (`python -m experiments.interaction_speed`): whole training steps, B={timing['batch_size']}, "
        f"F={timing['fields']}, E={timing['embedding_size']}, {threads}; each form has the same mathematics.",
        "",
        *table(["model", "form", "samples/s", "ours is faster by", "largest relative difference of gradients"], rows),
    ]
