from dataclasses import replace

from sqlalchemy import Connection, update
from tests.collector.questions.fleet import (
    BOX,
    BOX_SLEEPS,
    LATER_NS,
    NOBODY_KNOWS,
    NOON_NS,
    SLOT,
    WORKS,
    Fleet,
    card,
    example,
    machine,
    setting,
)

from barwatch_collector.questions.asked import Asked
from barwatch_collector.questions.host import host
from barwatch_collector.store import schema
from barwatch_collector.store.schema import HOUR_NS
from barwatch_proto.words import Access, State


def test_a_host_tells_its_facts_and_the_state_of_each_way_in(fleet: Fleet, connection: Connection, now: Asked) -> None:
    example(fleet)

    answer = host(connection, now, "bare")

    assert (answer.facts.machine_vendor, answer.facts.epochs) == ("ACME", 1)
    assert [(each.access, each.state) for each in answer.accesses] == [
        (Access.KERNEL, State.ABSENT),
        (Access.USER, State.UNREADABLE),
        (Access.CONFIG, State.ON),
    ]
    assert answer.accesses[0].reason == "the driver is not loaded"


def test_the_read_matrix_has_a_field_for_each_register_and_access(
    fleet: Fleet, connection: Connection, now: Asked
) -> None:
    example(fleet)

    answer = host(connection, now, "lap-1")

    port, gpu = answer.functions
    assert (port.what, port.registers) == ("root port", ())
    assert (gpu.what, gpu.ids, gpu.driver, gpu.topology) == ("display controller (VGA)", "10de:1b80", "nvidia", BOX)
    fields = {(each.register, each.access): each for each in gpu.registers}
    assert fields["pmc_boot_0", Access.USER].is_failing
    assert not fields["pmc_boot_0", Access.KERNEL].is_failing
    assert fields["ids", Access.CONFIG].bar is None
    assert answer.registers == len(fields) == 3


def test_a_register_that_was_never_read_is_no_read_register(fleet: Fleet, connection: Connection, now: Asked) -> None:
    lone = fleet.host("lab-1")
    fleet.series(lone, fleet.snapshot(lone, machine(), SLOT), SLOT, "user")

    assert host(connection, now, "lab-1").registers == 0


def test_settings_are_those_of_the_snapshot_without_the_ways_in(
    fleet: Fleet, connection: Connection, now: Asked
) -> None:
    lone = fleet.host("lab-1")
    settings = (*WORKS, setting("iommu", State.VALUE, "translated"), setting("lockdown", State.OFF))
    fleet.snapshot(lone, machine(settings=settings), SLOT)

    assert [each.name for each in host(connection, now, "lab-1").settings] == ["iommu", "lockdown"]


def test_a_card_that_was_moved_shows_where_it_was_read_before(fleet: Fleet, connection: Connection, now: Asked) -> None:
    lone = fleet.host("lab-1")
    old = fleet.snapshot(lone, machine(), SLOT)
    fleet.series(lone, old, SLOT, "user", ok=5)
    new = fleet.snapshot(lone, machine((card("0000:05:00.0"),)), BOX, from_ns=NOON_NS)
    fleet.series(lone, new, BOX, "user", all_ones=5, address="0000:05:00.0")

    functions = host(connection, now, "lab-1").functions

    assert [(each.address, each.topology, each.is_present) for each in functions if each.registers] == [
        ("0000:05:00.0", BOX, True),
        ("0000:01:00.0", SLOT, False),
    ]


def test_snapshots_are_listed_with_their_times_the_latest_first(
    fleet: Fleet, connection: Connection, now: Asked
) -> None:
    lone = fleet.host("lab-1")
    fleet.snapshot(lone, machine(model="old"), SLOT, from_ns=NOON_NS - 9 * HOUR_NS, name="old")
    fleet.snapshot(lone, machine(model="new"), SLOT, from_ns=NOON_NS - 3 * HOUR_NS, name="new")

    history = host(connection, now, "lab-1").snapshots

    assert [(each.snapshot_id, each.until_ns) for each in history] == [("new", None), ("old", NOON_NS - 3 * HOUR_NS)]


def test_a_snapshot_that_cannot_be_decoded_does_not_hide_the_host(
    fleet: Fleet, connection: Connection, now: Asked
) -> None:
    example(fleet)
    with fleet.engine.begin() as writing:
        writing.execute(update(schema.snapshot).values(document=b"\xff\xff"))

    answer = host(connection, now, "lap-1")

    assert answer.problem is not None
    assert "cannot be decoded" in answer.problem
    assert answer.functions[1].registers
    assert answer.functions[1].what == "display controller (VGA)"
    assert answer.facts.hostname == "lap-1"


def test_gaps_and_episodes_are_those_of_the_span(fleet: Fleet, connection: Connection) -> None:
    example(fleet)

    lately = host(connection, Asked(LATER_NS, since_ns=NOON_NS - 10 * HOUR_NS), "bare")

    assert [gap.cause for gap in lately.gaps] == ["asleep"]
    assert lately.episodes_in_all == 1


def test_a_host_that_sent_nothing_has_an_empty_page(fleet: Fleet, connection: Connection, now: Asked) -> None:
    fleet.host("new")

    answer = host(connection, now, "new")

    assert (answer.snapshot_id, answer.functions, answer.settings, answer.snapshots) == (None, (), (), ())


def test_a_host_tells_what_explains_its_open_episodes(fleet: Fleet, connection: Connection, now: Asked) -> None:
    lone = fleet.host("lab-1")
    held = fleet.snapshot(lone, machine(), SLOT)
    user, kernel = (fleet.series(lone, held, SLOT, access) for access in ("user", "kernel"))
    fleet.verdict(lone, fleet.episode(lone, user), replace(BOX_SLEEPS, confidence=0.6))
    fleet.verdict(lone, fleet.episode(lone, kernel), BOX_SLEEPS)
    fleet.episode(lone, kernel)
    fleet.verdict(lone, fleet.episode(lone, kernel, closed_at_ns=NOON_NS), NOBODY_KNOWS)

    judged, waiting = host(connection, now, "lab-1").failures

    assert (judged.address, judged.failure, judged.confidence) == ("0000:01:00.0", BOX_SLEEPS.failure, 0.93)
    assert (judged.episodes, judged.accesses) == (2, (Access.KERNEL, Access.USER))
    assert (judged.reasons, judged.next_step) == (BOX_SLEEPS.reasons, BOX_SLEEPS.next_step)
    assert (waiting.failure, waiting.confidence, waiting.episodes, waiting.next_step) == (None, None, 1, None)
