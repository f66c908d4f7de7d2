import pytest
from sqlalchemy import Connection, Engine, event
from tests.collector.questions.fleet import (
    BOX,
    BOX_SLEEPS,
    LATER_NS,
    NOBODY_KNOWS,
    NOON_NS,
    REFUSED,
    ROUTES,
    SLOT,
    Fleet,
    example,
    machine,
    setting,
)

from barwatch_collector.questions.asked import Asked
from barwatch_collector.questions.coverage import coverage
from barwatch_collector.questions.episodes import episodes
from barwatch_collector.questions.hosts import hosts
from barwatch_collector.questions.topologies import Topologies, topologies
from barwatch_collector.questions.topology_rows import TopologyByAccess
from barwatch_collector.questions.verdicts import MainFailure
from barwatch_collector.store.schema import HOUR_NS
from barwatch_proto.triage import FailureClass
from barwatch_proto.words import Access, State


def row(answer: Topologies, topology: str, access: Access) -> TopologyByAccess:
    return next(each for each in answer.rows if (each.topology, each.access) == (topology, access))


def lone_host(fleet: Fleet, name: str = "lab-1") -> tuple[int, str]:
    host = fleet.host(name)
    return host, fleet.snapshot(host, machine(hostname=name), SLOT)


def test_the_topology_that_fails_comes_first_with_its_hosts_and_how_sure_that_is(
    fleet: Fleet, connection: Connection, now: Asked
) -> None:
    example(fleet)

    answer = topologies(connection, now)

    assert (answer.hosts, answer.topologies, answer.failing_topologies) == (7, 2, 1)
    assert [each.topology for each in answer.rows] == [BOX, BOX, BOX, SLOT, SLOT, SLOT]
    failing = row(answer, BOX, Access.USER)
    assert failing.route == ROUTES[BOX]
    assert (failing.hosts, failing.attempting_hosts, failing.failing_hosts, failing.rate) == (4, 3, 3, 1.0)
    assert failing.interval is not None
    assert round(failing.interval.low, 4) == 0.4385
    assert (failing.attempts, failing.failures, failing.reads.denied, failing.reads.skipped) == (10800, 10800, 3600, 36)
    assert (failing.worst_register, failing.open_episodes) == ("pmc_boot_0", 3)
    assert row(answer, BOX, Access.KERNEL).rate == 0.0


def test_a_host_that_was_denied_counts_as_one_that_did_not_answer_and_not_as_one_that_is_well(
    fleet: Fleet, connection: Connection, now: Asked
) -> None:
    host, held = lone_host(fleet)
    fleet.series(host, held, SLOT, "user", denied=100)

    found = row(topologies(connection, now), SLOT, Access.USER)

    assert (found.rate, found.interval, found.no_attempts_because) == (None, None, "denied")


@pytest.mark.parametrize(
    ("state", "outcome", "why"),
    [
        (State.ABSENT, "unreachable", "not installed"),
        (State.ON, "unreachable", "unreachable"),
        (State.UNREADABLE, "unreachable", "denied"),
        (State.ON, "skipped", "skipped after failures"),
    ],
)
def test_why_nobody_tried_is_what_the_host_says_of_the_way_in_and_then_what_reads_came_to(
    fleet: Fleet, connection: Connection, state: State, outcome: str, why: str
) -> None:
    host = fleet.host("lab-1")
    held = fleet.snapshot(host, machine(settings=(setting("kernel_access", state),)), SLOT)
    fleet.series(host, held, SLOT, "kernel", **{outcome: 5})

    assert row(topologies(connection, Asked(LATER_NS)), SLOT, Access.KERNEL).no_attempts_because == why


def test_a_series_that_was_announced_and_never_read_says_so(fleet: Fleet, connection: Connection, now: Asked) -> None:
    host, held = lone_host(fleet)
    fleet.series(host, held, SLOT, "kernel")

    assert row(topologies(connection, now), SLOT, Access.KERNEL).no_attempts_because == "not read yet"


def test_reasons_that_differ_between_hosts_are_counted(fleet: Fleet, connection: Connection, now: Asked) -> None:
    for name, state in (("a", State.ABSENT), ("b", State.ABSENT), ("c", State.ON)):
        host = fleet.host(name)
        held = fleet.snapshot(host, machine(settings=(setting("kernel_access", state),)), SLOT)
        fleet.series(host, held, SLOT, "kernel", denied=1)

    found = row(topologies(connection, now), SLOT, Access.KERNEL)

    assert found.no_attempts_because == "not installed on 2 hosts, denied on 1 host"


