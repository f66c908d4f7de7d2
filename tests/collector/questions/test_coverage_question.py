from dataclasses import replace

from sqlalchemy import Connection
from tests.collector.questions.fleet import LATER_NS, NOON_NS, SLOT, Fleet, example, machine, setting

from barwatch_collector.questions.asked import Asked
from barwatch_collector.questions.coverage import AccessNotReading, GapCause, UnreadRegister, coverage
from barwatch_collector.store.schema import HOUR_NS
from barwatch_proto.words import Access, State


def test_silent_hosts_are_listed_from_the_longest_silence_on(fleet: Fleet, connection: Connection, now: Asked) -> None:
    fleet.host("here", agent_id="a")
    fleet.host("gone", agent_id="b", seen_ns=NOON_NS - HOUR_NS)
    fleet.host("long-gone", agent_id="c", seen_ns=NOON_NS - 9 * HOUR_NS)

    answer = coverage(connection, replace(now, connected=frozenset({"a"})))

    assert (answer.hosts, answer.connected) == (3, 1)
    assert [host.hostname for host in answer.silent] == ["long-gone", "gone"]


def test_who_was_silent_in_the_past_cannot_be_told(fleet: Fleet, connection: Connection) -> None:
    fleet.host("gone")

    answer = coverage(connection, Asked(LATER_NS, as_of_ns=NOON_NS, connected=frozenset()))

    assert (answer.connected, answer.silent) == (None, ())


def test_gaps_are_summed_by_cause_and_cut_to_the_span(fleet: Fleet, connection: Connection) -> None:
    for name in ("a", "b"):
        fleet.gap(fleet.host(name), "asleep", NOON_NS - 6 * HOUR_NS, NOON_NS - 2 * HOUR_NS, lost=3)
    fleet.gap(fleet.host("c"), "killed", NOON_NS - 9 * HOUR_NS, NOON_NS - 8 * HOUR_NS)

    asked = Asked(LATER_NS, since_ns=NOON_NS - 5 * HOUR_NS, as_of_ns=NOON_NS - 4 * HOUR_NS)

    assert coverage(connection, asked).gaps == (
        GapCause("asleep", gaps=2, hosts=2, duration_ns=2 * HOUR_NS, lost=6, latest_ns=NOON_NS - 2 * HOUR_NS),
    )


def test_a_way_in_that_does_not_work_is_named_with_its_host_and_reason(
    fleet: Fleet, connection: Connection, now: Asked
) -> None:
    example(fleet)

    answer = coverage(connection, now)

    agent = "00000007-0000-4000-8000-000000000000"
    assert answer.not_reading == (
        AccessNotReading("bare", agent, Access.KERNEL, "not installed", "the driver is not loaded"),
        AccessNotReading("bare", agent, Access.USER, "denied", "Operation not permitted (EPERM)"),
    )
    assert (answer.not_reading_in_all, answer.unread_registers) == (2, ())


def test_a_way_in_that_works_and_reaches_nothing_is_named_too(fleet: Fleet, connection: Connection, now: Asked) -> None:
    host = fleet.host("lab-1")
    fleet.series(host, fleet.snapshot(host, machine(), SLOT), SLOT, "user", unreachable=5)

    (found,) = coverage(connection, now).not_reading

    assert (found.access, found.why) == (Access.USER, "unreachable")


def test_only_what_can_be_installed_is_not_installed(fleet: Fleet, connection: Connection, now: Asked) -> None:
    absent = tuple(setting(f"{name}_access", State.ABSENT) for name in ("kernel", "user"))
    fleet.snapshot(fleet.host("lab-1"), machine(settings=absent), SLOT)

    found = {each.access: each.why for each in coverage(connection, now).not_reading}

    assert found == {Access.KERNEL: "not installed", Access.USER: "not available"}


def test_a_way_in_that_touched_one_register_reads(fleet: Fleet, connection: Connection, now: Asked) -> None:
    host = fleet.host("lab-1")
    held = fleet.snapshot(host, machine(), SLOT)
    fleet.series(host, held, SLOT, "user", unreachable=5)
    fleet.series(host, held, SLOT, "user", register="other", all_ones=1)

    assert coverage(connection, now).not_reading == ()


def test_a_register_that_no_host_could_read_is_named_and_one_that_some_could_is_not(
    fleet: Fleet, connection: Connection, now: Asked
) -> None:
    for name, ok in (("a", 0), ("b", 5)):
        host = fleet.host(name)
        held = fleet.snapshot(host, machine(), SLOT)
        fleet.series(host, held, SLOT, "user", register="nobody", unreachable=5, denied=1)
        fleet.series(host, held, SLOT, "user", register="somebody", ok=ok, denied=1)

    assert coverage(connection, now).unread_registers == (
        UnreadRegister("nobody", Access.USER, hosts=2, denied=2, unreachable=10, skipped=0),
    )


def test_ways_in_are_counted_by_state(fleet: Fleet, connection: Connection, now: Asked) -> None:
    for name, state in (("a", State.ON), ("b", State.ABSENT), ("c", State.ABSENT)):
        fleet.snapshot(fleet.host(name), machine(settings=(setting("kernel_access", state),)), SLOT)

    found = {(each.access, each.state): each.hosts for each in coverage(connection, now).accesses}

    assert found == {(Access.KERNEL, State.ON): 1, (Access.KERNEL, State.ABSENT): 2}


def test_a_limit_cuts_lists_and_not_their_sums(fleet: Fleet, connection: Connection, now: Asked) -> None:
    example(fleet)

    answer = coverage(connection, replace(now, connected=frozenset()), limit=1)

    assert (len(answer.silent), answer.hosts, answer.connected) == (1, 7, 0)
    assert (len(answer.not_reading), answer.not_reading_in_all) == (1, 2)
