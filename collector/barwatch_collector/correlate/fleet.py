"""Cells and their units: what is counted, and how (steps 3 to 5).

A cell is one unit in one configuration, a pattern is one configuration on any number of units. Where every unit has one
cell, all counts are sums over patterns. Where units have several, a unit counts once on each side of a conjunction, by
the share of its cells there that fail: a unit with a hundred cells weighs no more than one with a single cell.
"""

from dataclasses import dataclass, replace
from functools import cached_property

import numpy as np

from barwatch_collector.correlate.bits import Truth, Weights, packed
from barwatch_collector.correlate.clusters import alikeness
from barwatch_collector.correlate.counting import Counting, Here, Part, shares
from barwatch_collector.correlate.items import Items, affordable, items_of, literals_of
from barwatch_collector.correlate.score import Counts
from barwatch_collector.correlate.table import Bools, Floats, Ints, Table

RATE = 0.05  # step 4: the rate from which a cell fails
FEWEST_FAILURES = 2  # and how many failures it takes,
FEW_ATTEMPTS = 10  # except for a cell with less attempts than this
MOST_CELLS = 0.5  # share of failing cells from which that rate tells nothing, and cells are split at the best rate
AT_ONCE = 4_000_000  # truth values that are in memory together


@dataclass(frozen=True, eq=False)
class Fleet:
    """Cells, in the order of their units, with what is true on them."""

    table: Table  # one row for each cell
    failed: Bools  # of each cell
    pattern: Ints  # of each cell: an index of the columns of items.truth
    items: Items
    unused: tuple[str, ...]  # columns that no item could be made of

    @cached_property
    def starts(self) -> Ints:
        """The first cell of each unit."""
        units = self.table.units
        return np.flatnonzero(np.concatenate(([True], units[1:] != units[:-1]))) if len(units) else units

    @property
    def units(self) -> int:
        """How many there are."""
        return len(self.starts)

    @cached_property
    def unit(self) -> Ints:
        """Of each cell, its unit as a number from 0 to units - 1."""
        return np.repeat(np.arange(self.units), np.diff(np.append(self.starts, len(self.failed))))

    @property
    def is_flat(self) -> bool:
        """Whether every unit has one cell."""
        return self.units == len(self.failed)

    @cached_property
    def failing_units(self) -> int:
        """Units with a failing cell."""
        return len(np.unique(self.unit[self.failed]))

    @cached_property
    def in_pattern(self) -> Floats:
        """Cells of each pattern."""
        return np.bincount(self.pattern, minlength=self.items.truth.shape[1]).astype(float)

    def failed_in_pattern(self, failed: Bools) -> Floats:
        """Failing cells of each pattern."""
        return np.bincount(self.pattern[failed], minlength=self.items.truth.shape[1]).astype(float)

    @cached_property
    def counting(self) -> Counting:
        """What counts conjunctions of items on all cells."""
        whole = Part(self.items.truth, self.pattern, self.starts, self.alike)
        return Here(whole) if self.table.engine is None else self.table.engine.counting(whole)

    @cached_property
    def _cells(self) -> Weights:
        return _weights(self.in_pattern)

    @cached_property
    def _failing(self) -> Weights:
        return _weights(self.failed_in_pattern(self.failed))

    @cached_property
    def alike(self) -> float:
        """The correlation of the failures of one unit's cells."""
        return alikeness(self.failed, self.starts)

    def evidence(self, patterns: Bools | Truth) -> Counts:
        """As ``count``, with a unit for as many observations as its cells are worth: for scores, not for tests."""
        return self.count(patterns, alike=self.alike)

    def count(self, patterns: Bools | Truth, failed: Bools | None = None, alike: float = 1.0) -> Counts:
        """Units inside and outside of conjunctions, given as conjunctions x patterns."""
        failed = self.failed if failed is None else failed
        if not self.is_flat:
            step = max(1, AT_ONCE // max(1, len(failed), patterns.shape[1]))
            parts = (patterns[at : at + step][:, self.pattern] for at in range(0, max(1, len(patterns)), step))
            return _joined([self.count_cells(part, failed, alike) for part in parts])
        words = patterns.rows[:-1] if isinstance(patterns, Truth) else packed(patterns)
        failing = self._failing if failed is self.failed else _weights(self.failed_in_pattern(failed))
        n, f = self._cells.of(words).astype(float), failing.of(words).astype(float)
        return Counts(n, f, np.full(len(n), float(len(failed))), np.full(len(n), float(failed.sum())))

    def count_cells(self, cells: Bools, failed: Bools | None = None, alike: float = 1.0) -> Counts:
        """Units inside and outside of conjunctions, given as conjunctions x cells."""
        failed = self.failed if failed is None else failed
        if self.is_flat:
            sums = np.array([(row.sum(), (row & failed).sum(), len(failed), failed.sum()) for row in cells], float)
            return Counts(*sums.reshape(-1, 4).T)
        step = max(1, AT_ONCE // max(1, len(failed)))
        parts = [self.shares(cells[at : at + step], failed, alike).sum(axis=2) for at in range(0, len(cells), step)]
        n, f, out_n, out_f = np.concatenate(parts, axis=1) if parts else np.zeros((4, 0))
        return Counts(n, f, n + out_n, f + out_f)

    def shares(self, cells: Bools, failed: Bools, alike: float = 1.0) -> Floats:
        """What each unit adds to n, f, out_n, out_f: an array of 4 x conjunctions x units."""
        if self.is_flat:
            return np.stack((cells, cells & failed, ~cells, ~cells & failed)).astype(float)
        return shares(cells, failed, self.starts, alike)


def _weights(counts: Floats) -> Weights:
    return Weights(counts.astype(np.int64))


def _joined(several: list[Counts]) -> Counts:
    n, f, all_n, all_f = (
        np.concatenate(each) for each in zip(*((one.n, one.f, one.all_n, one.all_f) for one in several), strict=True)
    )
    return Counts(n, f, all_n, all_f)


def fleet(table: Table) -> Fleet:
    """Cells of a table: rows of a unit that no item tells apart are one (step 3), which fails or not (step 4)."""
    literals, unused = literals_of(table)
    literals, pattern = affordable(literals, table)
    keys = table.units * (int(pattern.max(initial=0)) + 1) + pattern
    _, first, cell = np.unique(keys, return_index=True, return_inverse=True)
    order = np.lexsort((first, table.units[first]))  # cells of a unit stay in the order of the table
    attempts, failures = (np.bincount(cell, one, len(first))[order].astype(np.int64)
                          for one in (table.attempts, table.failures))  # fmt: skip
    cells = replace(_rows(table, first[order]), attempts=attempts, failures=failures, times=None)
    _, example, pattern = np.unique(pattern[first[order]], return_index=True, return_inverse=True)
    patterns, place = np.sort(example), np.argsort(np.argsort(example))  # in the order of the cells
    items = items_of(literals, _rows(cells, patterns))
    return Fleet(cells, fails(attempts, failures), place[pattern], items, unused)


def _rows(table: Table, rows: Ints) -> Table:
    """The table of these rows; itself when these are all, in their order."""
    return table if np.array_equal(rows, np.arange(len(table))) else table.of(rows)


def fails(attempts: Ints, failures: Ints) -> Bools:
    """Which cells fail: at least one attempt in twenty, and not by a single failure of many attempts (step 4).

    Where that would be most of the cells, rates are a matter of degree: the cells are split where the variance between
    the two sides is largest. Source: Otsu, IEEE Transactions on Systems, Man, and Cybernetics 9 (1979).
    """
    rates = failures / np.maximum(attempts, 1)
    failing: Bools = (rates >= RATE) & ((failures >= FEWEST_FAILURES) | ((failures > 0) & (attempts < FEW_ATTEMPTS)))
    if failing.sum() <= MOST_CELLS * len(failing) or attempts.max(initial=0) <= 1:
        return failing
    values = np.unique(rates)
    if len(values) < 3:  # noqa: PLR2004 two rates are split already
        return failing
    ordered = np.sort(rates)
    below = np.searchsorted(ordered, values[1:])  # cells below each cut
    sums = np.concatenate(([0.0], np.cumsum(ordered)))
    low, high = sums[below] / below, (sums[-1] - sums[below]) / (len(rates) - below)
    cut = int(np.argmax(below * (len(rates) - below) * (high - low) ** 2))
    high_rate: Bools = rates >= values[1 + cut]
    return high_rate
