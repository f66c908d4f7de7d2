"""What goes along with the failures and is not their cause (step 22), and gaps in the data that do so (step 31)."""

from collections.abc import Collection, Iterator, Mapping, Sequence

import numpy as np

from barwatch_collector.correlate.exact import fisher
from barwatch_collector.correlate.finding import Gap, Rejected
from barwatch_collector.correlate.fleet import Fleet
from barwatch_collector.correlate.hierarchy import wider
from barwatch_collector.correlate.literal import Conjunction, Literal, all_hold, holds, literal_text
from barwatch_collector.correlate.measure import side
from barwatch_collector.correlate.score import bayes_factor
from barwatch_collector.correlate.table import Bools

LEVEL = 0.05
COVERED = 0.9  # share of the failures that makes an attribute a suspect, however many others have it
MOST_LISTED = 5


def rejected(
    fleet: Fleet,
    explanations: Sequence[Conjunction],
    parents: Mapping[str, str] | None = None,
    suspects: Collection[str] = (),
) -> tuple[Rejected, ...]:
    """Attributes that go along with the failures, and do not where no explanation holds.

    First those that people suspect, then those that say less of the same as an explanation, then the others.

    Args:
        fleet: what was explained.
        explanations: what was found.
        parents: of some columns, the column that says less of the same (step 33).
        suspects: columns that people think of first, such as what kind of machine it is.
    """
    if not explanations:
        return ()
    explained = np.logical_or.reduce([all_hold(one, fleet.table) for one in explanations])
    used = {literal.column for one in explanations for literal in one}
    suspected = list(_suspected(fleet, suspects))
    above = [parent for one in explanations for parent, _ in wider(fleet, one, parents or {})]
    found: dict[int, Rejected | None] = {}
    for literal in (*suspected, *above, *_plausible(fleet, used)):
        if literal.column not in used and literal.column not in found:
            found[literal.column] = _judged(fleet, literal, explained)
    told = [one for one in found.values() if one is not None]
    return tuple(told[: max(MOST_LISTED, len(suspected))])


def gaps(fleet: Fleet) -> tuple[Gap, ...]:
    """Missing values that go along with the failures."""
    found = []
    for literal in fleet.items.literals:
        if not literal.is_gap:
            continue
        inside = holds(literal, fleet.table)
        p = _p(fleet, inside, ~inside) * len(fleet.table.columns)
        if p <= LEVEL:
            text = literal_text(literal, fleet.table.columns[literal.column])
            found.append(Gap(text, side(fleet, inside), side(fleet, ~inside), p))
    return tuple(sorted(found, key=lambda gap: gap.p))[:MOST_LISTED]


def _plausible(fleet: Fleet, used: set[int]) -> list[Literal]:
    """Of each other column the literal that explains most, where one could take it for a cause; the best first."""
    items = fleet.items
    counts = fleet.count(items.truth)
    factors = bayes_factor(fleet.evidence(items.truth))
    p = fisher(counts.n, counts.f, counts.all_n, counts.all_f)
    could_be = np.isfinite(factors) & ((p <= LEVEL) | (counts.f >= COVERED * counts.all_f))
    best: dict[int, Literal] = {}
    for index in np.argsort(-factors, kind="stable"):
        literal = items.literals[index]
        is_other = literal.column not in used and not fleet.table.columns[literal.column].is_placebo
        if could_be[index] and is_other and not literal.is_gap:
            best.setdefault(literal.column, literal)
    return list(best.values())[: 3 * MOST_LISTED]


def _suspected(fleet: Fleet, suspects: Collection[str]) -> Iterator[Literal]:
    """Of each such column the value that goes along with failing units most, where it does so at all."""
    every = side(fleet, np.ones(len(fleet.failed), np.bool_))
    for index, column in enumerate(fleet.table.columns):
        if column.name not in suspects:
            continue
        told = []
        for literal in (Literal(index, (code,)) for code in range(len(column.levels))):
            inside = side(fleet, holds(literal, fleet.table))
            p = float(fisher(inside.units, inside.failing, every.units, every.failing))
            told.append((p, literal))
        p, literal = min(told, default=(1.0, Literal(index, ())))
        if p <= LEVEL:
            yield literal


def _judged(fleet: Fleet, literal: Literal, explained: Bools) -> Rejected | None:
    """None when it has a rate of its own beside the explanations."""
    having = holds(literal, fleet.table)
    beside = _beside(fleet, having, explained)
    alone, neither = having & beside, ~having & beside
    text = literal_text(literal, fleet.table.columns[literal.column])
    if not alone.any():
        why = f"no {fleet.table.unit_word} has it without the explanation: not separable here"
    elif _p(fleet, alone, neither) <= LEVEL:
        return None
    else:
        one = side(fleet, alone)
        why = f"{one.failing} of {one.units} {fleet.table.unit_word}s fail where it holds and the explanation does not"
    return Rejected(text, side(fleet, having), side(fleet, alone), side(fleet, neither), why)


def _beside(fleet: Fleet, having: Bools, explained: Bools) -> Bools:
    """Cells of units without an explained cell; where none of these has the attribute, all cells not explained."""
    touched = np.zeros(fleet.units, np.bool_)
    touched[fleet.unit[explained]] = True
    beside = ~touched[fleet.unit]
    return np.asarray(beside if (having & beside).any() else ~explained)


def _p(fleet: Fleet, inside: Bools, outside: Bools) -> float:
    counts = fleet.count_cells(np.array([inside, outside]))
    n, f = counts.n, counts.f
    return float(fisher(n[0], f[0], n.sum(), f.sum())) if n.all() else 1.0
