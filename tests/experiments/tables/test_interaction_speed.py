from __future__ import annotations

from experiments.tables import interaction_speed


def test_each_form_has_a_row() -> None:
    part = {"samples_per_second": {"ours": 500.4, "plain": 200.0}, "ratio": {"plain": 2.5021}}
    found = {**part, "largest_difference": {"plain": 9.1e-7}}
    sizes = {"batch_size": 8, "fields": 5, "embedding_size": 4, "threads": 1}
    timing = {**sizes, "ffm": found, "afm": found, "xdeepfm": found, "wide_deep": found}
    lines = interaction_speed.lines([("interaction_speed.json", timing)])
    assert "B=8, F=5, E=4, one thread" in lines[1]
    assert lines[-2:] == ["| wide_deep | ours | 500 | - | - |", "| wide_deep | plain | 200 | 2.50 | 9e-07 |"]
