"""What a table cannot tell from an explanation (steps 7 and 13), and the observation that would (step 37)."""

from collections.abc import Iterator
from itertools import combinations

import numpy as np

from barwatch_collector.correlate.bits import Weights
from barwatch_collector.correlate.finding import Alternative
from barwatch_collector.correlate.fleet import Fleet
from barwatch_collector.correlate.literal import Conjunction, Literal, all_hold, conjunction_text, holds, literal_text
from barwatch_collector.correlate.measure import side
from barwatch_collector.correlate.table import Bools, Column

MOST_LISTED = 50  # alternatives of one explanation
MOST_COVERING = 40  # items that are combined to find other conjunctions with the same cells
PER_VALUE = 2  # cells that the values of a set are seen on, at least and on average: else they are names of cells
NEAR = 0.95  # phi from which two literals are nearly the same


def same_rows(fleet: Fleet, conjunction: Conjunction) -> list[Conjunction]:
    """Every other minimal conjunction of up to three literals that is true on the same cells."""
    inside = all_hold(conjunction, fleet.table)
    found: dict[Conjunction, None] = {}
    for index, literal in enumerate(conjunction):
        for alias in aliases(fleet, literal):
            found[_sorted((*conjunction[:index], alias, *conjunction[index + 1 :]))] = None
    found |= dict.fromkeys(map(_sorted, _combinations(fleet, inside)))
    found.pop(_sorted(conjunction), None)
    return sorted(found, key=lambda one: (len(one), one))[:MOST_LISTED]


def aliases(fleet: Fleet, literal: Literal) -> list[Literal]:
    """Literals of other columns that are true on the same cells."""
    true = holds(literal, fleet.table)
    made = (_as_literal(index, column, true) for index, column in enumerate(fleet.table.columns)
            if index != literal.column and not column.is_placebo)  # fmt: skip
    return [one for one in made if one is not None and np.array_equal(holds(one, fleet.table), true)]


def near(fleet: Fleet, literal: Literal) -> list[str]:
    """Literals of other columns that agree with this one on nearly all cells, not on all: phi of .95 and more."""
    items, true = fleet.items, holds(literal, fleet.table)
    every, inside = (np.bincount(each, minlength=items.truth.patterns) for each in (fleet.pattern, fleet.pattern[true]))
    both, other = (Weights(each).of(items.truth.rows[:-1]) / len(true) for each in (inside, every))
    one = true.mean()
    spread = one * (1 - one) * other * (1 - other)
    phi = np.divide(both - one * other, np.sqrt(spread), out=np.zeros(len(other)), where=spread > 0)
    at = np.flatnonzero((phi >= NEAR) & (phi < 1 - 1e-9) & (items.column != literal.column))
    order = at[np.argsort(-phi[at], kind="stable")]
    columns = fleet.table.columns
    best = {items.literals[index].column: items.literals[index] for index in order[::-1]}
    return [literal_text(found, columns[found.column]) for found in best.values()
            if not columns[found.column].is_placebo and not found.is_gap]  # fmt: skip


def alternative(fleet: Fleet, ours: Conjunction, other: Conjunction, score: float) -> Alternative:
    """The other conjunction with its numbers."""
    inside, mine = all_hold(other, fleet.table), all_hold(ours, fleet.table)
    return Alternative(
        other,
        conjunction_text(other, fleet.table),
        side(fleet, inside),
        side(fleet, ~inside),
        score,
        bool(np.array_equal(inside, mine)),
        missing_cell(fleet, ours, other),
    )


def missing_cell(fleet: Fleet, ours: Conjunction, other: Conjunction) -> str:
    """The observation that would separate two conjunctions: one holds in it and the other does not (step 37)."""
    inside, mine = all_hold(other, fleet.table), all_hold(ours, fleet.table)
    a, b = conjunction_text(ours, fleet.table), conjunction_text(other, fleet.table)
    word = fleet.table.unit_word
    if not (mine & ~inside).any():
        return f"no {word} has {a} without {b}: test one"
    if not (inside & ~mine).any():
        return f"no {word} has {b} without {a}: test one"
    return f"more of {a} without {b}, and of {b} without {a}"


def _as_literal(index: int, column: Column, true: Bools) -> Literal | None:
    """The values of a column that occur where it is true, as a literal; None when they occur elsewhere, too."""
    levels = len(column.levels)
    inside = np.bincount(column.codes[true] + 1, minlength=levels + 1)
    if inside[0]:
        return None
    values = np.flatnonzero(inside[1:])
    outside = np.bincount(column.codes[~true] + 1, minlength=levels + 1)[1:]
    if not len(values) or outside[values].any() or len(values) > true.sum() / PER_VALUE:
        return None
    if column.numbers is None or len(values) == 1:
        return Literal(index, tuple(int(value) for value in values))
    first, last = int(values[0]), int(values[-1])
    if not outside[:first].any():
        first = 0
    elif not outside[last:].any():
        last = levels - 1
    return Literal(index, (first, last), is_span=True)


def _combinations(fleet: Fleet, cells: Bools) -> Iterator[Conjunction]:
    """Minimal conjunctions of items with exactly these cells, of up to three items."""
    counts = np.bincount(fleet.pattern[cells], minlength=len(fleet.in_pattern))
    inside = counts > 0
    if (counts[inside] < fleet.in_pattern[inside]).any():
        return  # a cut between the quantiles: no items have these cells
    items = fleet.items
    real = np.array([not fleet.table.columns[one.column].is_placebo and not one.is_gap for one in items.literals])
    covering = np.flatnonzero(items.truth[:, inside].all(axis=1) & real)
    left = {int(index): items.truth[index] & ~inside for index in covering}
    order = sorted(left, key=lambda index: (float(fleet.in_pattern[left[index]].sum()), index))[:MOST_COVERING]
    yield from _exact(fleet, left, sorted(order))


def _exact(fleet: Fleet, left: dict[int, Bools], order: list[int]) -> Iterator[Conjunction]:
    complete: list[frozenset[int]] = []
    literals, column = fleet.items.literals, fleet.items.column
    for size in (1, 2, 3):
        for members in combinations(order, size):
            if len({int(column[index]) for index in members}) < size or any(part <= set(members) for part in complete):
                continue
            if not np.logical_and.reduce([left[index] for index in members]).any():
                complete.append(frozenset(members))
                yield tuple(literals[index] for index in members)


def _sorted(conjunction: Conjunction) -> Conjunction:
    return tuple(sorted(conjunction, key=lambda one: one.column))
