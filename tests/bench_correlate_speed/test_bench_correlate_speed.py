from pathlib import Path

import numpy as np
import pytest
from tests.bench_correlate_speed.__main__ import measured
from tests.bench_correlate_speed.made import Shape, made, write
from tests.bench_correlate_speed.one import OURS, methods

from barwatch_collector.correlate.explain import explained
from barwatch_collector.correlate.reader import Roles, read_table
from barwatch_collector.correlate.settings import Settings

SMALL = Shape(2_000, 30, 2_000)


@pytest.mark.parametrize("method", OURS[:2])
def test_a_figure_has_seconds_and_megabytes(method: str) -> None:
    found = measured(method, Shape(300, 30, 100), limit=110)

    assert method in methods()
    assert found.seconds is not None
    assert found.mb is not None


def test_what_takes_too_long_is_stopped() -> None:
    assert measured("search", SMALL, limit=0.01).seconds is None


def test_the_planted_causes_are_found() -> None:
    found = explained(made(Shape(5_000, 30, 5_000)), Settings(permutations=39)).explanations

    assert "a007=v1 AND a011=v0" in {one.text for one in found}


def test_what_is_written_is_read_again(tmp_path: Path) -> None:
    table = made(Shape(300, 30, 100))
    write(table, tmp_path / "table.csv")

    found = read_table(tmp_path / "table.csv", Roles("failed", unit="host")).table

    assert all(np.array_equal(one.codes, other.codes) for one, other in zip(table.columns, found.columns, strict=True))
    assert np.array_equal(table.units, found.units)
    assert np.array_equal(table.failures, found.failures)
