from dataclasses import replace

from sqlalchemy import Connection
from tests.collector.questions.fleet import LATER_NS, NOON_NS, SLOT, Fleet, example, machine

from barwatch_collector.questions.asked import Asked
from barwatch_collector.questions.hosts import HostLine, hosts
from barwatch_collector.store.schema import HOUR_NS


def by_name(connection: Connection, asked: Asked) -> dict[str, HostLine]:
    return {row.hostname: row for row in hosts(connection, asked).rows}


def test_hosts_that_fail_come_first_and_then_by_name(fleet: Fleet, connection: Connection, now: Asked) -> None:
    example(fleet)

    answer = hosts(connection, now)

    assert [row.hostname for row in answer.rows] == ["lap-1", "lap-2", "lap-3", "bare", "desk-1", "desk-2", "desk-3"]
    assert (answer.hosts, answer.failing) == (7, 3)


def test_a_line_says_what_a_host_is_and_what_fails_on_it(fleet: Fleet, connection: Connection, now: Asked) -> None:
    example(fleet)

    lap, bare = by_name(connection, now)["lap-1"], by_name(connection, now)["bare"]

    assert (lap.machine_vendor, lap.machine_model, lap.functions) == ("ACME", "Book 13", 2)
    assert (lap.cells, lap.failing_cells, lap.open_episodes) == (3, 1, 1)
    assert lap.snapshot_from_ns == NOON_NS - 24 * HOUR_NS
    assert (bare.cells, bare.failing_cells, bare.open_episodes) == (1, 0, 0)


def test_a_refusal_is_no_open_episode_of_a_failure(fleet: Fleet, connection: Connection, now: Asked) -> None:
    host = fleet.host("lab-1")
    held = fleet.snapshot(host, machine(), SLOT)
    series = fleet.series(host, held, SLOT, "user", denied=9)
    fleet.episode(host, series, outcome="denied")

    assert by_name(connection, now)["lab-1"].open_episodes == 0


def test_connected_is_who_has_a_stream(fleet: Fleet, connection: Connection, now: Asked) -> None:
    fleet.host("here", agent_id="a")
    fleet.host("gone", agent_id="b")

    answer = hosts(connection, replace(now, connected=frozenset({"a", "a stranger"})))

    assert answer.connected == 1
    assert {row.hostname: row.is_connected for row in answer.rows} == {"here": True, "gone": False}


def test_who_was_connected_in_the_past_stays_open(fleet: Fleet, connection: Connection) -> None:
    fleet.host("here", agent_id="a")

    answer = hosts(connection, Asked(LATER_NS, as_of_ns=NOON_NS, connected=frozenset({"a"})))

    assert (answer.connected, answer.rows[0].is_connected) == (None, None)


def test_a_host_without_a_snapshot_is_a_host(fleet: Fleet, connection: Connection, now: Asked) -> None:
    fleet.host("new")

    row = by_name(connection, now)["new"]

    assert (row.snapshot_from_ns, row.machine_model, row.functions, row.cells) == (None, None, 0, 0)


def test_a_host_that_came_later_was_not_there_then(fleet: Fleet, connection: Connection) -> None:
    fleet.host("lab-1")

    assert not hosts(connection, Asked(LATER_NS, as_of_ns=NOON_NS - 49 * HOUR_NS)).rows


def test_the_snapshot_is_the_one_that_held_then(fleet: Fleet, connection: Connection, now: Asked) -> None:
    host = fleet.host("lab-1")
    fleet.snapshot(host, machine(model="old"), SLOT, from_ns=NOON_NS - 9 * HOUR_NS)
    fleet.snapshot(host, machine(model="new"), SLOT, from_ns=NOON_NS - 3 * HOUR_NS)

    then = Asked(LATER_NS, as_of_ns=NOON_NS - 4 * HOUR_NS)

    assert by_name(connection, then)["lab-1"].machine_model == "old"
    assert by_name(connection, now)["lab-1"].machine_model == "new"


def test_a_limit_cuts_rows_and_not_sums(fleet: Fleet, connection: Connection, now: Asked) -> None:
    example(fleet)

    answer = hosts(connection, now, limit=2)

    assert (len(answer.rows), answer.hosts, answer.failing) == (2, 7, 3)
