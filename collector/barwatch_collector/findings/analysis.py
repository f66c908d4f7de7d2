"""From the store to explanations: one report for each failure class, and one for all of them together."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from sqlalchemy import Connection

from barwatch_collector.correlate.explain import explained
from barwatch_collector.correlate.finding import Report
from barwatch_collector.correlate.settings import Settings
from barwatch_collector.findings.facts import Facts
from barwatch_collector.findings.table import FleetTable, failing_hosts, fleet_table
from barwatch_collector.findings.wanted import How, Which, name_of
from barwatch_collector.questions.asked import Asked
from barwatch_collector.questions.cells import Cells, cells
from barwatch_proto.triage import FailureClass


@dataclass(frozen=True, slots=True, eq=False)
class Analysis:
    """One class of failures, explained."""

    failure: str  # FailureClass, or ANY
    failing_hosts: int
    report: Report
    fleet: FleetTable


def known_cells(connection: Connection, asked: Asked, facts: Facts) -> Cells:
    """All cells of the span; afterwards the facts know their attributes."""
    found = cells(connection, asked)
    facts.learn(connection, ((cell.host_id, (cell.snapshot_id, cell.function_key)) for cell in found.cells))
    return found


def analyses(found: Cells, facts: Facts, how: How) -> Iterator[Analysis]:
    """A report for each class with a failing host, the most first; for all together where there are several or none.

    A class that was asked for has its report even when nothing fails in it.
    """
    hosts = failing_hosts(found, how.which.accesses)
    asked = how.which.failure
    classes: list[FailureClass | None] = [*hosts] if asked is None else [asked]
    if asked is None and len(hosts) != 1:
        classes.append(None)
    for failure in classes:
        fleet = fleet_table(found, facts, Which(failure, how.which.accesses))
        report = explained(fleet.table, Settings(how.seed, how.permutations, names=fleet.names))
        yield Analysis(name_of(failure), report.failing_units, report, fleet)


def failing_digest(found: Cells) -> str:
    """Changes when a failing cell does: another one fails, one fails no more, or in another class."""
    digest = hashlib.sha256()
    for cell in found.cells:
        if cell.worst:
            classes = sorted(failure.value if failure else "" for failure in cell.worst)
            digest.update(repr((cell.host_id, cell.snapshot_id, cell.function_key, cell.access, classes)).encode())
    return digest.hexdigest()
