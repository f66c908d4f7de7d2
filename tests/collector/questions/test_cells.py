"""What correlation counts, on both databases."""

from sqlalchemy import Connection
from tests.collector.questions.fleet import BOX, BOX_SLEEPS, NOBODY_KNOWS, NOON_NS, SLOT, machine

from barwatch_collector.questions.asked import Asked
from barwatch_collector.questions.cells import Cell, Tally, cells, latest_snapshots
from barwatch_collector.store.schema import HOUR_NS
from barwatch_proto.triage import FailureClass
from barwatch_proto.words import Access


def _only(connection: Connection, asked: Asked) -> Cell:
    (cell,) = cells(connection, asked).cells
    return cell


def test_registers_of_one_function_are_one_cell_for_each_access_and_configuration(fleet, connection, now):
    host = fleet.host("lab-1")
    before = fleet.snapshot(host, machine(model="A"), SLOT)
    after = fleet.snapshot(host, machine(model="B"), BOX, from_ns=NOON_NS)
    for access in ("kernel", "user"):
        for register in ("one", "two"):
            fleet.series(host, before, SLOT, access, register=register, ok=10)
    fleet.series(host, after, BOX, "user", ok=4, all_ones=6)

    found = cells(connection, now)

    assert {(cell.snapshot_id == before, cell.access, cell.attempts, cell.failures) for cell in found.cells} == {
        (True, Access.KERNEL, 20, 0),
        (True, Access.USER, 20, 0),
        (False, Access.USER, 10, 6),
    }
    assert len(found.cells) == 3
    assert found.hostnames == {host: "lab-1"}


def test_what_nobody_touched_is_no_cell(fleet, connection, now):
    host = fleet.host("lab-1")
    fleet.series(host, fleet.snapshot(host, machine(), SLOT), SLOT, "user", denied=5, unreachable=3, skipped=2)

    assert cells(connection, now).cells == []


def test_a_dead_register_does_not_come_back_to_life_because_others_answer(fleet, connection, now):
    host = fleet.host("lab-1")
    snapshot = fleet.snapshot(host, machine(), BOX)
    dead = fleet.series(host, snapshot, BOX, "user", register="dead", all_ones=10)
    flaky = fleet.series(host, snapshot, BOX, "user", register="flaky", ok=90, all_ones=10)
    fleet.series(host, snapshot, BOX, "user", register="fine", ok=1000)
    for series in (dead, flaky):
        fleet.verdict(host, fleet.episode(host, series), BOX_SLEEPS)

    cell = _only(connection, now)

    assert (cell.attempts, cell.failures) == (1110, 20)
    assert cell.worst == {FailureClass.UPSTREAM_ASLEEP: Tally(10, 10)}


def test_failures_of_one_register_are_shared_out_by_what_verdicts_say_of_its_episodes(fleet, connection, now):
    host = fleet.host("lab-1")
    series = fleet.series(host, fleet.snapshot(host, machine(), BOX), BOX, "user", ok=10, all_ones=90)
    fleet.verdict(host, fleet.episode(host, series, reads=60), BOX_SLEEPS)
    fleet.verdict(host, fleet.episode(host, series, reads=20), NOBODY_KNOWS)
    fleet.episode(host, series, reads=10)  # not judged yet
    fleet.episode(host, series, reads=500, outcome="denied")  # no failure

    assert _only(connection, now).worst == {
        FailureClass.UPSTREAM_ASLEEP: Tally(100, 60),
        FailureClass.UNKNOWN: Tally(100, 20),
        None: Tally(100, 10),
    }


def test_failures_without_an_episode_are_not_judged_and_not_lost(fleet, connection, now):
    host = fleet.host("lab-1")
    fleet.series(host, fleet.snapshot(host, machine(), BOX), BOX, "user", all_ones=7)

    assert _only(connection, now).worst == {None: Tally(7, 7)}


def test_a_span_counts_what_happened_in_it(fleet, connection):
    host = fleet.host("lab-1")
    snapshot = fleet.snapshot(host, machine(), BOX)
    series = fleet.series(
        host, snapshot, BOX, "user", hours={-5: {"ok": 100, "all_ones": 50}, -1: {"ok": 200, "all_ones": 50}}
    )
    fleet.verdict(
        host, fleet.episode(host, series, opened_at_ns=NOON_NS - 6 * HOUR_NS, closed_at_ns=NOON_NS - 5 * HOUR_NS),
        BOX_SLEEPS,
    )  # fmt: skip

    early = Asked(now_ns=NOON_NS, as_of_ns=NOON_NS - 4 * HOUR_NS)
    late = Asked(now_ns=NOON_NS, since_ns=NOON_NS - 2 * HOUR_NS)

    assert _only(connection, early).worst == {FailureClass.UPSTREAM_ASLEEP: Tally(150, 50)}
    assert (_only(connection, late).attempts, _only(connection, late).worst) == (100, {})


def test_hosts_of_one_name_are_told_apart(fleet, connection, now):
    for number in (1, 2):
        host = fleet.host("lab", agent_id=f"{number}bcdefab-0000-4000-8000-000000000000")
        fleet.series(host, fleet.snapshot(host, machine(), SLOT), SLOT, "user", ok=1)

    assert set(cells(connection, now).hostnames.values()) == {"lab (1bcdefab)", "lab (2bcdefab)"}


def test_the_latest_snapshot_is_the_one_that_held_then(fleet, connection, now):
    host = fleet.host("lab-1")
    before = fleet.snapshot(host, machine(model="A"), SLOT)
    after = fleet.snapshot(host, machine(model="B"), BOX, from_ns=NOON_NS)

    assert latest_snapshots(connection, now) == {host: after}
    assert latest_snapshots(connection, Asked(NOON_NS, as_of_ns=NOON_NS - 1)) == {host: before}