def test_a_thousand_reads_of_one_host_weigh_as_much_as_ten_of_another(
    fleet: Fleet, connection: Connection, now: Asked
) -> None:
    host, held = lone_host(fleet, "busy")
    fleet.series(host, held, SLOT, "user", all_ones=100_000)
    host, held = lone_host(fleet, "calm")
    fleet.series(host, held, SLOT, "user", ok=10)

    assert row(topologies(connection, now), SLOT, Access.USER).rate == 0.5


def test_one_hiccup_is_no_failure(fleet: Fleet, connection: Connection, now: Asked) -> None:
    host, held = lone_host(fleet)
    fleet.series(host, held, SLOT, "user", ok=3, fault=1)

    found = row(topologies(connection, now), SLOT, Access.USER)

    assert (found.failing_hosts, found.failures, found.worst_register) == (0, 1, "pmc_boot_0")


def test_a_dead_register_is_not_hidden_by_forty_that_answer(fleet: Fleet, connection: Connection, now: Asked) -> None:
    host, held = lone_host(fleet)
    for number in range(40):
        fleet.series(host, held, SLOT, "user", register=f"register_{number}", ok=100)
    fleet.series(host, held, SLOT, "user", register="dead", all_ones=100)

    found = row(topologies(connection, now), SLOT, Access.USER)

    assert (found.cells, found.failing_cells, found.worst_register) == (1, 1, "dead")


def test_failures_spread_over_registers_add_up_to_a_failing_cell(
    fleet: Fleet, connection: Connection, now: Asked
) -> None:
    host, held = lone_host(fleet)
    for number in range(4):
        fleet.series(host, held, SLOT, "user", register=f"register_{number}", ok=1, fault=1)

    assert row(topologies(connection, now), SLOT, Access.USER).failing_cells == 1


def test_the_epochs_of_a_host_add_up(fleet: Fleet, connection: Connection, now: Asked) -> None:
    host, held = lone_host(fleet)
    fleet.epoch(host, 2)
    fleet.series(host, held, SLOT, "user", ok=10)
    fleet.series(host, held, SLOT, "user", ok=5, epoch=2)

    found = row(topologies(connection, now), SLOT, Access.USER)

    assert (found.attempts, found.cells, found.hosts) == (15, 1, 1)


def test_two_functions_of_one_host_are_two_cells_and_one_host(fleet: Fleet, connection: Connection, now: Asked) -> None:
    host, held = lone_host(fleet)
    fleet.series(host, held, SLOT, "user", ok=10)
    fleet.series(host, held, SLOT, "user", function_key="feed000000000000", all_ones=10)

    found = row(topologies(connection, now), SLOT, Access.USER)

    assert (found.cells, found.failing_cells, found.attempting_hosts, found.failing_hosts) == (2, 1, 1, 1)


def test_a_span_counts_what_moved_between_its_full_hours(fleet: Fleet, connection: Connection) -> None:
    host, held = lone_host(fleet)
    fleet.series(
        host, held, SLOT, "user", hours={-5: {"ok": 10}, -3: {"ok": 20, "all_ones": 1}, -2: {"ok": 20, "all_ones": 9}}
    )

    def counted(since: int | None, as_of: int | None) -> tuple[int, int]:
        asked = Asked(
            LATER_NS,
            since_ns=None if since is None else NOON_NS + since * HOUR_NS + 1,
            as_of_ns=None if as_of is None else NOON_NS + as_of * HOUR_NS + 1,
        )
        reads = row(topologies(connection, asked), SLOT, Access.USER).reads
        return reads.ok, reads.all_ones

    assert counted(None, None) == (20, 9)
    assert counted(None, -4) == (10, 0)
    assert counted(-4, -3) == (10, 1)
    assert counted(-2, None) == (0, 8)
    assert counted(-1, None) == (0, 0)


def test_what_a_host_was_before_and_did_not_read_since_is_left_out(fleet: Fleet, connection: Connection) -> None:
    host, held = lone_host(fleet)
    fleet.series(host, held, SLOT, "user", hours={-5: {"ok": 10}})
    moved = fleet.snapshot(host, machine(hostname="lab-1", model="moved"), BOX, from_ns=NOON_NS - 4 * HOUR_NS)
    fleet.series(host, moved, BOX, "user", hours={-1: {"ok": 10}})

    lately = topologies(connection, Asked(LATER_NS, since_ns=NOON_NS - 2 * HOUR_NS))
    ever = topologies(connection, Asked(LATER_NS))

    assert {each.topology for each in lately.rows} == {BOX}
    assert {each.topology for each in ever.rows} == {SLOT, BOX}


def test_an_episode_is_open_as_of_a_time_when_it_had_not_ended(fleet: Fleet, connection: Connection) -> None:
    host, held = lone_host(fleet)
    series = fleet.series(host, held, SLOT, "user", hours={-6: {"fault": 10}})
    fleet.episode(host, series, opened_at_ns=NOON_NS - 6 * HOUR_NS, closed_at_ns=NOON_NS - 2 * HOUR_NS)

    def lasting(hours_ago: int) -> int:
        asked = Asked(LATER_NS, as_of_ns=NOON_NS - hours_ago * HOUR_NS)
        return row(topologies(connection, asked), SLOT, Access.USER).open_episodes

    assert (lasting(4), lasting(1)) == (1, 0)


