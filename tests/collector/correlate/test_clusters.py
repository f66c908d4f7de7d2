import numpy as np
import pytest

from barwatch_collector.correlate.clusters import alikeness, worth


def test_units_that_fail_on_all_cells_or_none_are_one_observation_each() -> None:
    failed = np.repeat([True, False, False, True, False], 6)

    assert alikeness(failed, np.arange(0, 30, 6)) == pytest.approx(1)


def test_cells_that_fail_whatever_their_unit_are_observations() -> None:
    """Every unit fails on one cell of four: units have nothing to do with it."""
    failed = np.tile([True, False, False, False], 20)

    assert alikeness(failed, np.arange(0, 80, 4)) == 0


def test_the_correlation_is_that_of_beta_binomial_units() -> None:
    """With rates from Beta(a, b), cells of a unit correlate by 1 / (a + b + 1)."""
    draw = np.random.default_rng(3)
    rates = np.repeat(draw.beta(0.5, 1.5, 3_000), 5)

    assert alikeness(draw.random(15_000) < rates, np.arange(0, 15_000, 5)) == pytest.approx(1 / 3, abs=0.03)


@pytest.mark.parametrize("failed", [[False] * 6, [True] * 6])
def test_where_all_cells_are_the_same_they_are_taken_for_alike(failed: list[bool]) -> None:
    assert alikeness(np.array(failed), np.array([0, 3])) == 1


def test_one_unit_or_one_cell_each_tells_nothing() -> None:
    failed = np.array([True, False, True])

    assert alikeness(failed, np.array([0])) == 1
    assert alikeness(failed, np.arange(3)) == 1


def test_cells_are_worth_between_one_and_all_of_them() -> None:
    cells = np.array([0, 1, 5])

    assert worth(cells, 1.0).tolist() == [0, 1, 1]
    assert worth(cells, 0.0).tolist() == [0, 1, 5]
    assert worth(cells, 0.25)[2] == 2.5
