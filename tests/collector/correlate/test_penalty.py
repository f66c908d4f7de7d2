from itertools import combinations

import numpy as np
import pytest
from tests.collector.correlate.tables import random_table

from barwatch_collector.correlate.fleet import Fleet, fleet
from barwatch_collector.correlate.penalty import FEWEST, IRRELEVANT, NONE, RELEVANT, Penalty
from barwatch_collector.correlate.table import table


def penalty_of(part: Fleet) -> Penalty:
    every = np.ones(len(part.failed), np.bool_)
    counting = part.counting
    made = Penalty(part.items.cost, part.items.column, counting.chosen(every).pairs(), counting.inside)
    return made.for_items(np.ones(len(part.items), np.bool_))


def conjunctions(part: Fleet, size: int) -> list[tuple[int, ...]]:
    column = part.items.column
    return [one for one in combinations(range(len(part.items)), size) if len({column[at] for at in one}) == size]


def matters(part: Fleet, items: tuple[int, ...]) -> bool:
    def cells(some: tuple[int, ...]) -> int:
        return int(np.logical_and.reduce(part.items.truth[list(some)])[part.pattern].sum())

    inside = cells(items)
    least = min(cells(some) for some in combinations(items, len(items) - 1))
    return inside >= FEWEST and least >= RELEVANT * inside


@pytest.mark.parametrize("size", [2, 3])
def test_conjunctions_of_one_order_that_matter_share_its_part_of_the_prior(size: int) -> None:
    """Their probabilities add up to one: not to the small part that they are of all combinations."""
    part = fleet(random_table(2, rows=60))
    found = [one for one in conjunctions(part, size) if matters(part, one)]

    paid = penalty_of(part).of(np.array([[*one, *[NONE] * (3 - size)] for one in found]))

    assert np.exp(-paid).sum() == pytest.approx(1, abs=0.25)


def test_a_literal_that_takes_nearly_nothing_away_must_be_earned() -> None:
    values = {"rare": ["yes"] * 4 + ["no"] * 36, "x": ["a", "b"] * 20, "y": ["p", "q", "q", "q"] * 10}
    part = fleet(table(values, [1, 0, 0, 0] * 10))
    every = conjunctions(part, 2)
    made = penalty_of(part)
    items = np.array([[*one, NONE] for one in every])

    more = made.of(items) - made.named(items)

    idle = [one for one, pays in zip(every, more, strict=True) if pays]
    assert set(np.round(more, 9)) <= {0.0, IRRELEVANT}
    assert idle
    assert all(not matters(part, one) for one in idle)


def test_one_column_has_no_conjunctions_to_share_anything() -> None:
    alone = Penalty(np.zeros(2), np.zeros(2, np.int64), np.eye(2), lambda items: np.ones(len(items), np.int64))

    assert alone.for_items(np.ones(2, np.bool_)).of(np.array([[0, NONE, NONE]])).tolist() == [0.0]
    assert alone.for_items(np.zeros(2, np.bool_)).of(np.zeros((0, 3), np.int64)).tolist() == []
