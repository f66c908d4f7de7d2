import numpy as np

from barwatch_collector.correlate.fleet import fleet
from barwatch_collector.correlate.permute import Chance, is_testable, least_p, moved
from barwatch_collector.correlate.table import table

VALUES = {"x": ["a", "b"] * 6, "y": ["p", "p", "q", "q"] * 3}
FAILED = [1, 1, 0, 0, 1, 0, 0, 0, 0, 0, 0, 1]
DRAW = np.random.default_rng(2)


def test_outcomes_stay_in_their_stratum() -> None:
    part = fleet(table(VALUES, FAILED))
    strata = np.array([0] * 4 + [1] * 8)

    for _ in range(20):
        found = moved(part, strata, DRAW)
        assert (found[:4].sum(), found[4:].sum()) == (2, 2)


def test_outcomes_of_a_unit_move_together() -> None:
    """Four units with three cells each: one fails on all of them, before and after."""
    units = [f"h{at // 3}" for at in range(12)]
    part = fleet(table({"x": ["a", "b", "c"] * 4}, [0, 0, 0, 1, 1, 1, *[0] * 6], units=units))

    for _ in range(20):
        found = moved(part, np.zeros(4, np.int64), DRAW)
        assert sorted(found.reshape(4, 3).sum(axis=1).tolist()) == [0, 0, 0, 3]


def test_a_unit_that_fails_on_one_cell_fails_on_any_one() -> None:
    units = [f"h{at // 3}" for at in range(12)]
    part = fleet(table({"x": ["a", "b", "c"] * 4}, [0, 0, 1] * 4, units=units))

    found = np.array([moved(part, np.zeros(4, np.int64), DRAW).reshape(4, 3) for _ in range(60)])

    assert (found.sum(axis=2) == 1).all()
    assert found.any(axis=(0, 1)).all()


def test_p_counts_ours_among_the_permutations() -> None:
    assert Chance(np.array([1.0, 5.0, -np.inf])).p(4.0) == 0.5


def test_what_chance_was_not_asked_about_has_the_bound_of_its_score() -> None:
    assert Chance(np.zeros(0), spared=2.0).p(22.0) == 3 * np.exp(-20.0)


def test_few_units_cannot_be_tested() -> None:
    part = fleet(table({"x": ["a", "b"] * 3}, [1, 0, 1, 0, 0, 0]))

    assert not is_testable(part)
    assert least_p(part) == 1 / 15
