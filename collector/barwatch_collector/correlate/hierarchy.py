"""Attributes that say more or less of the same: a box is behind Thunderbolt, Thunderbolt is on laptops (step 33)."""

from collections.abc import Iterator, Mapping

import numpy as np

from barwatch_collector.correlate.fleet import Fleet
from barwatch_collector.correlate.literal import Conjunction, Literal, all_hold, holds
from barwatch_collector.correlate.table import MISSING
from barwatch_collector.lineage import lineage

COVERS = 0.9  # share of the cells inside that have the value of the wider attribute


def wider(fleet: Fleet, conjunction: Conjunction, parents: Mapping[str, str]) -> Iterator[tuple[Literal, Literal]]:
    """For each literal with wider attributes: the value of each of these that goes with it, and the literal."""
    names = [column.name for column in fleet.table.columns]
    for literal in conjunction:
        own = names[literal.column]
        for name in lineage(own, parents):
            found = _going_with(fleet, literal, names.index(name)) if name in names and name != own else None
            if found is not None:
                yield found, literal


def is_needed(fleet: Fleet, ours: Conjunction, child: Literal, parent: Literal) -> bool:
    """Whether there are cells with the wider value and without ours, and they are healthy."""
    others = tuple(one for one in ours if one != child)
    beside = all_hold((*others, parent), fleet.table) & ~holds(child, fleet.table)
    return bool(beside.any()) and not bool((beside & fleet.failed).any())


def preferred(fleet: Fleet, conjunctions: list[Conjunction], parents: Mapping[str, str]) -> int:
    """Which of these, the best first, is told: the first, or the same with a narrower attribute that is needed."""
    first = conjunctions[0]
    for at, one in enumerate(conjunctions[1:] if parents else [], start=1):
        for parent, child in wider(fleet, one, parents):
            others = {each for each in one if each != child}
            if {parent, *others} == set(first) and is_needed(fleet, one, child, parent):
                return at
    return 0


def _going_with(fleet: Fleet, literal: Literal, column: int) -> Literal | None:
    """The most frequent value of a column where the literal holds, when it is nearly the only one."""
    codes = fleet.table.columns[column].codes[holds(literal, fleet.table)]
    known = codes[codes != MISSING]
    if not len(known):
        return None
    counts = np.bincount(known)
    return Literal(column, (int(counts.argmax()),)) if counts.max() >= COVERS * len(codes) else None
