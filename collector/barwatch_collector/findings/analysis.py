"""From the store to explanations: one report for each failure class, and one for all of them together."""

import hashlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from sqlalchemy import Connection

from barwatch_collector.attributes import columns, parents
from barwatch_collector.correlate.explain import explained
from barwatch_collector.correlate.fingerprint import fingerprint
from barwatch_collector.correlate.settings import Settings
from barwatch_collector.findings.document import document
from barwatch_collector.findings.facts import Facts
from barwatch_collector.findings.report import Document
from barwatch_collector.findings.table import FleetTable, failing_hosts, fleet_table
from barwatch_collector.findings.wanted import How, Which, name_of
from barwatch_collector.questions.asked import Asked
from barwatch_collector.questions.cells import Cells, cells
from barwatch_proto.triage import FailureClass

SUSPECTS = ("chassis", "machine_vendor", "bios_vendor", "iommu", "system", "virtual_machine")  # what one sees first
PARENTS = tuple(sorted(parents(columns()).items()))  # which column says less of the same


Known = Callable[[str, str], Document | None]  # the report on a class and an input, where it is known


@dataclass(frozen=True, slots=True)
class Analysis:
    """One class of failures, explained."""

    failure: str  # FailureClass, or ANY
    report: Document


def known_cells(connection: Connection, asked: Asked, facts: Facts) -> Cells:
    """All cells of the span; afterwards the facts know their attributes."""
    found = cells(connection, asked)
    facts.learn(connection, ((cell.host_id, (cell.snapshot_id, cell.function_key)) for cell in found.cells))
    return found


def analyses(found: Cells, facts: Facts, how: How, known: Known = lambda *_: None) -> Iterator[Analysis]:
    """A report for each class with a failing host, the most first; for all together where there are several or none.

    A class that was asked for has its report even when nothing fails in it. The same input has the same report: what is
    known is not worked out again.
    """
    for failure, fleet, settings in fleets(found, facts, how):
        name = fingerprint(fleet.table, settings)
        report = known(failure, name) or document(explained(fleet.table, settings, name), fleet.table, 0)
        yield Analysis(failure, report)


def fleets(found: Cells, facts: Facts, how: How) -> Iterator[tuple[str, FleetTable, Settings]]:
    """What the engine is given for each class that is asked for: the class in words, its table, and the settings."""
    for failure in _asked_classes(found, how.which):
        fleet = fleet_table(found, facts, Which(failure, how.which.accesses))
        settings = Settings(how.seed, how.permutations, parents=PARENTS, suspects=SUSPECTS, names=fleet.names)
        yield name_of(failure), fleet, settings


def _asked_classes(found: Cells, which: Which) -> list[FailureClass | None]:
    """The classes that are meant, the one with the most failing hosts first; None stands for all together."""
    if which.failure is not None:
        return [which.failure]
    hosts = failing_hosts(found, which.accesses)
    return [*hosts] if len(hosts) == 1 else [*hosts, None]


def failing_digest(found: Cells) -> str:
    """Changes when a failing cell does: another one fails, one fails no more, or in another class."""
    digest = hashlib.sha256()
    for cell in found.cells:
        if cell.worst:
            classes = sorted(failure.value if failure else "" for failure in cell.worst)
            digest.update(repr((cell.host_id, cell.snapshot_id, cell.function_key, cell.access, classes)).encode())
    return digest.hexdigest()
