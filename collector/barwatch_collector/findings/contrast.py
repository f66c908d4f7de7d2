"""Two hosts side by side: what differs, and which of the differences go along with failures in the whole fleet."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import chain

import numpy as np
from scipy.stats import fisher_exact  # type: ignore[import-untyped]

from barwatch_collector.attributes import Attribute, Scope, columns
from barwatch_collector.correlate.table import MISSING, Column
from barwatch_collector.findings.answers import Difference, Pair, ReadsOfOne, Share
from barwatch_collector.findings.facts import Facts, Place, Values
from barwatch_collector.findings.table import FleetTable, worst_failure
from barwatch_collector.questions.cells import Cell
from barwatch_proto.words import Access

OF_HOST, OF_FUNCTION = (Scope.HOST,), (Scope.ROUTE, Scope.FUNCTION)
Common = tuple[str, Place, Place]  # what a function that both have is called, and where it is
IDS = ("function_ids", "function_class")  # attributes by which a device of one host is found again in another


@dataclass(frozen=True, slots=True)
class Side:
    """One of the hosts as it is now."""

    hostname: str
    snapshot_id: str
    cells: Sequence[Cell]  # under that snapshot


def pairs_of(left: Side, right: Side, facts: Facts) -> tuple[Common, ...]:
    """Functions that are read on both hosts: the same device, or one of the same make; what it is called, and where."""
    ours, theirs = _by_make(left, facts), _by_make(right, facts)
    return tuple(
        (make if number == 0 else f"{make} #{number + 1}", (left.snapshot_id, one), (right.snapshot_id, other))
        for make in ours
        for number, (one, other) in enumerate(zip(ours[make], theirs.get(make, ()), strict=False))
    )


def reads_of(left: Side, right: Side, common: Iterable[Common]) -> tuple[Pair, ...]:
    """How each common device is read on both, by each access that one of them has."""
    made = []
    for name, (_, ours), (_, theirs) in common:
        for access in Access:
            sides = _reads(left, ours, access), _reads(right, theirs, access)
            if any(sides):
                made.append(Pair(name, access, *sides))
    return tuple(made)


def differences(
    left: Side, right: Side, common: Sequence[Common], facts: Facts, fleet: FleetTable
) -> tuple[Difference, ...]:
    """What is not the same, what goes along with failures in the fleet first.

    Of functions, those are compared of which one side fails and the other does not; all where there are none of these.
    """
    columns_of = {column.name: column for column in fleet.table.columns}
    of_host, of_function = ([each for each in columns() if each.scope in scopes] for scopes in (OF_HOST, OF_FUNCTION))
    of_hosts = _differing(of_host, None, facts.hosts.get(left.snapshot_id, {}), facts.hosts.get(right.snapshot_id, {}))
    of_functions = (
        _differing(of_function, name, facts.functions.get(ours, {}), facts.functions.get(theirs, {}))
        for name, ours, theirs in _worth_comparing(left, right, common)
    )
    found = [
        _difference(attribute, function, values, fleet, columns_of[attribute.name])
        for attribute, function, values in chain(of_hosts, *of_functions)
    ]
    return tuple(sorted(found, key=lambda one: (1.0 if one.p is None else one.p, -one.weight, one.attribute)))


def _worth_comparing(left: Side, right: Side, common: Sequence[Common]) -> Sequence[Common]:
    fail = [[{cell.access for cell in side.cells if cell.function_key == key and worst_failure(cell)[0]}
             for side, key in ((left, ours[1]), (right, theirs[1]))] for _, ours, theirs in common]  # fmt: skip
    return [pair for pair, (ours, theirs) in zip(common, fail, strict=True) if ours != theirs] or common


def _by_make(side: Side, facts: Facts) -> Mapping[str, list[str]]:
    """Keys of the functions that are read, by ids and class, in the order of the cells."""
    found: dict[str, list[str]] = {}
    for key in dict.fromkeys(cell.function_key for cell in side.cells):
        values = facts.functions.get((side.snapshot_id, key), {})
        found.setdefault(" ".join(values.get(name) or "?" for name in IDS), []).append(key)
    return found


def _reads(side: Side, key: str, access: Access) -> ReadsOfOne | None:
    cell = next((cell for cell in side.cells if (cell.function_key, cell.access) == (key, access)), None)
    if cell is None:
        return None
    is_failing, failure = worst_failure(cell)
    return ReadsOfOne(cell.attempts, cell.failures, failure, is_failing)


def _differing(
    attributes: Iterable[Attribute], function: str | None, ours: Values, theirs: Values
) -> Iterator[tuple[Attribute, str | None, tuple[str | None, str | None]]]:
    for attribute in attributes:
        pair = ours.get(attribute.name), theirs.get(attribute.name)
        if pair[0] != pair[1]:
            yield attribute, function, pair


def _difference(
    attribute: Attribute,
    function: str | None,
    values: tuple[str | None, str | None],
    fleet: FleetTable,
    column: Column,
) -> Difference:
    ours, theirs = (_share(fleet, column, value) for value in values)
    odds = [[share.failing, share.hosts - share.failing] for share in (ours, theirs)]
    is_told = None not in values and ours.hosts > 0 and theirs.hosts > 0
    p = float(fisher_exact(odds)[1]) if is_told else None
    return Difference(attribute.name, attribute.sentence, function, *values, ours, theirs, p, attribute.weight)


def _share(fleet: FleetTable, column: Column, value: str | None) -> Share:
    code = column.levels.index(value) if value in column.levels else MISSING
    rows = column.codes == code
    units, failing = (np.unique(fleet.table.units[which]) for which in (rows, rows & (fleet.table.failures > 0)))
    return Share(len(units), len(failing))
