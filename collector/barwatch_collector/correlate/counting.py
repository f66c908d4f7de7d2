"""The counts of a search, and where they are made: here, or on parts of the fleet elsewhere.

All counts are sums over cells. A part is the cells of some units, so counts of parts are added up; those by units in
the order of the parts, because they are fractions and a sum of fractions depends on its order.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from barwatch_collector.correlate.arrays import Bools, Floats, Ints
from barwatch_collector.correlate.bits import WORD, Truth, Weights
from barwatch_collector.correlate.clusters import worth

Single = NDArray[np.float32]

PART = 1 << 15  # cells of a part, about; each has whole units
AT_ONCE = 12_000_000  # cells of a matrix of 32-bit floats that is in memory at one time: 50 MB


class Chosen(Protocol):
    """Cells that were chosen, such as those that fail."""

    def pairs(self) -> Floats:
        """Items x items: on how many cells both are true."""

    def extended(self, pairs: Ints) -> Floats:
        """Pairs x items: on how many cells both of the pair and the item are true."""


class Counting(Protocol):
    """Counts on all cells of a fleet. Cells are in its order, conjunctions are rows of items, NONE where fewer."""

    def chosen(self, cells: Bools) -> Chosen:
        """Counts on these cells only."""

    def inside(self, items: Ints) -> Ints:
        """Of each conjunction, the cells on which it is true."""

    def by_units(self, items: Ints, failed: Bools) -> Floats:
        """4 x conjunctions: units inside, their rates added up, and the same outside (step 5)."""


class Engine(Protocol):
    """Where counts are made."""

    def counting(self, whole: "Part") -> Counting:
        """Counts of a fleet, given as one part."""


@dataclass(frozen=True, eq=False)
class Part:
    """Cells of some units, in the order of these, with what is true on them."""

    truth: Truth
    pattern: Ints  # of each cell
    starts: Ints  # the first cell of each unit
    alike: float = 1.0  # correlation of a unit's cells: by how much they count for more than one

    @cached_property
    def weights(self) -> Weights:
        """Cells of each pattern."""
        return Weights(np.bincount(self.pattern, minlength=self.truth.patterns))

    def chosen(self, cells: Bools) -> "ChosenHere":
        """The patterns of these cells."""
        in_pattern = np.bincount(self.pattern[cells], minlength=self.truth.patterns)
        concerned = np.flatnonzero(in_pattern)
        if len(concerned) < self.truth.patterns:
            return ChosenHere(self.truth.of(concerned), in_pattern[concerned].astype(np.float32))
        return ChosenHere(self.truth, in_pattern.astype(np.float32))

    def inside(self, items: Ints) -> Ints:
        """Of each conjunction, the cells on which it is true."""
        step = max(1, AT_ONCE // max(1, self.truth.rows.shape[1]))
        parts = [self.weights.of(self.truth.words(items[at : at + step])) for at in range(0, len(items), step)]
        return np.concatenate(parts) if parts else np.zeros(0, np.int64)

    def by_units(self, items: Ints, failed: Bools) -> Floats:
        """4 x conjunctions, as ``Counting`` says."""
        step = max(1, AT_ONCE // 4 // max(1, len(self.pattern), self.truth.patterns))
        parts = [
            shares(self.truth.true_on(items[at : at + step])[:, self.pattern], failed, self.starts, self.alike).sum(
                axis=2
            )
            for at in range(0, len(items), step)
        ]
        return np.concatenate(parts, axis=1) if parts else np.zeros((4, 0))

    def between(self, first: int, last: int) -> "Part":
        """The units from first up to last, with the patterns of theirs only."""
        ends = np.append(self.starts, len(self.pattern))
        cells = slice(ends[first], ends[last])
        patterns, pattern = np.unique(self.pattern[cells], return_inverse=True)
        return Part(
            self.truth.of(patterns), pattern.astype(np.int64), self.starts[first:last] - ends[first], self.alike
        )


@dataclass(frozen=True, slots=True, eq=False)
class ChosenHere:
    """Patterns with the number of their chosen cells."""

    truth: Truth
    weights: Single

    def pairs(self) -> Floats:
        """Items x items, as ``Chosen`` says."""
        out = np.zeros((len(self.truth), len(self.truth)))
        for true, weights in self._blocks(len(self.truth)):
            out += (true @ true.T) if (weights == 1).all() else (true * weights) @ true.T
        return out

    def extended(self, pairs: Ints) -> Floats:
        """Pairs x items, as ``Chosen`` says."""
        out = np.zeros((len(pairs), len(self.truth)))
        for true, weights in self._blocks(max(len(pairs), len(self.truth))):
            out += (true[pairs[:, 0]] * true[pairs[:, 1]] * weights) @ true.T
        return out

    def _blocks(self, rows: int) -> Iterator[tuple[Single, Single]]:
        """Truth as numbers with the weights of its patterns, so many patterns that rows of them are in memory."""
        step = max(1, AT_ONCE // max(1, rows) // WORD) * WORD
        for at in range(0, self.truth.patterns, step):
            last = min(at + step, self.truth.patterns)
            yield self.truth.between(at, last).astype(np.float32), self.weights[at:last]


class Here:
    """Counted by this process."""

    def __init__(self, whole: Part) -> None:
        self._whole = whole

    @cached_property
    def _parts(self) -> list[Part]:
        return parts_of(self._whole)

    def chosen(self, cells: Bools) -> ChosenHere:
        """Patterns of all parts together: a pattern that is in several is counted once."""
        return self._whole.chosen(cells)

    def inside(self, items: Ints) -> Ints:
        """Of each conjunction, the cells on which it is true."""
        return self._whole.inside(items)

    def by_units(self, items: Ints, failed: Bools) -> Floats:
        """4 x conjunctions, as ``Counting`` says."""
        found = np.zeros((4, len(items)))
        at = 0
        for part in self._parts:
            found += part.by_units(items, failed[at : at + len(part.pattern)])
            at += len(part.pattern)
        return found


def parts_of(whole: Part) -> list[Part]:
    """The same parts wherever they are counted, so that sums of fractions are the same."""
    if len(whole.pattern) <= PART:
        return [whole]
    firsts = np.searchsorted(whole.starts, np.arange(0, len(whole.pattern), PART))
    edges = np.unique(np.append(firsts, len(whole.starts)))
    return [whole.between(int(first), int(last)) for first, last in pairwise(edges)]


def shares(cells: Bools, failed: Bools, starts: Ints, alike: float = 1.0) -> Floats:
    """What each unit adds to n, f, out_n, out_f: an array of 4 x conjunctions x units (step 5).

    A unit counts on each side by the share of its cells there that fail: once, or as often as cells that are so much
    alike are worth.
    """
    inside = _by_unit(cells, starts)
    failing = _by_unit(cells & failed, starts)
    outside = np.diff(np.append(starts, len(failed))) - inside
    failing_outside = _by_unit(failed[None, :], starts) - failing
    n, out_n = worth(inside, alike), worth(outside, alike)
    f, out_f = n * failing / np.maximum(inside, 1), out_n * failing_outside / np.maximum(outside, 1)
    return np.stack((n, f, out_n, out_f))


def _by_unit(cells: Bools, starts: Ints) -> NDArray[np.int32]:
    return np.asarray(np.add.reduceat(cells.view(np.uint8), starts, axis=1, dtype=np.int32))
