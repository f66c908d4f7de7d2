import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import beta
from tests.collector.correlate.tables import random_table
from tests.collector.experiment.fleets import believed, by_hand

from barwatch_collector.correlate.literal import all_hold
from barwatch_collector.experiment.beliefs import SOMETHING_ELSE, codes_of, fails_in, origins

CHANCES = st.lists(st.floats(0.001, 1), min_size=2, max_size=6)
RATE = st.floats(0.001, 0.999)


def test_one_try_fails_as_often_as_the_mean_says() -> None:
    assert fails_in(np.array([[3.0, 1.0], [0.5, 19.5]]), 1) == pytest.approx([0.75, 0.025])


@pytest.mark.parametrize(("a", "b", "repeats"), [(4.0, 1.0, 3), (0.5, 17.0, 3), (1.0, 1.0, 10)])
def test_several_tries_fail_as_often_as_integration_says(a: float, b: float, repeats: int) -> None:
    expected = beta(a, b).expect(lambda p: 1 - (1 - p) ** repeats)

    assert fails_in(np.array([[a, b]]), repeats)[0] == pytest.approx(expected, rel=1e-4)


def test_a_hypothesis_holds_where_its_literals_do() -> None:
    beliefs = believed(random_table(3))

    inside = beliefs.holds_on(codes_of(beliefs.table))

    for conjunction, row in zip(beliefs.conjunctions, inside[:-1], strict=True):
        assert np.array_equal(row, all_hold(conjunction, beliefs.table))
    assert not inside[-1].any()


def test_an_outcome_is_weighed_by_what_each_hypothesis_expected() -> None:
    beliefs = by_hand([0.5, 0.3, 0.2], [(0.9, 0.1), (0.9, 0.1), (0.4, 0.4)])

    after = beliefs.after(np.array([1, 0]), fails=True)

    expected = np.array([0.5 * 0.9, 0.3 * 0.1, 0.2 * 0.4])
    assert after.chance == pytest.approx(expected / expected.sum())


def test_tries_that_did_not_fail_count_each() -> None:
    beliefs = believed(random_table(1))
    cell = codes_of(beliefs.table)[0]
    inside = beliefs.holds_on(cell[None, :])[:, 0]

    after = beliefs.after(cell, fails=False, repeats=3)

    assert np.array_equal(after.inside[inside], beliefs.inside[inside] + [0, 3])
    assert np.array_equal(after.outside[~inside], beliefs.outside[~inside] + [0, 3])
    assert np.array_equal(after.inside[:-1][~inside[:-1]], beliefs.inside[:-1][~inside[:-1]])


def test_two_outcomes_in_either_order_are_believed_alike() -> None:
    beliefs = believed(random_table(2))
    one, other = codes_of(beliefs.table)[[0, 1]]

    first = beliefs.after(one, fails=True).after(other, fails=False)
    last = beliefs.after(other, fails=False).after(one, fails=True)

    assert first.chance == pytest.approx(last.chance)


@given(chances=CHANCES, inside=RATE, outside=RATE, fails=st.booleans(), repeats=st.integers(1, 5))
def test_what_is_believed_after_an_outcome_sums_to_one(
    *, chances: list[float], inside: float, outside: float, fails: bool, repeats: int
) -> None:
    chance = np.array(chances) / sum(chances)
    beliefs = by_hand(list(chance), [(inside, outside)] * len(chance))

    after = beliefs.after(np.ones(len(chance) - 1, np.int32), fails=fails, repeats=repeats)

    assert after.chance.sum() == pytest.approx(1)
    assert (after.chance >= 0).all()


def test_the_likeliest_keep_something_else_among_them() -> None:
    beliefs = by_hand([0.1, 0.5, 0.3, 0.1], [(0.9, 0.1)] * 4)

    few = beliefs.likeliest(2)

    assert few.conjunctions == beliefs.conjunctions[1:3]
    assert few.chance == pytest.approx(np.array([0.5, 0.3, 0.1]) / 0.9)
    assert [one.text for one in few.hypotheses()] == ["c1=v1", "c2=v1", SOMETHING_ELSE]


def test_entropy_of_what_is_known_is_nothing() -> None:
    assert by_hand([1.0, 0.0], [(0.9, 0.1)] * 2).entropy == 0
    assert by_hand([0.25] * 4, [(0.9, 0.1)] * 4).entropy == pytest.approx(2)


def test_a_row_that_was_joined_with_others_is_found_where_it_came_from() -> None:
    observed = random_table(1)
    twice = observed.of(np.repeat(np.arange(len(observed))[::-1], 2))
    beliefs = believed(twice)

    at = origins(beliefs, twice)

    assert len(at) == len(beliefs.table) == len(observed)
    assert np.array_equal(twice.units[at], beliefs.table.units)
    assert np.array_equal(codes_of(twice)[at], codes_of(beliefs.table))
