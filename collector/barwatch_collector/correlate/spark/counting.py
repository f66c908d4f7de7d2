"""Counts on parts of a fleet that Spark holds; the numpy code that counts one part is the same as here."""

from collections.abc import Callable
from functools import partial
from operator import add
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from barwatch_collector.correlate.arrays import Bools, Floats, Ints
from barwatch_collector.correlate.bits import Words, packed, unpacked
from barwatch_collector.correlate.counting import Part, parts_of

if TYPE_CHECKING:
    from pyspark import SparkContext


class Placed(NamedTuple):
    """A part, and where its cells begin among those of the fleet."""

    first: int
    part: Part

    def own(self, cells: Words) -> Bools:
        """What all cells have, of these."""
        last = self.first + len(self.part.pattern)
        return unpacked(cells, last)[self.first :]


class OnSpark:
    """The engine of a session."""

    def __init__(self, context: "SparkContext") -> None:
        self._context = context

    def counting(self, whole: Part) -> "SpreadCounting":
        """The fleet in parts on the workers."""
        return SpreadCounting(self._context, whole)


class SpreadCounting:
    """``Counting`` on the workers: sums of whole numbers in any order, sums of fractions in the order of the parts."""

    def __init__(self, context: "SparkContext", whole: Part) -> None:
        parts = parts_of(whole)
        firsts = np.cumsum([0, *(len(part.pattern) for part in parts)])
        placed = [Placed(int(first), part) for first, part in zip(firsts, parts, strict=False)]
        self._context = context
        self._parts = context.parallelize(placed, len(placed)).cache()

    def chosen(self, cells: Bools) -> "SpreadChosen":
        """Counts on these cells only."""
        return SpreadChosen(self, self._context.broadcast(packed(cells)))

    def inside(self, items: Ints) -> Ints:
        """Of each conjunction, the cells on which it is true."""
        return self.summed(partial(_inside, items)) if len(items) else np.zeros(0, np.int64)

    def by_units(self, items: Ints, failed: Bools) -> Floats:
        """4 x conjunctions, as ``Counting`` says."""
        cells = self._context.broadcast(packed(failed))
        parts = sorted(self._parts.map(partial(_by_units, items, cells)).collect(), key=lambda one: one[0])
        return np.asarray(sum((counts for _, counts in parts), np.zeros((4, len(items)))))

    def summed(self, count: Callable[[Placed], NDArray[Any]]) -> NDArray[Any]:
        """What this counts, over all parts; whole numbers."""
        found: NDArray[Any] = self._parts.map(count).treeReduce(add)
        return found


class SpreadChosen:
    """``Chosen`` on the workers; each part looks for the patterns of its own chosen cells."""

    def __init__(self, counting: SpreadCounting, cells: Any) -> None:  # noqa: ANN401 a broadcast of packed cells
        self._counting, self._cells = counting, cells

    def pairs(self) -> Floats:
        """Items x items, as ``Chosen`` says."""
        return self._counting.summed(partial(_pairs, self._cells))

    def extended(self, pairs: Ints) -> Floats:
        """Pairs x items, as ``Chosen`` says."""
        return self._counting.summed(partial(_extended, self._cells, pairs))


def _inside(items: Ints, placed: Placed) -> Ints:
    return placed.part.inside(items)


def _by_units(items: Ints, cells: Any, placed: Placed) -> tuple[int, Floats]:  # noqa: ANN401 as above
    return placed.first, placed.part.by_units(items, placed.own(cells.value))


def _pairs(cells: Any, placed: Placed) -> Floats:  # noqa: ANN401 as above
    return placed.part.chosen(placed.own(cells.value)).pairs()


def _extended(cells: Any, pairs: Ints, placed: Placed) -> Floats:  # noqa: ANN401 as above
    return placed.part.chosen(placed.own(cells.value)).extended(pairs)
