"""What a conjunction pays for having been chosen among many (step 10).

The prior is proper: each number of literals is as likely as another, and shares its part among the conjunctions that
this fleet can tell from their parts. In a small fleet these are few, so each of them is likelier than the number of
combinations would have it. Source of equal parts for each number of terms: Scott and Berger, Annals of Statistics 38
(2010).
"""

from collections.abc import Callable

import numpy as np

from barwatch_collector.correlate.arrays import Bools, Floats, Ints

NONE = -1  # no further item in a conjunction
ORDERS = 3
LN_ORDERS = np.log([1, 1, 2, 6])  # in how many orders one can name the items of a conjunction
RELEVANT = 1.25  # a literal matters when without it there are so many times the cells;
IRRELEVANT = 3.0  # nats that a conjunction pays for one that does not: it must be earned by healthy cells
DRAWS = 2_000  # conjunctions of each order from which is estimated how many matter
SIDES = ((0, 1), (0, 2), (1, 2))  # pairs of three items
FEWEST = 2  # cells: fewer cannot be a cause


class Penalty:
    """Nats that conjunctions of one fleet pay.

    Args:
        cost: of each item, what naming it takes.
        column: of each item.
        pairs: items x items, the cells on which both are true.
        inside: of each conjunction, the cells on which it is true.
    """

    def __init__(self, cost: Floats, column: Ints, pairs: Floats, inside: Callable[[Ints], Ints]) -> None:
        self._cost, self._column, self._pairs, self._inside = cost, column, pairs, inside
        self._order = np.zeros(ORDERS + 1)

    def for_items(self, usable: Bools) -> "Penalty":
        """With what each order's conjunctions among these items are worth."""
        columns, first, size = np.unique(self._column[usable], return_index=True, return_counts=True)
        if not len(columns):
            return self
        draw = np.random.default_rng(0)
        items = np.flatnonzero(usable)
        order = np.argsort(draw.random((DRAWS, len(columns))), axis=1)[:, :ORDERS]
        drawn = items[first[order] + (draw.random(order.shape) * size[order]).astype(np.int64)]
        for number in range(2, min(ORDERS, len(columns)) + 1):
            some = np.full((DRAWS, ORDERS), NONE)
            some[:, :number] = np.sort(drawn[:, :number], axis=1)
            n = self._inside(some)
            matter = (n >= FEWEST) & (self.without_one(some) >= RELEVANT * n)
            different = np.prod(1 - np.arange(number) / len(columns))  # share that names no column twice
            self._order[number] = np.log(different * (matter.sum() + 0.5) / (DRAWS + 0.5))
        return self

    def of(self, items: Ints) -> Floats:
        """For each conjunction."""
        return self.of_counted(items, self._inside(items)) if len(items) else np.zeros(0)

    def of_counted(self, items: Ints, inside: Ints | Floats) -> Floats:
        """For each conjunction, of which it is known on how many cells it is true."""
        return self.priced(items, inside, self.without_one(items))

    def priced(self, items: Ints, inside: Ints | Floats, without_one: Floats) -> Floats:
        """For each conjunction, of which it is known, too, what is left without one of its items."""
        return np.asarray(self.named(items) + IRRELEVANT * (without_one < RELEVANT * inside))

    def without_one(self, items: Ints) -> Floats:
        """On how many cells a conjunction is true without one of its items: the fewest; infinite for a single one."""
        single, number = np.diagonal(self._pairs), (items != NONE).sum(axis=1)
        left = np.full(len(items), np.inf)
        pair, triple = number == 2, number == ORDERS  # noqa: PLR2004 a pair without one is the other
        left[pair] = single[items[pair, :2]].min(axis=1)
        of_three = items[triple]
        left[triple] = np.minimum.reduce([self._pairs[of_three[:, one], of_three[:, other]] for one, other in SIDES])
        return left

    def named(self, items: Ints) -> Floats:
        """What each conjunction pays at least: for its items, in any order."""
        number = (items != NONE).sum(axis=1)
        cost = np.where(items == NONE, 0.0, self._cost[items]).sum(axis=1) - LN_ORDERS[number]
        return np.asarray(np.maximum(cost, 0.0) + self._order[number])

    def least(self, pairs: Ints, least: float) -> Floats:
        """What a conjunction of each pair and one more item pays at least, when no item costs less than this."""
        cost = self._cost[pairs].sum(axis=1) + least - LN_ORDERS[ORDERS]
        return np.asarray(np.maximum(cost, 0.0) + self._order[ORDERS])

    @property
    def slack(self) -> float:
        """Ln of the sum of the prior over conjunctions of one order, at most: those that do not matter add theirs."""
        return float(np.log1p(np.exp(-IRRELEVANT - self._order)).max())
