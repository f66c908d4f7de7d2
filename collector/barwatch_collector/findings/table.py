"""Cells and what is known of them as the table that the engine explains."""

from collections.abc import Callable, Hashable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from barwatch_collector.attributes import Attribute, Scope, columns
from barwatch_collector.correlate.table import Column, Ints, Table, column, factorised
from barwatch_collector.findings.facts import Facts, Values
from barwatch_collector.findings.wanted import Which
from barwatch_collector.questions.cells import Cell, Cells, Tally
from barwatch_collector.questions.statistics import is_failing
from barwatch_proto.triage import FailureClass
from barwatch_proto.words import Access

NOT_JUDGED = "not_judged"
NO_FAILURE = frozenset({FailureClass.LEGITIMATE_ONES, FailureClass.DENIED})  # nothing is broken: triage says so


@dataclass(frozen=True, slots=True, eq=False)
class FleetTable:
    """A table whose units are hosts, and which cell each row is."""

    table: Table
    rows: Sequence[Cell]
    names: tuple[str, ...]  # of the hosts, by the numbers of the units


def fleet_table(cells: Cells, facts: Facts, which: Which) -> FleetTable:
    """One row for each cell that can tell something about these failures.

    A cell that fails for another reason is left out: nobody knows how it would have gone without that.
    """
    judged = [(cell, failed) for cell in cells.cells if _is_asked(cell, which.accesses)
              for failed in [_failed(cell, which.failure)] if failed is not None]  # fmt: skip
    rows = [cell for cell, _ in judged]
    units, hosts = factorised([str(cell.host_id) for cell in rows])
    return FleetTable(
        Table(
            tuple(_columns(rows, facts)),
            units,
            np.ones(len(rows), np.int64),
            np.array([failed for _, failed in judged], np.int64),
            "host",
        ),
        rows,
        tuple(cells.hostnames[int(host)] for host in hosts),
    )


def failing_hosts(cells: Cells, accesses: frozenset[Access] = frozenset()) -> Mapping[FailureClass, int]:
    """How many hosts fail in each class in which something is broken, the most first; by these accesses, or by all."""
    hosts: dict[FailureClass, set[int]] = {}
    for cell in (cell for cell in cells.cells if _is_asked(cell, accesses)):
        for failure in failing_in(cell):
            if failure is not None:
                hosts.setdefault(failure, set()).add(cell.host_id)
    ordered = sorted(hosts, key=lambda failure: (-len(hosts[failure]), failure.value))
    return {failure: len(hosts[failure]) for failure in ordered}


def worst_tally(cell: Cell, failure: FailureClass | None) -> tuple[str, Tally]:
    """The class that a cell fails in, in words, and the reads of its worst register; all its reads when it is well."""
    failing = {each: tally for each, tally in failing_in(cell).items() if failure in {None, each}}
    if not failing:
        return "", Tally(cell.attempts, 0)
    worst = _worst(failing)
    return worst.value if worst else NOT_JUDGED, failing[worst]


def worst_failure(cell: Cell) -> tuple[bool, FailureClass | None]:
    """Whether a cell fails, and the class of its worst register; None when that is not judged yet."""
    failing = failing_in(cell)
    return bool(failing), _worst(failing) if failing else None


def failing_in(cell: Cell) -> Mapping[FailureClass | None, Tally]:
    """The classes that a cell fails in and in which something is broken; None: not judged yet."""
    return {each: tally for each, tally in cell.worst.items() if each not in NO_FAILURE and _fails(tally)}


def _worst(failing: Mapping[FailureClass | None, Tally]) -> FailureClass | None:
    return max(failing, key=lambda each: failing[each].failures / failing[each].attempts)


def _is_asked(cell: Cell, accesses: frozenset[Access]) -> bool:
    return not accesses or cell.access in accesses


def _failed(cell: Cell, failure: FailureClass | None) -> bool | None:
    """Whether the cell fails in that class; None when it fails in others only."""
    failing = failing_in(cell)
    if failure is None:
        return bool(failing)
    return failure in failing or (None if failing else False)


def _fails(tally: Tally) -> bool:
    return is_failing(tally.attempts, tally.failures)


def _columns(rows: Sequence[Cell], facts: Facts) -> list[Column]:
    """One column for each attribute; values are looked up once for each place, and not for each cell."""
    of: Mapping[Scope, tuple[Ints, Sequence[Mapping[str, str | None]]]] = {
        Scope.HOST: _numbered(rows, lambda cell: cell.snapshot_id, facts.hosts),
        Scope.FUNCTION: _numbered(rows, lambda cell: (cell.snapshot_id, cell.function_key), facts.functions),
        Scope.ACCESS: _numbered(rows, lambda cell: (cell.snapshot_id, cell.access), facts.accesses),
    }
    of = {**of, Scope.ROUTE: of[Scope.FUNCTION]}
    return [_column(attribute, *of[attribute.scope]) for attribute in columns()]


def _numbered(
    rows: Sequence[Cell], key: Callable[[Cell], Hashable], known: Mapping[Any, Values]
) -> tuple[Ints, Sequence[Values]]:
    """Of each row the number of its place, and what is known of each place."""
    numbers = {place: number for number, place in enumerate(dict.fromkeys(map(key, rows)))}
    places = np.fromiter((numbers[key(row)] for row in rows), np.int64, len(rows))
    return places, [known.get(place, {}) for place in numbers]


def _column(attribute: Attribute, places: Ints, values: Sequence[Values]) -> Column:
    codes, words = factorised([of_place.get(attribute.name) or "" for of_place in values])
    return column(attribute.name, codes[places] if len(codes) else places, words, attribute.weight)
