"""Tables of the comparison, from results that a test made up."""

from __future__ import annotations

import pathlib
from typing import Any

import numpy as np
import pytest
from PIL import Image

from camenn_tf.errors import UserError
from experiments import table3_ab
from experiments.search import SPACES
from experiments.tables import ab, ablations, budget, dirty, dirty_figure, final, search, similarity
from experiments.tables.runs import by_arm
from tests.experiments.tables.made_runs import files_of, made_run


def row_of(lines: list[str], start: str) -> list[str]:
    """The cells of the only row that begins so."""
    (found,) = [line for line in lines if line.startswith(f"| {start}")]
    return [cell.strip() for cell in found.strip("|").split("|")]


def test_table_1_has_means_and_differences() -> None:
    runs = [made_run("final", "din", seed, 0.80 + 0.01 * seed) for seed in (1, 2, 3)]
    runs += [made_run("final", "camenn", seed, 0.82 + 0.01 * seed) for seed in (1, 2, 3)]
    runs += [made_run("final", "fm", 1, 0.83)]
    lines = final.lines(files_of(*runs))
    validation = lines[: next(n for n, line in enumerate(lines) if "test, weeks" in line)]
    assert row_of(validation, "DIN (1, 2, 3)")[1:3] == ["0.7336 ± 0.00045", "0.8200 ± 0.0100"]
    # Every resample and seed has CameNN .02 ahead of DIN, and level with FM's one run.
    assert row_of(validation, "DIN |")[1] == "+0.0200 [+0.0200, +0.0200] *"
    assert row_of(validation, "FM |")[1] == "+0.0000 [+0.0000, +0.0000]"
    assert row_of(lines, "DIN | 1000") == ["DIN", "1000", "100 ± 0", "60 ± 0"]


def test_table_2_has_both_donors_and_controls() -> None:
    lines = final.lines(files_of(made_run("final", "camenn", 1, 0.9), made_run("final", "fashionbert", 1, 0.8)))
    cells = row_of(lines, "CameNN (1), TIA, random donors")
    assert cells == ["CameNN (1), TIA, random donors", "8", "0.8508", *["0.9000"] * 3, "0.5000", "0.5000"]
    assert row_of(lines, "FashionBERT (1), ITA, donors of the same")[2] == "-"


def test_alignment_is_held_against_its_target() -> None:
    runs = [made_run("final", "camenn", seed, accuracy) for seed, accuracy in ((1, 0.96), (2, 0.97), (3, 0.86))]
    (line,) = [line for line in final.lines(files_of(*runs)) if line.startswith("Target for one model")]
    assert "CameNN, worse task, mean over seeds: 0.9300 and 0.9300 at .5 (both met by 1 of 3); " in line


def test_gates_and_curve_of_the_first_seed() -> None:
    gates = {"cvr": {"use": [0.5, 1.5], "mean": [0.25, 0.75]}}
    curve = [{"total": 7, "val_cvr_auc": 0.8, "val_cvr_loss": 0.4}]
    lines = final.lines(files_of(made_run("final", "camenn", 1, 0.9, gates=gates, evaluations=curve)))
    assert row_of(lines, "CVR | chosen") == ["CVR", "chosen", "0.500", "1.500"]
    assert row_of(lines, "7 |")[1:3] == ["0.8000", "0.4000"]


def test_table_3_is_relative_to_fm() -> None:
    lines = ab.lines(files_of(made_run("ab", "fm", 1, 0.5), made_run("ab", "bst", 1, 0.6)))
    assert row_of(lines, "FM (1)")[2:] == ["0.5000", "-", "-"]
    cells = row_of(lines, "BST (1)")
    assert cells[1] == "-0.05% ± 0.080%" and cells[3].startswith("+20.00% [+19.9") and cells[3].endswith("*")


def test_table_3_has_the_lead_over_every_row() -> None:
    runs = (made_run("ab", arm, 1, conversion) for arm, conversion in (("bst", 0.4), ("camenn", 0.6)))
    lines = ab.lines(files_of(*runs, made_run("ab", "din", 2, 0.5)))
    # .6 / .4 in every resample; DIN's seed is none of CameNN's, and the control has no run.
    bst, camenn, din = (row_of(lines, title) for title in ("BST", "CameNN", "DIN"))
    assert bst[3] == "-" and bst[4].startswith("+50.00% [+49.") and bst[4].endswith("*")
    assert camenn[3:] == ["-", "-"] and din[3:] == ["-", "-"]


