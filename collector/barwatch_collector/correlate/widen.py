"""Literals made as wide or as narrow as the failures say: value sets and cuts (step 12)."""

from collections.abc import Iterator, Sequence

import numpy as np
from scipy.special import gammaln  # type: ignore[import-untyped]

from barwatch_collector.correlate.fleet import AT_ONCE, Fleet
from barwatch_collector.correlate.items import cuts_of
from barwatch_collector.correlate.literal import Conjunction, Literal, all_hold, holds
from barwatch_collector.correlate.score import bayes_factor
from barwatch_collector.correlate.table import MISSING, Bools, Column, Floats

GAIN = 2.0  # nats that another value set must bring (step 12)
MOST_CUTS = 64  # that are tried between two quantiles
MOST_SETS = 100  # sizes of a value set that are tried
MOST_LITERALS = 3
ENDS = 2  # of a span: each is moved in a pass of its own


def widened(fleet: Fleet, conjunction: Conjunction, costs: float) -> tuple[Conjunction, float]:
    """The conjunction with the best value sets and cuts, and its score; as it was where nothing is gained."""
    score = _scores(fleet, np.array([all_hold(conjunction, fleet.table)]))[0] - costs
    for index in [*range(len(conjunction))] * ENDS:
        literal = conjunction[index]
        column = fleet.table.columns[literal.column]
        others = all_hold((*conjunction[:index], *conjunction[index + 1 :]), fleet.table)
        tried = list(_sets(fleet, literal, others) if column.numbers is None else _cuts(literal, column))
        if not tried:
            continue
        scores = _with(fleet, tried, others) - costs - np.array([extra for _, extra in tried])
        best = int(np.argmax(scores))
        if scores[best] > score + (GAIN if column.numbers is None else 0.0):
            extra = tried[best][1]
            conjunction = (*conjunction[:index], tried[best][0], *conjunction[index + 1 :])
            score, costs = float(scores[best]), costs + extra
    return conjunction, float(score)


def narrowed(fleet: Fleet, conjunction: Conjunction, costs: float, width: float) -> tuple[Conjunction, float]:
    """The widened conjunction, and with a value set of another column where that gains: no single value of it would.

    Args:
        fleet: what is explained.
        conjunction: what was found.
        costs: its penalty.
        width: how much of the penalty counts (step 10).
    """
    conjunction, score = widened(fleet, conjunction, costs)
    while len(conjunction) < MOST_LITERALS:
        inside = all_hold(conjunction, fleet.table)
        used = {literal.column for literal in conjunction}
        tried = [one for column in _other_columns(fleet, used) for one in _sets(fleet, Literal(column, (0,)), inside)]
        if not tried:
            break
        price = {
            int(column): width * float(cost) for column, cost in zip(fleet.items.column, fleet.items.cost, strict=True)
        }
        extra = np.array([more + price[one.column] for one, more in tried])
        paid = float(_scores(fleet, inside[None, :])[0]) - score
        scores = _with(fleet, tried, inside) - paid - extra
        best = int(np.argmax(scores))
        if scores[best] <= score + GAIN:
            break
        conjunction, score = (*conjunction, tried[best][0]), float(scores[best])
    return conjunction, score


def _other_columns(fleet: Fleet, used: set[int]) -> list[int]:
    """Columns of names that have items, and are no placebos."""
    columns = fleet.table.columns
    return [int(at) for at in np.unique(fleet.items.column)
            if at not in used and columns[at].numbers is None and not columns[at].is_placebo]  # fmt: skip


def _with(fleet: Fleet, tried: Sequence[tuple[Literal, float]], others: Bools) -> Floats:
    """Ln Bayes factor of each literal together with the others."""
    step = max(1, AT_ONCE // max(1, len(others)))
    parts = (np.array([holds(one, fleet.table) & others for one, _ in tried[at : at + step]])
             for at in range(0, len(tried), step))  # fmt: skip
    return np.concatenate([_scores(fleet, part) for part in parts])


def _scores(fleet: Fleet, inside: Bools) -> Floats:
    return bayes_factor(fleet.count_cells(inside, alike=fleet.alike))


def _sets(fleet: Fleet, literal: Literal, others: Bools) -> Iterator[tuple[Literal, float]]:
    """The worst value, the two worst, and so on; each costs as much as there are sets of its size.

    The best set is among these whenever what is judged is convex in the counts. Source: Breiman and others,
    Classification and Regression Trees (1984), theorem 4.5.
    """
    column = fleet.table.columns[literal.column]
    levels = len(column.levels)
    if literal.is_gap or levels <= 2:  # noqa: PLR2004 both values are everything
        return
    known = others & (column.codes != MISSING)
    seen = np.bincount(column.codes[known], minlength=levels)
    failing = np.bincount(column.codes[known & fleet.failed], minlength=levels)
    worst = [int(code) for code in np.lexsort((-seen, -failing / np.maximum(seen, 1))) if failing[code]]
    single = np.log(levels)
    for size in range(2, min(len(worst), MOST_SETS, levels - 1) + 1):
        sets = gammaln(levels + 1) - gammaln(size + 1) - gammaln(levels - size + 1)
        yield Literal(literal.column, tuple(sorted(worst[:size]))), max(0.0, float(sets - single))


def _cuts(literal: Literal, column: Column) -> Iterator[tuple[Literal, float]]:
    """The ends of the span moved up to the next quantile; each place costs as much as there are places."""
    if not literal.is_span:
        return
    cuts, last = cuts_of(column), len(column.levels) - 1
    first, end = literal.codes
    for at, is_end in ((first - 1, False), (end, True)):
        if not 0 <= at < last:
            continue
        low = max((cut for cut in cuts if cut < at), default=-1)
        high = min((cut for cut in cuts if cut > at), default=last)
        between = np.unique(np.linspace(low + 1, high - 1, MOST_CUTS).astype(int))
        for cut in (int(one) for one in between if one != at):
            span = (first, cut) if is_end else (cut + 1, end)
            if span[0] <= span[1]:
                yield Literal(literal.column, span, is_span=True), float(np.log(len(between)))
