from dataclasses import replace

import numpy as np
import pytest

from barwatch_collector.correlate.fleet import fails, fleet
from barwatch_collector.correlate.table import table


def test_a_cell_fails_from_one_attempt_in_twenty() -> None:
    attempts = np.array([100, 100, 100, 19, 5, 5, 0])
    failures = np.array([4, 5, 0, 1, 1, 0, 0])

    assert fails(attempts, failures).tolist() == [False, True, False, False, True, False, False]


def test_where_most_cells_fail_somewhat_the_worse_ones_fail() -> None:
    attempts, failures = np.full(6, 1000), np.array([100, 110, 120, 700, 710, 90])

    assert fails(attempts, failures).tolist() == [False, False, False, True, True, False]


def test_rows_of_a_unit_that_nothing_tells_apart_are_one_cell() -> None:
    values = {"x": ["a", "a", "b", "b", "a", "b"]}
    part = fleet(table(values, [0, 1, 0, 0, 1, 0], units=["h", "h", "h", "g", "f", "f"]))

    assert len(part.failed) == 5
    assert part.units == 3
    assert part.table.attempts.sum() == 6


def test_a_unit_counts_once_on_each_side_however_many_rows_it_has() -> None:
    """Samples are not replicates."""
    rows = [("busy", "a", one % 2) for one in range(1000)] + [
        ("b", "a", 0),
        ("c", "b", 0),
        ("d", "b", 1),
        ("d", "a", 1),
    ]
    names, values, failed = zip(*rows, strict=True)
    part = fleet(table({"x": values, "n": [str(one % 7) for one in range(len(rows))]}, failed, units=names))
    inside = part.table.columns[0].codes == 0

    counts = part.count_cells(inside[None, :])

    assert counts.n[0] == 3
    assert counts.f[0] == pytest.approx(1 + part.failed[part.unit == 0].mean())
    assert (counts.all_n[0], counts.out_f[0]) == (5, 1)


def test_patterns_and_cells_are_counted_alike() -> None:
    draw = np.random.default_rng(1)
    values = {name: [str(one) for one in draw.integers(0, 3, 200)] for name in "xyz"}
    for units in (None, [str(one) for one in draw.integers(0, 50, 200)]):
        part = fleet(table(values, draw.integers(0, 2, 200).tolist(), units=units))
        by_pattern = part.count(part.items.truth)
        by_cell = part.count_cells(part.items.truth[:, part.pattern])

        assert np.allclose(by_pattern.n, by_cell.n)
        assert np.allclose(by_pattern.f, by_cell.f)
        assert np.allclose(by_pattern.all_f, by_cell.all_f)


@pytest.mark.parametrize("levels", [4, 40])
def test_merged_rows_make_the_same_fleet(levels: int) -> None:
    """Quantiles and common values are those of the rows, however many were merged into one."""
    draw = np.random.default_rng(levels)
    numbers, names = draw.integers(0, levels, 3_000) ** 2, draw.integers(0, 3, 3_000)
    units, failed = draw.integers(0, 40, 3_000), draw.integers(0, 2, 3_000)
    whole = table(
        {"x": [str(one) for one in numbers], "y": [str(one) for one in names]},
        failed.tolist(),
        units=[str(one) for one in units],
    )
    keys = np.stack((whole.units, *(column.codes for column in whole.columns)), axis=1)
    _, first, row, times = np.unique(keys, axis=0, return_index=True, return_inverse=True, return_counts=True)
    order, row = np.argsort(first), row.ravel()
    merged = replace(
        whole.of(first[order]),
        attempts=np.bincount(row, whole.attempts)[order].astype(np.int64),
        failures=np.bincount(row, whole.failures)[order].astype(np.int64),
        times=times[order],
    )

    expected, found = fleet(whole), fleet(merged)

    assert len(merged) < merged.rows == 3_000
    assert found.items.literals == expected.items.literals
    assert np.array_equal(found.pattern, expected.pattern)
    assert np.array_equal(found.failed, expected.failed)
    assert np.array_equal(found.table.units, expected.table.units)
