"""What goes along with the failures and is not their cause (step 22), and gaps in the data that do so (step 31)."""

from collections.abc import Mapping, Sequence

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
    fleet: Fleet, explanations: Sequence[Conjunction], parents: Mapping[str, str] | None = None
) -> tuple[Rejected, ...]:
    """Attributes that go along with the failures, and do not where no explanation holds; wider ones of ours first.

    Args:
        fleet: what was explained.
        explanations: what was found.
        parents: of some columns, the column that says less of the same (step 33).
    """
    if not explanations:
        return ()
    explained = np.logical_or.reduce([all_hold(one, fleet.table) for one in explanations])
    used = {literal.column for one in explanations for literal in one}
    above = {parent: None for one in explanations for parent, _ in wider(fleet, one, parents or {})}
    suspects = [*above, *(one for one in _plausible(fleet, used) if one.column not in {each.column for each in above})]
    found = [_judged(fleet, literal, explained) for literal in suspects if literal.column not in used]
    return tuple(one for one in found if one is not None)[:MOST_LISTED]


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


def _judged(fleet: Fleet, literal: Literal, explained: Bools) -> Rejected | None:
    """None when it has a rate of its own beside the explanations."""
    having = holds(literal, fleet.table)
    alone, neither = having & ~explained, ~having & ~explained
    text = literal_text(literal, fleet.table.columns[literal.column])
    if not alone.any():
        why = f"no {fleet.table.unit_word} has it without the explanation: not separable here"
    elif _p(fleet, alone, neither) <= LEVEL:
        return None
    else:
        one = side(fleet, alone)
        why = f"{one.failing} of {one.units} {fleet.table.unit_word}s fail where it holds and the explanation does not"
    return Rejected(text, side(fleet, having), side(fleet, alone), side(fleet, neither), why)


def _p(fleet: Fleet, inside: Bools, outside: Bools) -> float:
    counts = fleet.count_cells(np.array([inside, outside]))
    n, f = counts.n, counts.f
    return float(fisher(n[0], f[0], n.sum(), f.sum())) if n.all() else 1.0