def test_ablations_are_less_than_the_base() -> None:
    runs = [made_run("ablations", arm, 1, auc) for arm, auc in (("camenn", 0.82), ("no_text", 0.81))]
    lines = ablations.lines(files_of(*runs))
    assert row_of(lines, "no texts, so no ITA and TIA (1)")[4] == "+0.0100 [+0.0100, +0.0100] *"
    assert row_of(lines, "CameNN as in Table 1 (1)")[4] == "-"
    assert not any("target" in line for line in lines)


@pytest.mark.parametrize(("shuffled", "verdict"), [(0.812, "met"), (0.815, "missed")])
def test_content_is_held_against_its_target(shuffled: float, verdict: str) -> None:
    runs = [made_run("ablations", arm, 1, auc) for arm, auc in (("camenn", 0.82), ("shuffled", shuffled))]
    text = ablations.lines(files_of(*runs))[-1]
    assert f"{0.82 - shuffled:+.4f} [" in text and text.endswith(f"is {verdict}.")


def test_dirty_curves_and_detection() -> None:
    part = {"spoilt": 4, "auc": 0.9, "precision": None, "recall": 0.5, "precision_at_count": 0.75}
    found = {"vague_title": 0.1, "wrong_title": 0.2, "blurred_image": 0.3, "wrong_image": None}
    detection = {"all": {**part, "found": found}}
    runs = [made_run("dirty", "camenn@20", 1, 0.7, detection=detection), made_run("dirty", "fm@00", 1, 0.6)]
    lines = dirty.lines(files_of(*runs))
    assert row_of(lines, "CameNN (1)") == ["CameNN (1)", "-", "0.7000"]
    assert row_of(lines, "20%")[1:] == [
        "all",
        "4",
        "0.9000",
        "-",
        "0.5000",
        "0.7500",
        "0.1000",
        "0.2000",
        "0.3000",
        "-",
    ]


def test_a_rate_with_fewer_seeds_says_so() -> None:
    runs = [made_run("dirty", f"fm@{rate}", seed, 0.6) for rate, seed in (("00", 1), ("00", 2), ("20", 2))]
    assert row_of(dirty.lines(files_of(*runs)), "FM (1, 2)")[1:] == ["0.6000 ± 0.0000", "0.6000 (2)"]


@pytest.mark.parametrize(("theirs", "refused"), [("a", False), ("b", True)])
def test_runs_on_other_samples_are_not_compared(theirs: str, refused: bool) -> None:
    ours = made_run("final", "camenn", 1, 0.9, judged_on={"validation": "a", "test": "a"})
    other = made_run("final", "din", 1, 0.8, judged_on={"validation": "a", "test": theirs})
    if not refused:
        assert final.lines(files_of(ours, other))
        return
    with pytest.raises(UserError, match=r"final/camenn-1\.json and final/din-1\.json: the test samples"):
        final.lines(files_of(ours, other))


def test_earlier_runs_are_held_to_their_counts() -> None:
    ours, other = made_run("ab", "fm", 1, 0.5), made_run("ab", "bst", 1, 0.6)
    other["test"] = {**other["test"], "cvr": {**other["test"]["cvr"], "samples": 21}}
    with pytest.raises(UserError, match="the test samples of one are not those of the other"):
        ab.lines(files_of(ours, other))


def test_dirty_curves_have_the_lead_at_each_rate() -> None:
    detection: dict[str, Any] = {"detection": {}}
    runs = [made_run("dirty", f"camenn@{rate}", 1, auc, **detection) for rate, auc in (("00", 0.7), ("20", 0.6))]
    runs += [made_run("dirty", f"din@{rate}", 1, auc) for rate, auc in (("00", 0.7), ("20", 0.57))]
    lines = dirty.lines(files_of(*runs))
    leads = lines[next(n for n, line in enumerate(lines) if line.startswith("CameNN less each")) :]
    assert row_of(leads, "DIN") == ["DIN", "+0.0000 [+0.0000, +0.0000]", "+0.0300 [+0.0300, +0.0300] *"]


