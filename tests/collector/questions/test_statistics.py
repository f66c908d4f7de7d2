import math
from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barwatch_collector.questions.statistics import Z_95, is_failing, wilson

COUNTS = st.integers(1, 20_000).flatmap(lambda total: st.tuples(st.integers(0, total), st.just(total)))


@pytest.mark.parametrize(
    ("failing", "total", "low", "high"),
    [(81, 263, 0.2553, 0.3662), (15, 148, 0.0624, 0.1605), (0, 20, 0.0, 0.1611), (1, 29, 0.0061, 0.1718)],
)
def test_the_interval_is_the_one_that_the_literature_prints(failing: int, total: int, low: float, high: float) -> None:
    """Newcombe, Statistics in Medicine 17 (1998), 857-872, table I, method 3."""
    interval = wilson(failing, total)

    assert interval is not None
    assert (round(interval.low, 4), round(interval.high, 4)) == (low, high)


@given(COUNTS)
def test_each_end_lies_as_many_standard_errors_away_as_its_own_share_allows(counts: tuple[int, int]) -> None:
    """The definition: the ends solve |p - k/n| = z * sqrt(p (1 - p) / n) for p."""
    failing, total = counts
    interval = wilson(failing, total)

    assert interval is not None
    for end in (interval.low, interval.high):
        distance = Z_95 * math.sqrt(end * (1 - end) / total)
        assert math.isclose(abs(end - failing / total), distance, rel_tol=1e-6, abs_tol=1e-9)


@given(COUNTS)
def test_an_interval_holds_its_share_and_stays_a_share(counts: tuple[int, int]) -> None:
    failing, total = counts
    interval = wilson(failing, total)

    assert interval is not None
    assert 0 <= interval.low <= failing / total <= interval.high <= 1
    assert (interval.low == 0) == (failing == 0)
    assert (interval.high == 1) == (failing == total)


def test_z_is_the_quantile_that_leaves_a_fortieth() -> None:
    assert math.isclose(0.5 * (1 + math.erf(Z_95 / math.sqrt(2))), 0.975, rel_tol=1e-15)


def test_nothing_out_of_nothing_has_no_interval() -> None:
    assert wilson(0, 0) is None


@pytest.mark.parametrize(
    ("attempts", "failures", "fails"),
    [(0, 0, False), (1, 1, False), (2, 2, True), (40, 2, True), (41, 2, False), (100, 5, True), (101, 5, False)],
)
def test_a_cell_fails_from_two_failures_that_are_a_twentieth(attempts: int, failures: int, fails: bool) -> None:  # noqa: FBT001 a column of the table
    assert is_failing(attempts, failures) is fails


@given(COUNTS)
def test_the_rule_in_whole_numbers_is_the_rule_in_fractions(counts: tuple[int, int]) -> None:
    failures, attempts = counts

    assert is_failing(attempts, failures) == (failures >= 2 and Fraction(failures, attempts) >= Fraction(1, 20))
