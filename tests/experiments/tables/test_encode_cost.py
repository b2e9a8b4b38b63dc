from __future__ import annotations

import pytest

from experiments.tables import encode_cost


def test_a_catalogue_by_hand() -> None:
    sides = {"text": {"per_second": 10, "bytes": 1e4, "tokens": 10}, "image": {"per_second": 1, "bytes": 1e4}}
    sides["image"]["gflops"] = 100
    rows = encode_cost.catalogue_lines({"paper": sides})
    # 10^6 items of 20 KB; 1.1 s each: 12.7 days; on 3,200 cores 344 s;
    # 2 * 85e6 * 10 = 1.7 GFLOP of text beside 100 of pictures: 10^6 * 101.7e9 / 20e12 = 5085 s
    row = "| BERT-base, InceptionV4 | 10^6 | 20 GB | 13 days | 5.7 minutes | 1.4 hours |"
    assert row in rows
    assert len(rows) == 2 + len(encode_cost.CATALOGUES)


@pytest.mark.parametrize(
    ("value", "text"),
    [(5e2, "0.5 KB"), (9.94e6, "9.9 MB"), (9.96e6, "10 MB"), (3.24e9, "3.2 GB"), (2e13, "20 TB")],
)
def test_sizes(value: float, text: str) -> None:
    assert encode_cost.size_text(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(30, "30 seconds"), (90, "1.5 minutes"), (7200, "2.0 hours"), (864000, "10 days"), (3.16e8, "10 years")],
)
def test_times(value: float, text: str) -> None:
    assert encode_cost.time_text(value) == text
