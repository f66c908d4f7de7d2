"""Literals: what an explanation is a conjunction of."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from barwatch_collector.correlate.table import MISSING, Bools, Column, Table

MOST_NAMED = 12  # values of a set that a text lists


@dataclass(frozen=True, slots=True, order=True)
class Literal:
    """The attribute has one of these values; codes of a column, either listed or from first to last."""

    column: int
    codes: tuple[int, ...]
    is_span: bool = False  # codes are (first, last), both inside

    @property
    def is_gap(self) -> bool:
        """Whether it says only that the value is not known (step 31)."""
        return self.codes == (MISSING,)


Conjunction = tuple[Literal, ...]


def holds(literal: Literal, table: Table) -> Bools:
    """For each row, whether the literal is true; a missing value makes it false, except for the gap itself."""
    column = table.columns[literal.column]
    true: Bools = truth_of_levels(literal, len(column.levels))[column.codes]  # MISSING is -1: the last place
    return true


def truth_of_levels(literal: Literal, levels: int) -> Bools:
    """For each code, with MISSING as the last, whether the literal is true."""
    true = np.zeros(levels + 1, np.bool_)
    if literal.is_span:
        true[literal.codes[0] : literal.codes[1] + 1] = True
    else:
        true[list(literal.codes)] = True
    return true


def all_hold(conjunction: Conjunction, table: Table) -> Bools:
    """For each row, whether all literals are true."""
    inside = np.ones(len(table), np.bool_)
    for literal in conjunction:
        inside &= holds(literal, table)
    return inside


def left_open(conjunction: Conjunction, table: Table) -> Bools:
    """For each row, whether a missing value leaves open if all literals are true; ``all_hold`` says false there."""
    possible, certain = np.ones((2, len(table)), np.bool_)
    for literal in conjunction:
        true, column = holds(literal, table), table.columns[literal.column]
        is_known = (column.codes != MISSING) | _asks_whether_known(literal, column)
        possible &= true | ~is_known
        certain &= true
    return possible & ~certain


def _asks_whether_known(literal: Literal, column: Column) -> bool:
    """A value set of all levels does; the only value of a column does not, which other units may have too."""
    levels = len(column.levels)
    return literal.is_gap or (levels > 1 and bool(truth_of_levels(literal, levels)[:-1].all()))


def operator_and_values(literal: Literal, column: Column) -> tuple[str, tuple[str, ...]]:
    """How documents write it: ``=``, ``in``, ``<=``, ``>``, ``between`` (both ends inside) or ``missing``."""
    if literal.is_gap:
        return "missing", ()
    if not literal.is_span:
        return "=" if len(literal.codes) == 1 else "in", tuple(column.levels[code] for code in literal.codes)
    first, last = literal.codes
    if first == 0:
        return "<=", (column.levels[last],)
    if last == len(column.levels) - 1:
        return ">", (column.levels[first - 1],)
    return "between", (column.levels[first], column.levels[last])


def literal_text(literal: Literal, column: Column) -> str:
    """As a sentence says it: ``access=user``, ``port in {3, 4}``, ``lanes>4``."""
    operator, values = operator_and_values(literal, column)
    if operator == "missing":
        return f"{column.name} is missing"
    if operator == "between":
        return f"{column.name} from {values[0]} to {values[1]}"
    if operator == "in":
        return f"{column.name}{_set_text(literal, column, values)}"
    return f"{column.name}{operator}{values[0]}"


def _set_text(literal: Literal, column: Column, values: Sequence[str]) -> str:
    """Several levels, by whichever is shorter: these, or those that are left."""
    others = tuple(level for code, level in enumerate(column.levels) if code not in literal.codes)
    if not others:
        return " is known"
    if len(others) == 1:
        return f"!={others[0]}"
    if len(others) < len(values):
        return f" not in {{{_listed(others)}}}"
    return f" in {{{_listed(values)}}}"


def conjunction_text(conjunction: Conjunction, table: Table) -> str:
    """All literals, joined by AND."""
    return " AND ".join(literal_text(literal, table.columns[literal.column]) for literal in conjunction)


def _listed(values: Sequence[str]) -> str:
    named = ", ".join(values[:MOST_NAMED])
    return named if len(values) <= MOST_NAMED else f"{named}, and {len(values) - MOST_NAMED} more"
