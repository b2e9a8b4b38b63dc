"""Training speed of CameNN beside the literal model (tests/reference) on one batch, in one run on this machine.

    python -m experiments.throughput            about 6 minutes on 2 cores; make bench

Both train on the same batch: E=128, 8 heads, M=4, k=2, N=10, T=50, P=9, every sample with alignment rows in context,
row lengths drawn from those of Complete Journey (experiments/journey_lengths.json). They alternate, with a float32
matmul of known size between them, and the medians count. FLOPs are matrix products on real tokens, chosen experts and
the [CLS] towers, backward twice forward; `share` is FLOPs a second over the matmul rate. The literal form is
vectorised and runs in a tf.function; its own share (of its own, padded products) says whether the ratio counts.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Sequence

from absl import flags

from camenn_tf.flags import run_main
from experiments.step_timing import LENGTHS, compare, measure_alone
from experiments.steps import write_result

_REPETITIONS = flags.DEFINE_integer("repetitions", 7, "Counted steps of each form.", lower_bound=5)
_BATCHES = flags.DEFINE_list("batches", ["4", "8", "16", "32", "64"], "Batch sizes among which ours is at its best.")
_HISTORIES = flags.DEFINE_list("histories", ["5", "10", "20", "40"], "N of the table of samples/s and memory.")
_OUTPUT = flags.DEFINE_string("output", "", "JSON file for the figures.")
_ALONE = flags.DEFINE_string("alone", "", "N,B: measure one setting of ours and print it as JSON (used by the table).")

LEAST_LITERAL_SHARE = 0.35


def in_own_process(history: int, samples: int) -> dict[str, float]:
    """`measure_alone` in a new process, so that its peak memory is its own."""
    command = [sys.executable, "-m", "experiments.throughput", f"--alone={history},{samples}"]
    command.append(f"--repetitions={_REPETITIONS.value}")
    output = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    result: dict[str, float] = json.loads(output.strip().splitlines()[-1])
    return result


def main(_: Sequence[str]) -> None:
    """Times both forms, writes the JSON and prints the last line."""
    with open(LENGTHS, encoding="utf-8") as file:
        lengths = json.load(file)
    if _ALONE.value:
        history, samples = (int(part) for part in _ALONE.value.split(","))
        print(json.dumps(measure_alone(lengths, history, samples, _REPETITIONS.value)))
        return
    equal = compare(lengths, 4, _REPETITIONS.value)
    print("N=10, B=4: " + "  ".join(f"{key}={value:.3g}" for key, value in equal.items()), flush=True)
    if equal["literal_share"] < LEAST_LITERAL_SHARE:
        print(f"the literal form reaches less than {LEAST_LITERAL_SHARE} of the matmul rate: the ratio does not count")
    print("   N    B  samples/s  share  peak GB", flush=True)
    table = []
    best = None
    for history, samples in [(10, int(size)) for size in _BATCHES.value]:
        row = in_own_process(history, samples)
        table.append(row)
        _print_row(row)
        best = row if best is None or row["share"] > best["share"] else best
    assert best is not None
    for history in (int(history) for history in _HISTORIES.value):
        if history != 10:
            samples = max(4, int(best["batch"]) * 10 // history)  # memory grows with the square of a row's length
            table.append(in_own_process(history, samples))
            _print_row(table[-1])
    if _OUTPUT.value:
        write_result(_OUTPUT.value, {"equal_batch": equal, "ours": table})
    print(f"ratio_N10={equal['ratio']:.2f} share={best['share']:.2f}")


def _print_row(row: dict[str, float]) -> None:
    print(
        f"{row['history']:4d} {row['batch']:4d} {row['samples_per_second']:10.1f} {row['share']:6.2f}"
        f" {row['peak_gb']:8.2f}",
        flush=True,
    )


if __name__ == "__main__":
    run_main(main)
