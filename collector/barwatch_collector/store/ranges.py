"""Sets of numbers as ranges: the series of a host are one or two of them, however many there are."""

from bisect import bisect_right
from collections.abc import Iterable
from operator import itemgetter

Range = tuple[int, int]  # first and last, both included
Ranges = tuple[Range, ...]  # ascending, disjoint, not adjacent

_FIRST = itemgetter(0)


def merged(ranges: Iterable[Range]) -> Ranges:
    """The same numbers in as few ranges as possible."""
    result: list[Range] = []
    for first, last in sorted(ranges):
        if result and first <= result[-1][1] + 1:
            result[-1] = (result[-1][0], max(last, result[-1][1]))
        else:
            result.append((first, last))
    return tuple(result)


def of_numbers(numbers: Iterable[int]) -> Ranges:
    """The ranges that hold these numbers."""
    return merged((number, number) for number in numbers)


def first_outside(ranges: Ranges, first: int, last: int) -> int | None:
    """The smallest number from first to last that no range holds; None when they hold them all."""
    place = bisect_right(ranges, first, key=_FIRST) - 1
    if place < 0 or ranges[place][1] < first:
        return first
    end = ranges[place][1]
    return None if end >= last else end + 1
