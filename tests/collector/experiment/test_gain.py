import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.collector.experiment.fleets import by_hand

from barwatch_collector.experiment.beliefs import Beliefs
from barwatch_collector.experiment.gain import entropy, gains

RATES = st.tuples(st.floats(0.001, 0.999), st.floats(0.001, 0.999))
WEIGHED = st.lists(st.tuples(st.floats(0.001, 1), RATES), min_size=2, max_size=6)
EVERY_CELL = st.integers(0, 31)


def of(weighed: list[tuple[float, tuple[float, float]]]) -> Beliefs:
    chance = np.array([weight for weight, _ in weighed])
    return by_hand(list(chance / chance.sum()), [rates for _, rates in weighed])


def bits_of(number: int, hypotheses: int) -> np.ndarray:
    return np.array([number >> at & 1 for at in range(hypotheses)], np.int32)


def by_brute_force(beliefs: Beliefs, cell: np.ndarray, repeats: int) -> float:
    """The sum of p(h, o) log2 p(h, o) / p(h) p(o) over hypotheses and outcomes."""
    inside = beliefs.holds_on(cell[None, :])[:, 0]
    at_in, at_out = beliefs.predicted(repeats)
    failing = np.where(inside, at_in, at_out)
    joint = np.stack((beliefs.chance * failing, beliefs.chance * (1 - failing)))
    total = 0.0
    for row in joint:
        for at, both in enumerate(row):
            if both > 0:
                total += both * np.log2(both / (row.sum() * beliefs.chance[at]))
    return total


@given(WEIGHED, EVERY_CELL, st.integers(1, 4))
def test_the_gain_is_that_of_brute_force(
    weighed: list[tuple[float, tuple[float, float]]], number: int, repeats: int
) -> None:
    beliefs = of(weighed)
    cell = bits_of(number, len(beliefs) - 1)

    gain, _ = gains(beliefs, beliefs.holds_on(cell[None, :]), repeats)

    assert gain[0] == pytest.approx(by_brute_force(beliefs, cell, repeats), abs=1e-9)


@given(WEIGHED, EVERY_CELL)
def test_no_experiment_takes_knowledge_away_or_gives_more_than_was_missing(
    weighed: list[tuple[float, tuple[float, float]]], number: int
) -> None:
    beliefs = of(weighed)

    gain, failing = gains(beliefs, beliefs.holds_on(bits_of(number, len(beliefs) - 1)[None, :]))

    assert 0 <= gain[0] <= min(1, beliefs.entropy) + 1e-9
    assert 0 <= failing[0] <= 1


@given(WEIGHED, EVERY_CELL)
def test_the_gain_is_the_expected_loss_of_entropy(
    weighed: list[tuple[float, tuple[float, float]]], number: int
) -> None:
    beliefs = of(weighed)
    cell = bits_of(number, len(beliefs) - 1)

    gain, failing = gains(beliefs, beliefs.holds_on(cell[None, :]))

    left = failing[0] * beliefs.after(cell, fails=True).entropy
    left += (1 - failing[0]) * beliefs.after(cell, fails=False).entropy
    assert gain[0] == pytest.approx(beliefs.entropy - left, abs=1e-6)


def test_a_sure_test_between_two_equals_tells_one_bit() -> None:
    beliefs = by_hand([0.5, 0.5, 0.0], [(1 - 1e-9, 1e-9)] * 3)

    gain, failing = gains(beliefs, beliefs.holds_on(np.array([[1, 0]])))

    assert gain[0] == pytest.approx(1, abs=1e-6)
    assert failing[0] == pytest.approx(0.5)


def test_a_cell_on_which_all_agree_tells_nothing() -> None:
    beliefs = by_hand([0.5, 0.5, 0.0], [(0.9, 0.1)] * 3)

    gain, _ = gains(beliefs, beliefs.holds_on(np.array([[1, 1], [0, 0]])))

    assert gain == pytest.approx([0, 0], abs=1e-9)


def test_a_noisy_test_between_two_equals_is_a_noisy_channel() -> None:
    """The capacity of a binary symmetric channel is one bit less the entropy of its noise."""
    beliefs = by_hand([0.5, 0.5, 0.0], [(0.9, 0.1)] * 3)

    gain, _ = gains(beliefs, beliefs.holds_on(np.array([[1, 0]])))

    assert gain[0] == pytest.approx(1 - entropy(np.array([0.1]))[0], abs=1e-6)


def test_half_of_many_equals_is_the_best_that_one_test_can_rule_out() -> None:
    beliefs = by_hand([0.125] * 8 + [0.0], [(0.95, 0.05)] * 9)
    cells = np.tril(np.ones((8, 8), np.int32))

    gain, _ = gains(beliefs, beliefs.holds_on(cells))

    assert int(np.argmax(gain)) == 3
    assert np.array_equal(np.argsort(-gain, kind="stable")[-1:], [7])


def test_no_cells_have_no_gains() -> None:
    beliefs = by_hand([0.5, 0.5], [(0.9, 0.1)] * 2)

    gain, failing = gains(beliefs, np.zeros((2, 0), np.bool_))

    assert len(gain) == len(failing) == 0
