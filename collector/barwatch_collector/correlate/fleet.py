"""Cells and their units: what is counted, and how (steps 3 to 5).

A cell is one unit in one configuration, a pattern is one configuration on any number of units. Where every unit has one
cell, all counts are sums over patterns. Where units have several, a unit counts once on each side of a conjunction, by
the share of its cells there that fail: a unit with a hundred cells weighs no more than one with a single cell.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np

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

    def count(self, patterns: Bools, failed: Bools | None = None) -> Counts:
        """Units inside and outside of conjunctions, given as conjunctions x patterns."""
        failed = self.failed if failed is None else failed
        if not self.is_flat:
            return self.count_cells(patterns[:, self.pattern], failed)
        sums = np.stack((self.in_pattern, self.failed_in_pattern(failed)), axis=1)
        inside = np.array([sums[row].sum(axis=0) for row in patterns]).reshape(len(patterns), 2)
        total = np.broadcast_to(sums.sum(axis=0), inside.shape)
        return Counts(inside[:, 0], inside[:, 1], total[:, 0], total[:, 1])

    def count_cells(self, cells: Bools, failed: Bools | None = None) -> Counts:
        """Units inside and outside of conjunctions, given as conjunctions x cells."""
        failed = self.failed if failed is None else failed
        if self.is_flat:
            sums = np.array([(row.sum(), (row & failed).sum(), len(failed), failed.sum()) for row in cells], float)
            return Counts(*sums.reshape(-1, 4).T)
        step = max(1, AT_ONCE // max(1, len(failed)))
        parts = [self.shares(cells[at : at + step], failed).sum(axis=2) for at in range(0, len(cells), step)]
        n, f, out_n, out_f = np.concatenate(parts, axis=1) if parts else np.zeros((4, 0))
        return Counts(n, f, n + out_n, f + out_f)

    def shares(self, cells: Bools, failed: Bools) -> Floats:
        """What each unit adds to n, f, out_n, out_f: an array of 4 x conjunctions x units."""
        if self.is_flat:
            return np.stack((cells, cells & failed, ~cells, ~cells & failed)).astype(float)
        sides = [_by_unit(side, failed, self.starts) for side in (cells, ~cells)]
        return np.stack([each for side in sides for each in side])


def _by_unit(side: Bools, failed: Bools, starts: Ints) -> tuple[Floats, Floats]:
    cells = np.add.reduceat(side, starts, axis=1, dtype=np.int64)
    failing = np.add.reduceat(side & failed, starts, axis=1, dtype=np.int64)
    return (cells > 0).astype(float), failing / np.maximum(cells, 1)


def fleet(table: Table) -> Fleet:
    """Cells of a table: rows of a unit that no item tells apart are one (step 3), which fails or not (step 4)."""
    literals, unused = literals_of(table)
    literals, pattern = affordable(literals, table)
    keys = table.units * (int(pattern.max(initial=0)) + 1) + pattern
    _, first, cell = np.unique(keys, return_index=True, return_inverse=True)
    order = np.lexsort((first, table.units[first]))  # cells of a unit stay in the order of the table
    attempts, failures = (np.bincount(cell, one, len(first))[order].astype(np.int64)
                          for one in (table.attempts, table.failures))  # fmt: skip
    rows = first[order]
    cells = Table(
        tuple(column.of(rows) for column in table.columns), table.units[rows], attempts, failures, table.unit_word
    )
    _, example, pattern = np.unique(pattern[rows], return_index=True, return_inverse=True)
    return Fleet(
        cells, fails(attempts, failures), pattern.astype(np.int64), items_of(literals, cells.of(example)), unused
    )


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