def test_dirty_curves_as_a_picture(tmp_path: pathlib.Path) -> None:
    detection = {"all": {"precision": None, "recall": 0.5, "auc": 0.75}}
    runs = [made_run("dirty", "camenn@20", seed, 0.6 + 0.1 * seed, detection=detection) for seed in (1, 2)]
    arms = by_arm(files_of(*runs, made_run("dirty", "fm@00", 1, 0.6)))
    assert dirty_figure.curve(arms, "camenn") == {0.2: (pytest.approx(0.75), pytest.approx(0.1 / 2**0.5))}
    assert dirty_figure.curve(arms, "fm") == {0.0: (0.6, 0.0)} and dirty_figure.curve(arms, "din") == {}
    assert dirty_figure.detection_curve(arms, "precision") == {}
    assert dirty_figure.detection_curve(arms, "recall") == {0.2: (0.5, 0.0)}
    path = tmp_path / "curves.png"
    dirty_figure.draw(files_of(*runs), str(path))
    drawn = np.asarray(Image.open(path).convert("RGB"))
    assert (drawn != 255).any() and drawn.shape[1] > 1000
    dirty_figure.draw([], str(tmp_path / "none.png"))
    assert not (tmp_path / "none.png").exists()


def test_the_best_of_a_search_is_marked() -> None:
    runs = [made_run("search", f"din-{n}", 101, 0.9 - 0.1 * abs(n - 2)) for n in range(1, 7)]
    lines = search.lines(files_of(*runs, made_run("search", "fm-1", 101, 0.9)))
    (key, value) = next(iter(SPACES["din"][1].items()))
    cells = row_of(lines, "DIN (best)")
    assert f"{key.rpartition('.')[2]}={value}" in cells[1] and cells[2:] == [*["0.9000"] * 4, "100"]
    assert row_of(lines, "FM |")  # not all of its runs are there


def test_each_seed_of_a_search_has_its_own_best() -> None:
    runs = [made_run("search", f"din-{n}", 101, 0.9 - 0.1 * abs(n - 2)) for n in range(1, 7)]
    runs += [made_run("search", f"din-{n}", 7, 0.8 - 0.1 * abs(n - 5)) for n in range(1, 7)]
    runs += [made_run("search", "din-1", 8, 0.95)]  # not all of its runs are there
    lines = search.lines(files_of(*runs))
    assert sum(line.startswith("| DIN, seed ") for line in lines) == 13
    assert row_of(lines, "DIN, seed 101 (best)")[2] == "0.9000" and row_of(lines, "DIN, seed 7 (best)")[2] == "0.8000"
    assert row_of(lines, "DIN, seed 8")[2] == "0.9500"


def test_similarity_rows_and_pictures(tmp_path: pathlib.Path) -> None:
    shown: dict[str, Any] = {"items": 3, "genuine": 0.5, "other": 0.1, "mean_rank": 2.0, "found_first": 0.25}
    shown |= {"texts": ["a", "b"], "matrix": [[1.0, 0.0], [0.0, 1.0]]}
    files = files_of(*(made_run("ablations", arm, 1, 0.8, similarity=shown) for arm in ("camenn", "no_alignment")))
    assert similarity.lines(files_of(made_run("ablations", "camenn", 1, 0.8))) == []
    lines = similarity.lines(files)
    assert row_of(lines, "Figure 4")[1:] == ["0.5000", "0.1000", "2.0000", "0.2500"]
    similarity.draw(files, str(tmp_path))
    assert np.asarray(Image.open(tmp_path / "figure5.png")).shape[2] == 3


def test_the_budget_counts_every_planned_run() -> None:
    speeds = {key: {"samples_per_second": 1000.0} for key in SPACES}
    content = {"speeds": {"small": speeds, "ab": speeds}, "train_samples": {"small": 1000, "bench": 4000, "ab": 500}}
    done = {"search": files_of(made_run("search", "din-1", 101, 0.8), made_run("search", "fm-1", 101, 0.8))}
    text = budget.text([("budget.json", content)], done)
    # 66 runs of a pass over 1000 samples at 1000 a second, and what each takes besides
    runs = 6 * len(SPACES)
    hours = runs * (budget.OVERHEAD + 1) / 3600
    assert f"| search | {runs} | {hours:.1f} | 2 | {2 * 60 / 3600:.1f} |" in text
    assert "| ab | " not in text and f"| Table 3 | {len(table3_ab.trials())} |" in text
