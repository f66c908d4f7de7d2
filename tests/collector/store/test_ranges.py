"""Ranges hold what sets of numbers hold."""

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from barwatch_collector.store.ranges import first_outside, of_numbers

NUMBERS = st.sets(st.integers(1, 40))


@given(NUMBERS, st.integers(1, 40), st.integers(0, 10))
def test_the_first_number_outside_is_that_of_the_set(numbers: set[int], first: int, more: int) -> None:
    outside = [number for number in range(first, first + more + 1) if number not in numbers]

    assert first_outside(of_numbers(numbers), first, first + more) == (outside[0] if outside else None)


@given(NUMBERS)
def test_ranges_are_ascending_and_never_adjacent(numbers: set[int]) -> None:
    ranges = of_numbers(numbers)

    assert {number for first, last in ranges for number in range(first, last + 1)} == numbers
    assert all(before[1] + 1 < after[0] for before, after in pairwise(ranges))