def test_of_two_failures_the_surer_one_comes_first(fleet: Fleet, connection: Connection, now: Asked) -> None:
    host, held = lone_host(fleet, "single")
    fleet.series(host, held, SLOT, "user", all_ones=10)
    for number in range(10):
        host = fleet.host(f"many-{number}")
        held = fleet.snapshot(host, machine(hostname=f"many-{number}"), BOX)
        fleet.series(host, held, BOX, "user", **({"all_ones": 10} if number else {"ok": 10}))

    assert topologies(connection, now).rows[0].topology == BOX


def test_a_limit_cuts_topologies_and_not_their_accesses(fleet: Fleet, connection: Connection, now: Asked) -> None:
    example(fleet)

    answer = topologies(connection, now, limit=1)

    assert answer.topologies == 2
    assert [each.access for each in answer.rows] == [Access.KERNEL, Access.USER, Access.CONFIG]


def test_an_agent_whose_clock_is_ahead_has_a_snapshot_too(fleet: Fleet, connection: Connection, now: Asked) -> None:
    host = fleet.host("fast")
    ahead = LATER_NS + HOUR_NS
    held = fleet.snapshot(host, machine(settings=(setting("kernel_access", State.ABSENT),)), SLOT, from_ns=ahead)
    fleet.series(host, held, SLOT, "kernel")

    assert row(topologies(connection, now), SLOT, Access.KERNEL).no_attempts_because == "not installed"


def test_questions_about_the_fleet_take_no_more_statements_for_eight_hosts_than_for_one(
    fleet: Fleet, engine: Engine, now: Asked
) -> None:
    statements: list[str] = []

    def taken() -> list[int]:
        counts = []
        for question in (topologies, hosts, episodes, coverage):
            statements.clear()
            with engine.connect() as connection:
                event.listen(connection, "before_cursor_execute", lambda *arguments: statements.append(arguments[2]))
                question(connection, now)
            counts.append(len(statements))
        return counts

    host, held = lone_host(fleet)
    fleet.series(host, held, SLOT, "kernel", denied=1)
    fleet.series(host, held, SLOT, "user", fault=5)
    alone = taken()
    example(fleet)

    assert all(many <= one for many, one in zip(taken(), alone, strict=True))


def test_a_topology_that_fails_says_why(fleet: Fleet, connection: Connection, now: Asked) -> None:
    example(fleet)

    answer = topologies(connection, now)

    assert row(answer, BOX, Access.USER).main_failure == MainFailure(FailureClass.UPSTREAM_ASLEEP, 3, 3)
    assert row(answer, BOX, Access.KERNEL).main_failure is None


def test_one_host_that_comes_and_goes_does_not_outvote_two(fleet: Fleet, connection: Connection, now: Asked) -> None:
    for name, times, verdict in (("busy", 9, NOBODY_KNOWS), ("a", 1, BOX_SLEEPS), ("b", 1, BOX_SLEEPS)):
        host, held = lone_host(fleet, name)
        series = fleet.series(host, held, SLOT, "user", all_ones=100)
        for _ in range(times):
            fleet.verdict(host, fleet.episode(host, series), verdict)

    assert row(topologies(connection, now), SLOT, Access.USER).main_failure == MainFailure(BOX_SLEEPS.failure, 2, 2)


def test_why_it_fails_is_asked_of_the_failing_episodes_of_the_span(fleet: Fleet, connection: Connection) -> None:
    host, held = lone_host(fleet)
    series = fleet.series(host, held, SLOT, "user", hours={-5: {"all_ones": 9}, -1: {"all_ones": 18}})
    old = fleet.episode(host, series, opened_at_ns=NOON_NS - 6 * HOUR_NS, closed_at_ns=NOON_NS - 4 * HOUR_NS)
    fleet.verdict(host, old, NOBODY_KNOWS)
    fleet.verdict(host, fleet.episode(host, series), BOX_SLEEPS)
    fleet.verdict(host, fleet.episode(host, series, outcome="denied"), REFUSED)

    def why(**times: int) -> FailureClass | None:
        found = row(topologies(connection, Asked(LATER_NS, **times)), SLOT, Access.USER).main_failure
        return found.failure if found else None

    assert why(since_ns=NOON_NS - 2 * HOUR_NS) is BOX_SLEEPS.failure
    assert why(as_of_ns=NOON_NS - 3 * HOUR_NS) is NOBODY_KNOWS.failure
