import pytest
from sqlalchemy import Connection, update
from tests.collector.questions.fleet import LATER_NS, NOON_NS, SLOT, Fleet, card, example, machine

from barwatch_collector.questions.asked import Asked
from barwatch_collector.questions.tree import AccessReads, NoSnapshot, tree
from barwatch_collector.store import schema
from barwatch_collector.store.schema import HOUR_NS
from barwatch_proto.topology import FunctionState
from barwatch_proto.words import Access

CARD = "c0ffee0000000000"


def test_a_tree_has_the_whole_topology_and_what_reading_it_came_to(
    fleet: Fleet, connection: Connection, now: Asked
) -> None:
    example(fleet)

    answer = tree(connection, now, "lap-2")

    assert [str(function.address) for function in answer.topology.functions] == ["0000:00:01.0", "0000:01:00.0"]
    assert answer.reads == {
        CARD: (
            AccessReads(Access.KERNEL, 3600, 0, is_failing=False, others=0),
            AccessReads(Access.USER, 3600, 3600, is_failing=True, others=12),
            AccessReads(Access.CONFIG, 60, 0, is_failing=False, others=0),
        )
    }


def test_a_tree_as_of_a_time_is_the_topology_that_held_then(fleet: Fleet, connection: Connection, now: Asked) -> None:
    host = fleet.host("lab-1")
    fleet.snapshot(host, machine(), SLOT, from_ns=NOON_NS - 9 * HOUR_NS)
    fleet.snapshot(host, machine((card("0000:07:00.0"),)), SLOT, from_ns=NOON_NS - 3 * HOUR_NS)

    then = tree(connection, Asked(LATER_NS, as_of_ns=NOON_NS - 4 * HOUR_NS), "lab-1")

    assert [str(function.address) for function in then.topology.functions][1] == "0000:01:00.0"
    assert [str(function.address) for function in tree(connection, now, "lab-1").topology.functions][
        1
    ] == "0000:07:00.0"


def test_states_are_the_latest_of_each_function_by_then(fleet: Fleet, connection: Connection, now: Asked) -> None:
    host = fleet.host("lab-1")
    fleet.snapshot(host, machine(), SLOT)
    early = FunctionState(CARD, NOON_NS - 3 * HOUR_NS, power_state="D3hot", link_width=16)
    late = FunctionState(CARD, NOON_NS - HOUR_NS, power_state="D0", link_width=4)
    fleet.state(host, early)
    fleet.state(host, late)

    assert tree(connection, now, "lab-1").states == (late,)
    assert tree(connection, Asked(LATER_NS, as_of_ns=NOON_NS - 2 * HOUR_NS), "lab-1").states == (early,)


def test_a_time_before_the_first_snapshot_has_no_tree(fleet: Fleet, connection: Connection) -> None:
    example(fleet)

    with pytest.raises(NoSnapshot, match="had not sent its topology"):
        tree(connection, Asked(LATER_NS, as_of_ns=NOON_NS - 30 * HOUR_NS), "lap-1")


def test_a_snapshot_that_cannot_be_decoded_says_which_and_why(fleet: Fleet, connection: Connection, now: Asked) -> None:
    example(fleet)
    with fleet.engine.begin() as writing:
        writing.execute(update(schema.snapshot).values(document=b"\xff\xff"))

    with pytest.raises(NoSnapshot, match=r"snapshot [0-9a-f]{32} cannot be decoded"):
        tree(connection, now, "lap-1")
