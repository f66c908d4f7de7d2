"""The founding case from the tables to the first sentence."""

from dataclasses import replace

import numpy as np
import pytest
from sqlalchemy import Engine, update
from tests.collector.findings.founding import machines
from tests.collector.questions.fleet import BOX, LATER_NS, NOBODY_KNOWS, SLOT, Fleet, card, machine

from barwatch_collector.findings.analysis import Analysis, analyses, failing_digest, known_cells
from barwatch_collector.findings.facts import Facts
from barwatch_collector.findings.report import Document
from barwatch_collector.findings.table import FleetTable, fleet_table
from barwatch_collector.findings.wanted import How, Which
from barwatch_collector.questions.asked import Asked
from barwatch_collector.questions.cells import Cells
from barwatch_collector.store import schema
from barwatch_proto.triage import FailureClass
from barwatch_proto.words import Access

NOW = Asked(LATER_NS)
QUICK = 39  # permutations


def _known(engine: Engine) -> tuple[Cells, Facts]:
    facts = Facts()
    with engine.connect() as connection:
        return known_cells(connection, NOW, facts), facts


def _analysed(engine: Engine, which: Which | None = None) -> list[Analysis]:
    cells, facts = _known(engine)
    return list(analyses(cells, facts, How(which or Which(), QUICK)))


def _value(table: FleetTable, row: int, name: str) -> str | None:
    column = next(column for column in table.table.columns if column.name == name)
    return column.levels[column.codes[row]] if column.codes[row] >= 0 else None


@pytest.mark.usefixtures("fleet")
def test_the_founding_case_is_explained_by_the_access_and_the_tunnel(engine: Engine) -> None:
    (found,) = _analysed(engine)

    (best,) = found.report.explanations
    assert (found.failure, found.report.failing, found.report.units) == ("stale_mapping", 14, 28)
    assert set(best.text.split(" AND ")) == {"route_tunnelled=yes", "access=user"}
    assert (best.inside.units, best.inside.failing, best.outside.failing) == (14, 14, 0)
    assert found.report.unexplained == 0


@pytest.mark.usefixtures("well")
def test_a_fleet_with_nothing_wrong_reports_nothing(engine: Engine) -> None:
    """The registers that hold ones read as all ones, and nothing is broken."""
    (found,) = _analysed(engine)

    assert (found.failure, found.report.failing) == ("any", 0)
    assert found.report.explanations == found.report.candidates == ()


@pytest.mark.usefixtures("fleet")
def test_rows_are_cells_and_their_values_are_those_of_their_place(engine: Engine) -> None:
    cells, facts = _known(engine)

    table = fleet_table(cells, facts, Which(FailureClass.STALE_MAPPING))

    by_name = {each.name: each for each in machines()}
    assert len(table.rows) == len(table.table) == 3 * len(by_name)
    for row, cell in enumerate(table.rows):
        each = by_name[table.names[table.table.units[row]]]
        assert _value(table, row, "chassis") == ("laptop" if each.is_laptop else "desktop")
        assert _value(table, row, "iommu") == ("on" if each.is_iommu_on else "off")
        assert _value(table, row, "route_tunnelled") == ("yes" if each.has_box else None)
        assert _value(table, row, "access") == cell.access.value
        assert table.table.failures[row] == (each.has_box and cell.access is Access.USER)


@pytest.mark.usefixtures("fleet")
def test_only_the_accesses_that_were_asked_for_are_counted(engine: Engine) -> None:
    cells, facts = _known(engine)

    table = fleet_table(cells, facts, Which(accesses=frozenset({Access.KERNEL})))

    assert {cell.access for cell in table.rows} == {Access.KERNEL}
    assert not table.table.failures.any()


def test_a_cell_that_fails_for_another_reason_is_left_out(fleet: Fleet, engine: Engine) -> None:
    host = fleet.host("other")
    series = fleet.series(host, fleet.snapshot(host, machine(hostname="other"), SLOT), SLOT, "user", all_ones=100)
    fleet.verdict(host, fleet.episode(host, series), NOBODY_KNOWS)
    cells, facts = _known(engine)

    stale = fleet_table(cells, facts, Which(FailureClass.STALE_MAPPING))
    every = fleet_table(cells, facts, Which())

    assert (len(stale.rows), "other" in stale.names) == (84, False)
    assert (len(every.rows), int(every.table.failures.sum())) == (85, 15)
    assert [each.failure for each in _analysed(engine)] == ["stale_mapping", "unknown", "any"]


def test_a_host_that_was_changed_is_one_unit_with_both_configurations(fleet: Fleet, engine: Engine) -> None:
    host = fleet.host("moved")
    for ago, topology, gpu, counts in (
        (2, BOX, card(is_tunnelled=True), {"all_ones": 50}),
        (1, SLOT, card(), {"ok": 50}),
    ):
        held = fleet.snapshot(host, machine((gpu,), hostname="moved"), topology, from_ns=LATER_NS - ago)
        fleet.series(host, held, topology, "user", **counts)
    cells, facts = _known(engine)

    table = fleet_table(cells, facts, Which())

    unit = table.names.index("moved")
    rows = np.flatnonzero(table.table.units == unit)
    assert {_value(table, int(row), "route_tunnelled") for row in rows} == {"yes", None}
    assert sorted(table.table.failures[rows]) == [0, 1]


def test_a_snapshot_that_cannot_be_decoded_costs_its_attributes_and_nothing_else(fleet: Fleet, engine: Engine) -> None:
    host = fleet.host("broken")
    fleet.snapshot(host, machine(hostname="broken"), SLOT, name="f" * 32)
    with engine.begin() as connection:
        connection.execute(update(schema.snapshot).where(schema.snapshot.c.host_id == host).values(document=b"rubbish"))
    fleet.series(host, "f" * 32, SLOT, "user", ok=10)
    cells, facts = _known(engine)

    table = fleet_table(cells, facts, Which())

    row = next(row for row, cell in enumerate(table.rows) if cell.snapshot_id == "f" * 32)
    assert {_value(table, row, column.name) for column in table.table.columns} == {None}


def test_the_digest_of_failing_cells_changes_when_one_does_and_not_when_reads_go_on(
    fleet: Fleet, engine: Engine
) -> None:
    before = failing_digest(_known(engine)[0])
    host = fleet.host("another")
    held = fleet.snapshot(host, machine(hostname="another"), SLOT)
    fleet.series(host, held, SLOT, "kernel", ok=10)
    well = failing_digest(_known(engine)[0])
    fleet.series(host, held, SLOT, "user", all_ones=10)

    assert well == before
    assert failing_digest(_known(engine)[0]) != before


@pytest.mark.usefixtures("fleet")
def test_what_is_known_of_an_input_is_not_worked_out_again(engine: Engine) -> None:
    cells, facts = _known(engine)
    (first,) = analyses(cells, facts, How(permutations=QUICK))
    asked = []

    def known(failure: str, input_hash: str) -> Document | None:
        asked.append((failure, input_hash))
        return replace(first.report, conclusion="from the shelf")

    (again,) = analyses(cells, facts, How(permutations=QUICK), known)

    assert asked == [("stale_mapping", first.report.input)]
    assert again.report.conclusion == "from the shelf"
