"""The numbers of one conjunction on one fleet (steps 14, 15 and 20)."""

import numpy as np

from barwatch_collector.correlate.exact import LEVEL, mcnemar, stratified, wilson
from barwatch_collector.correlate.finding import Adjusted, Paired, Side
from barwatch_collector.correlate.fleet import Fleet
from barwatch_collector.correlate.score import Counts
from barwatch_collector.correlate.table import MISSING, Bools, Column, Ints

MOST_ERRORS = 0.15  # of those that guessing makes: a column that predicts another so well determines it
FEWEST_DETERMINED = 3  # columns that depend on a root,
SHARE_DETERMINED = 0.2  # or this share of all
FEWEST_STRATA = 2  # with both outcomes: one has nothing to be compared with
PER_STRATUM = 4  # units that a stratum of a root has on average, at least
SAMPLE = 5_000  # cells that are looked at for dependencies


def side(fleet: Fleet, cells: Bools) -> Side:
    """Units with one of these cells, and how they fail on them."""
    n, f = fleet.shares(cells[None, :], fleet.failed)[:2, 0].sum(axis=1)
    failing = len(np.unique(fleet.unit[cells & fleet.failed]))
    return Side(int(n), failing, wilson(failing, int(n)), float(f / n) if n else 0.0)


def counts_of(fleet: Fleet, cells: Bools) -> Counts:
    """Units on both sides of these cells."""
    return fleet.count_cells(cells[None, :])


def paired(fleet: Fleet, inside: Bools) -> Paired | None:
    """Units on both sides: how many fail on one only; a side fails when most of its cells do."""
    if fleet.is_flat:
        return None
    n, f, out_n, out_f = fleet.shares(inside[None, :], fleet.failed)[:, 0]
    both = (n > 0) & (out_n > 0)
    if not both.any():
        return None
    bad, bad_out = f[both] > 1 / 2, out_f[both] > 1 / 2
    only_inside, only_outside = int((bad & ~bad_out).sum()), int((bad_out & ~bad).sum())
    return Paired(only_inside, only_outside, mcnemar(only_inside, only_outside))


def adjusted(fleet: Fleet, inside: Bools, root: int | None) -> Adjusted | None:
    """The explanation within the strata of a root column (step 14)."""
    if root is None:
        return None
    column = fleet.table.columns[root]
    found = stratified(*_by_side(fleet, inside, column.codes[fleet.starts].astype(np.int64) + 1))
    if found.odds is None or found.p is None:
        return Adjusted(column.name, None, None, "not separable")
    holds = found.odds.low > 1 or (found.p <= 1 - LEVEL and found.odds.value > 1)
    return Adjusted(column.name, found.odds, found.p, "holds" if holds else "vanishes")


def _by_side(fleet: Fleet, inside: Bools, stratum: Ints) -> tuple[Bools, Bools, Ints]:
    """Inside or not, failing or not, and the stratum of every unit, once for each of its sides, as in ``paired``."""
    n, f, out_n, out_f = fleet.shares(inside[None, :], fleet.failed)[:, 0]
    on, off = n > 0, out_n > 0
    side = np.repeat([True, False], [on.sum(), off.sum()])
    return side, np.concatenate((f[on], out_f[off])) > 1 / 2, np.concatenate((stratum[on], stratum[off]))


def root_of(fleet: Fleet) -> int | None:
    """The column that determines most others, the coarsest of equals, with both outcomes in two values (step 8).

    Source for dependencies with errors: g3 of Kivinen and Mannila, Theoretical Computer Science 149 (1995).
    """
    columns = fleet.table.columns
    cells = np.arange(0, len(fleet.failed), max(1, len(fleet.failed) // SAMPLE))
    able = [index for index, column in enumerate(columns) if _can_be_root(column, fleet)]
    needed = max(FEWEST_DETERMINED, SHARE_DETERMINED * len(columns))
    found = []
    for index in able:
        determined = sum(_determines(columns[index], other, cells) for other in columns if other is not columns[index])
        if determined >= needed:
            found.append((-determined, len(columns[index].levels), index))
    return min(found)[2] if found else None


def _can_be_root(column: Column, fleet: Fleet) -> bool:
    levels = len(column.levels)
    if column.is_placebo or column.numbers is not None or not FEWEST_STRATA <= levels <= fleet.units / PER_STRATUM:
        return False
    cells, failing = (np.bincount(codes[codes != MISSING], minlength=levels)
                      for codes in (column.codes, column.codes[fleet.failed]))  # fmt: skip
    return int(((failing > 0) & (failing < cells)).sum()) >= FEWEST_STRATA


def _determines(root: Column, other: Column, cells: Ints) -> bool:
    """Whether knowing the root leaves few errors of guessing the other, and the other is coarser than it."""
    if other.is_placebo or not 1 < len(other.levels) < len(root.levels):
        return False
    left, right = root.codes[cells], other.codes[cells]
    known = (left != MISSING) & (right != MISSING)
    if not known.any():
        return False
    shape = (len(root.levels), len(other.levels))
    both = np.bincount(left[known].astype(np.int64) * shape[1] + right[known], minlength=shape[0] * shape[1])
    both = both.reshape(shape)
    guessing = known.sum() - both.sum(axis=0).max()
    return bool(guessing > 0 and known.sum() - both.max(axis=1).sum() <= MOST_ERRORS * guessing)
