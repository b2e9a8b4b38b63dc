"""Complete Journey's tables of made-up sources, built once."""

from __future__ import annotations

import pathlib

import pytest

from data.complete_journey_miniature import write_miniature
from data.journey.build import build_tables


@pytest.fixture(scope="session")
def sources(tmp_path_factory: pytest.TempPathFactory) -> tuple[str, str]:
    return write_miniature(str(tmp_path_factory.mktemp("sources")))


@pytest.fixture(scope="session")
def tables(sources: tuple[str, str], tmp_path_factory: pytest.TempPathFactory) -> pathlib.Path:
    output = tmp_path_factory.mktemp("built") / "tables"
    build_tables(sources[0], str(output), sources[1])
    return output
