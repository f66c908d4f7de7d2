"""Items: the literals that a search combines, and which of them cannot be told apart (steps 6 and 7)."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise

import numpy as np

from barwatch_collector.correlate.bits import Truth, truth_of
from barwatch_collector.correlate.literal import Literal, holds, truth_of_levels
from barwatch_collector.correlate.table import MISSING, Column, Floats, Ints, Table

FEWEST_UNITS = 2  # step 6: an item of one unit is a name of that unit
QUANTILES = 8  # bins of an ordered column
DOMAIN_CUTS = (0.0, 2.0**32)  # where windows and addresses change their kind: nothing, and 4 GiB
FEW_LEVELS = 12  # an ordered column with so few levels has an item for each of them
MOST_SEEN = 50_000_000  # units x levels that are marked; where there are more, pairs of them are sorted
COMMON = 0.05  # share of rows that makes one value of an ordered column an item: 0, or "not set"
MOST_LEVELS = 200  # items of one column; its rarest are left out
MOST_ITEMS = 1_500  # items of a search; the rarest are left out,
MOST_TRUTHS = 4_000_000_000  # and so they are where items x patterns are more: 500 MB


@dataclass(frozen=True, slots=True, eq=False)
class Items:
    """Literals with their penalties; each stands for all literals that are true on the same cells."""

    literals: tuple[Literal, ...]
    aliases: tuple[tuple[Literal, ...], ...]  # of each literal: the others with the same cells
    column: Ints
    cost: Floats  # nats that a conjunction pays for the literal, mechanism weight included
    truth: Truth  # literals x patterns

    def __len__(self) -> int:
        return len(self.literals)


def literals_of(table: Table) -> tuple[list[Literal], tuple[str, ...]]:
    """Literals seen on enough units and not on all, the most frequent first, and columns that gave none (step 6)."""
    units = None if is_flat(table) else table.units
    seen: list[tuple[int, Literal]] = []
    without = []
    for index, column in enumerate(table.columns):
        counts = _units_by_code(column, units)
        found = _kept(_candidates(index, column, table.times), len(column.levels), counts)
        seen += found
        if all(one.is_gap for _, one in found):
            without.append(column.name)
    return [literal for _, literal in sorted(seen)[:MOST_ITEMS]], tuple(without)


def affordable(literals: list[Literal], table: Table) -> tuple[list[Literal], Ints]:
    """The most frequent literals, as many as fit into memory with their patterns, and the pattern of each row."""
    pattern = patterns_of(literals, table)
    while len(literals) * (patterns := int(pattern.max(initial=0)) + 1) > MOST_TRUTHS:
        literals = literals[: MOST_TRUTHS // patterns]
        pattern = patterns_of(literals, table)
    return sorted(literals), pattern


def patterns_of(literals: list[Literal], table: Table) -> Ints:
    """The pattern of each row: rows that no literal tells apart have one pattern.

    A row's literals are told by a sum of 64-bit random numbers; two different patterns of a million meet with a chance
    of 1e-7.
    """
    names = np.zeros(len(table), np.uint64)
    draw = np.random.default_rng(0)
    by_column: dict[int, list[Literal]] = {}
    for literal in literals:
        by_column.setdefault(literal.column, []).append(literal)
    for index, of_column in by_column.items():
        column = table.columns[index]
        of_level = np.zeros(len(column.levels) + 1, np.uint64)
        for literal, number in zip(of_column, draw.integers(1, 2**63, len(of_column), np.uint64), strict=True):
            of_level[truth_of_levels(literal, len(column.levels))] += number
        names += of_level[column.codes]
    return np.unique(names, return_inverse=True)[1].astype(np.int64)


def items_of(literals: list[Literal], patterns: Table) -> Items:
    """One item for each set of patterns, the first or most plausible literal for all with the same set (step 7).

    The penalty of a literal is ln(columns x items of its column): the description length of naming it, which for
    columns of equal size is the ln C(m, k) of step 10, and lets a column of a thousand levels pay for its own only.
    """
    truth = truth_of((holds(one, patterns) for one in literals), len(patterns))
    classes: dict[bytes, list[int]] = {}
    for index, row in enumerate(truth.rows[:-1]):
        classes.setdefault(row.tobytes(), []).append(index)
    order = [sorted(members, key=lambda at: _plausibility(literals[at], patterns)) for members in classes.values()]
    chosen = [literals[members[0]] for members in order]
    per_column = np.bincount([one.column for one in chosen], minlength=len(patterns.columns)) if chosen else np.zeros(0)
    real = sum(bool(count) and not one.is_placebo for count, one in zip(per_column, patterns.columns, strict=False))
    columns = np.array([one.column for one in chosen], np.int64)
    weights = np.array([patterns.columns[one.column].weight for one in chosen])
    return Items(
        tuple(chosen),
        tuple(tuple(literals[at] for at in members[1:]) for members in order),
        columns,
        np.log(max(real, 1) * per_column[columns]) - weights,
        truth if len(order) == len(literals) else truth.some([members[0] for members in order]),
    )


def _plausibility(literal: Literal, patterns: Table) -> tuple[bool, bool, float, int]:
    column = patterns.columns[literal.column]
    return literal.is_gap, column.is_placebo, -column.weight, literal.column


def is_flat(table: Table) -> bool:
    """Whether every row is a unit of its own."""
    return len(np.unique(table.units)) == len(table)


def _kept(candidates: Iterable[Literal], levels: int, units: Ints) -> list[tuple[int, Literal]]:
    """Literals with the number of units they are seen on, negative: the most frequent are the first."""
    kept, every = [], int(units.sum())
    for literal in dict.fromkeys(candidates):
        seen = int(units[truth_of_levels(literal, levels)].sum())
        if FEWEST_UNITS <= seen < every:
            kept.append((-seen, literal))
    return sorted(kept)[:MOST_LEVELS]


def _units_by_code(column: Column, units: Ints | None) -> Ints:
    """For each code (MISSING last), the units that it is seen on; a unit with several values counts for each.

    Args:
        column: with its codes.
        units: of each row; None where every row is one of its own.
    """
    levels = len(column.levels) + 1
    codes = column.codes % levels
    if units is None:
        return np.bincount(codes, minlength=levels)
    if (every := int(units.max(initial=0)) + 1) * levels <= MOST_SEEN:
        seen = np.zeros((every, levels), np.bool_)
        seen[units, codes] = True
        return np.asarray(seen.sum(axis=0))
    return np.bincount(np.unique(units * levels + codes) % levels, minlength=levels)


def _candidates(index: int, column: Column, times: Ints | None) -> Iterator[Literal]:
    yield Literal(index, (MISSING,))
    if column.numbers is None:
        yield from (Literal(index, (code,)) for code in range(len(column.levels)))
        return
    last = len(column.levels) - 1
    counts, rows = _rows_by_level(column, times), int(len(column.codes) if times is None else times.sum())
    cuts = _cuts(column, counts)
    for cut in cuts:
        yield Literal(index, (0, cut), is_span=True)
        yield Literal(index, (cut + 1, last), is_span=True)
    for low, high in pairwise(cuts):
        if high > low + 1:
            yield Literal(index, (low + 1, high), is_span=True)
    yield from (Literal(index, (code,)) for code in _values_worth_naming(counts, rows))


def cuts_of(column: Column) -> list[int]:
    """The last codes below the cuts: at quantiles, and where the domain has its own."""
    return _cuts(column, _rows_by_level(column, None))


def _rows_by_level(column: Column, times: Ints | None) -> Ints:
    known = column.codes != MISSING
    if times is None:
        return np.bincount(column.codes[known], minlength=len(column.levels))
    return np.rint(np.bincount(column.codes[known], times[known], len(column.levels))).astype(np.int64)


def _cuts(column: Column, counts: Ints) -> list[int]:
    numbers, below = column.numbers, np.cumsum(counts)
    if numbers is None or not counts.any():
        return []
    last = len(numbers) - 1
    if last < FEW_LEVELS:
        return list(range(last))
    quantiles = np.searchsorted(below, below[-1] * np.arange(1, QUANTILES) / QUANTILES)  # the inverse of their shares
    domain = (int(np.searchsorted(numbers, cut, side="right")) - 1 for cut in DOMAIN_CUTS)
    return sorted({int(cut) for cut in (*quantiles, *domain) if 0 <= cut < last})


def _values_worth_naming(counts: Ints, rows: int) -> Iterable[int]:
    if len(counts) <= FEW_LEVELS:
        return range(len(counts))
    return (int(code) for code in np.flatnonzero(counts >= COMMON * rows))
