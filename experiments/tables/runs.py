"""What tables of several runs share: runs by arm and seed, means, and differences with their intervals."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from typing import Any

from camenn_tf.errors import UserError
from experiments.comparison.paired_difference import PairedDifference, holm, paired_difference
from experiments.comparison.replicates import stacked
from experiments.statistics import mean_and_deviation
from experiments.tables.cells import Files

Run = dict[str, Any]
Arms = dict[str, dict[int, Run]]  # runs by arm and seed


def by_arm(files: Files) -> Arms:
    """The runs of one study."""
    arms: Arms = {}
    for _, run in files:
        arms.setdefault(run["arm"], {})[run["seed"]] = run
    return {arm: dict(sorted(runs.items())) for arm, runs in arms.items()}


def auc(split: str, part: str = "all") -> Callable[[Run], float | None]:
    """Reads the AUC of a slice, `all` for the whole split; None where there is none."""

    def read(run: Run) -> float | None:
        cvr = run.get(split, {}).get("cvr")
        if cvr is None:
            return None
        found = cvr if part == "all" else cvr["slices"].get(part, {})
        value = found.get("auc")
        return None if value is None else float(value)

    return read


def alignment_accuracy(task: str) -> Callable[[Run], float | None]:
    """Reads the accuracy of ITA or TIA on the validation pairs with random donors; None where there is none."""

    def read(run: Run) -> float | None:
        accuracy: float | None = run["validation"].get("alignment", {}).get("all", {}).get(task, {}).get("accuracy")
        return accuracy

    return read


def spread(runs: Iterable[Run], read: Callable[[Run], float | None], places: int = 4) -> str:
    """Mean ± standard deviation over runs; the mean alone for one run; - for none."""
    values = [value for value in map(read, runs) if value is not None]
    if not values:
        return "-"
    mean, deviation = mean_and_deviation(values)
    return f"{mean:.{places}f}" if len(values) == 1 else f"{mean:.{places}f} ± {deviation:.{places}f}"


def seeds_of(runs: Mapping[int, Run]) -> str:
    """The seeds, as titles of rows name them."""
    return ", ".join(map(str, runs))


def paired(ours: Mapping[int, Run], others: Mapping[int, Run], split: str) -> list[tuple[Run, Run]]:
    """Of two arms the runs of each seed that both have.

    Raises:
      UserError: two of them were not judged on the same samples.
    """
    pairs = [(run, others[seed]) for seed, run in ours.items() if seed in others]
    for pair in pairs:
        hashes = {run["judged_on"][split] for run in pair if split in run.get("judged_on", {})}
        counts = {
            (part["samples"], part["positives"]) for part in (run.get(split, {}).get("cvr") for run in pair) if part
        }
        if len(hashes) > 1 or len(counts) > 1:  # earlier results have counts alone
            names = " and ".join(f"{run['kind']}/{run['arm']}-{run['seed']}.json" for run in pair)
            raise UserError(f"{names}: the {split} samples of one are not those of the other; run one of them again")
    return pairs


def difference(ours: Mapping[int, Run], others: Mapping[int, Run], split: str, part: str) -> PairedDifference | None:
    """The AUC of one arm less that of another, over the seeds and households that both have; None without."""
    pairs = paired(ours, others, split)
    read = auc(split, part)
    if not pairs or any(part not in run.get("replicates", {}).get(split, {}) for pair in pairs for run in pair):
        return None
    scores, rivals = ([score for score in map(read, side) if score is not None] for side in zip(*pairs, strict=True))
    if not len(scores) == len(rivals) == len(pairs):
        return None
    replicates, theirs = (stacked([run["replicates"][split][part] for run in s]) for s in zip(*pairs, strict=True))
    return paired_difference(scores, rivals, replicates, theirs)


def difference_cells(differences: Mapping[str, PairedDifference | None]) -> dict[str, str]:
    """By arm: mean [interval], with a star where Holm's adjusted p is below .05 and the interval leaves zero out."""
    known = {arm: value for arm, value in differences.items() if value is not None}
    adjusted = holm({arm: value.p_value for arm, value in known.items()})
    cells = {}
    for arm, value in known.items():
        sure = adjusted[arm] < 0.05 and (value.low > 0 or value.high < 0)
        star = " *" if sure else ""
        cells[arm] = f"{value.mean:+.4f} [{value.low:+.4f}, {value.high:+.4f}]{star}"
    return {arm: cells.get(arm, "-") for arm in differences}
