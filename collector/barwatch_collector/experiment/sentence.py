"""What people do for an experiment, in one sentence."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from barwatch_collector.correlate.literal import Conjunction, all_hold, conjunction_text
from barwatch_collector.correlate.table import Table
from barwatch_collector.experiment.beliefs import Beliefs
from barwatch_collector.experiment.lab import ACCESS_COLUMN, Kind, Lab
from barwatch_collector.experiment.options import NOBODY
from barwatch_collector.experiment.ranking import Choice

SWITCH = frozenset({"on", "off"})
FIRST_COMPARED = 6  # of the likeliest hypotheses: two that nothing separates are among them


@dataclass(frozen=True, slots=True)
class Change:
    """One column of the cell that is tried."""

    column: str
    value: str | None  # None: not known
    before: str | None


def done(chosen: Choice, changes: Sequence[Change], lab: Lab, table: Table) -> str:
    """``read mypc's GPU by kernel too``, ``move the card of laptop-3 into desktop-1, and read it by user``."""
    if chosen.kind is Kind.UNTESTED:
        return f"test {_of_untested(chosen, lab, table)}, which nobody has read yet"
    here = lab.unit(int(table.units[chosen.row]), table.unit_word)
    if chosen.donor != NOBODY and chosen.kind is not Kind.ACCESS:
        return f"{_moved(chosen, lab, table, here)}{_read(chosen, table)}"
    if chosen.kind is Kind.ACCESS:
        return f"read {here}'s {lab.card(chosen.row)} {_another_way(changes)}"
    if chosen.kind is Kind.SETTING:
        return f"{_all(map(_set, changes))} on {here}{_read(chosen, table)}"
    said = _all(f"{one.column}={one.value}" for one in changes)
    return f"find or make a {table.unit_word} like {here} but with {said}"


def _moved(chosen: Choice, lab: Lab, table: Table, here: str) -> str:
    there = lab.unit(int(table.units[chosen.donor]), table.unit_word)
    if chosen.kind is Kind.CARD:
        return f"move the {lab.card(chosen.donor)} of {there} into {here}"
    if chosen.kind is Kind.ROUTE:
        return f"connect the {lab.card(chosen.row)} of {here} through the cable, dock or box of {there}"
    return f"connect the box of {there} with its {lab.card(chosen.donor)} to {here}"


def lacking(beliefs: Beliefs, order: Sequence[int]) -> str:
    """The observation that is missing: one where of two hypotheses that are left only one holds (step 37)."""
    left = [one for one in map(beliefs.conjunction, order[:FIRST_COMPARED]) if one is not None][:2]
    if len(left) < 2:  # noqa: PLR2004 a pair
        return "what else they may have in common is in no column"
    return _missing(beliefs.table, left[0], left[1])


def _missing(table: Table, one: Conjunction, other: Conjunction) -> str:
    a, b = conjunction_text(one, table), conjunction_text(other, table)
    inside, also = all_hold(one, table), all_hold(other, table)
    if not (inside & ~also).any():
        return f"no {table.unit_word} has {a} without {b}"
    if not (also & ~inside).any():
        return f"no {table.unit_word} has {b} without {a}"
    return f"more of {a} without {b} is needed, and of {b} without {a}"


def _of_untested(chosen: Choice, lab: Lab, table: Table) -> str:
    unit = chosen.row if lab.untested is None else int(lab.untested.units[chosen.row])
    return lab.unit(unit, table.unit_word)


def _read(chosen: Choice, table: Table) -> str:
    for at, column in enumerate(table.columns):
        if column.name == ACCESS_COLUMN and chosen.cell[at] >= 0:
            return f", and read it by {column.levels[chosen.cell[at]]}"
    return ""


def _set(change: Change) -> str:
    is_switch = change.value in SWITCH
    return f"turn {change.column} {change.value}" if is_switch else f"set {change.column} to {change.value}"


def _another_way(changes: Sequence[Change]) -> str:
    """``by kernel too``; where only what it goes through changes, ``again, with access_means=driver``."""
    access = _value(changes, ACCESS_COLUMN)
    means = _all(f"{one.column}={one.value or 'not known'}" for one in changes)
    return f"by {access} too" if access else f"again, with {means}"


def _value(changes: Sequence[Change], column: str) -> str | None:
    return next((one.value for one in changes if one.column == column), None)


def _all(said: Iterable[str]) -> str:
    *most, last = said
    return f"{', '.join(most)} and {last}" if most else last
