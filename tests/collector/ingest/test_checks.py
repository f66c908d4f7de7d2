"""What may not be stored is refused with the place and the reason."""

from dataclasses import replace

import pytest
from sqlalchemy import String

from barwatch_collector import checks
from barwatch_collector.checks import batch_objection, hello_objection
from barwatch_collector.store import schema
from barwatch_proto.pci import Address
from barwatch_proto.snapshot import HostFacts, Setting, Snapshot
from barwatch_proto.telemetry import Batch, CounterRun, Counts, Episode, Gap, RawBlock, Series
from barwatch_proto.topology import Function, FunctionState, Topology
from barwatch_proto.words import Access, Outcome, State

T0 = 1_800_000_000_000_000_000
SERIES = Series(1, "s" * 32, "f" * 16, Address(0, 1, 0, 0), "t" * 16, "status", Access.USER, 0, 0x1F380, 4)
EPISODE = Episode(1, 1, T0, Outcome.ALL_ONES, 1, T0)
FUNCTION = Function(Address(0, 1, 0, 0), None, "f" * 16, 0x10DE, 0x1B80, 0x030000)


def snapshot(**changes: object) -> Snapshot:
    return replace(Snapshot(T0, HostFacts("lab-7", "linux"), Topology((FUNCTION,)), ()), **changes)


GOOD = Batch(
    1,
    T0,
    (snapshot(),),
    (SERIES,),
    (CounterRun(1, checks.MAX_SERIES, Counts(ok=2**63 - 1)),),
    (EPISODE,),
    (Gap(1, "asleep", T0, T0),),
    (RawBlock(1, T0, (0,), (Outcome.OK,), (2**64 - 1,)),),
    (FunctionState("f" * 16, T0, "D0"),),
)


def test_a_batch_with_everything_in_it_is_taken() -> None:
    assert batch_objection(GOOD) is None


@pytest.mark.parametrize(
    ("changes", "reason"),
    [
        ({"sequence": 0}, "sequence is 0; it counts from 1"),
        ({"sequence": 2**63}, "it counts from 1"),
        ({"counted_until_ns": None}, "counters without counted_until_ns"),
        ({"counted_until_ns": 0}, "batch: counted_until_ns is 0, which is not a time between 1970 and 2200"),
        ({"counters": (CounterRun(0, 1, Counts()),)}, "counters: 1 series from number 0; numbers go from 1 to 1000000"),
        ({"counters": (CounterRun(1, 0, Counts()),)}, "counters: 0 series from number 1"),
        ({"counters": (CounterRun(2, checks.MAX_SERIES, Counts()),)}, "counters: 1000000 series from number 2"),
        ({"counters": (CounterRun(7, 1, Counts(fault=2**63)),)}, "counters: a count of series 7 is larger than"),
        ({"series": (SERIES, replace(SERIES, id=0))}, r"series\[1\]: number 0; series are numbered from 1"),
        ({"series": (replace(SERIES, width=3),)}, r"series\[0\]: 3 bytes at offset 0x1f380 of BAR 0 cannot be read"),
        ({"series": (replace(SERIES, offset=2**63),)}, r"series\[0\]: 4 bytes at offset"),
        ({"series": (replace(SERIES, register="r" * 65),)}, r"series\[0\]: register is 65 characters long, at most 64"),
        ({"series": (replace(SERIES, register="a\x00"),)}, r"series\[0\]: register holds a NUL character"),
        ({"episodes": (replace(EPISODE, id=0),)}, r"episodes\[0\]: number 0"),
        ({"episodes": (replace(EPISODE, reads=2**63),)}, r"episodes\[0\]: a count is larger"),
        (
            {"episodes": (replace(EPISODE, closed_at_ns=2**63 - 1),)},
            r"episodes\[0\]: closed_at_ns is 9223372036854775807",
        ),
        ({"gaps": (Gap(1, "bored", T0, T0),)}, r"gaps\[0\]: cause 'bored' is none of stopped, killed"),
        ({"gaps": (Gap(1, "asleep", T0, T0, 2**63),)}, r"gaps\[0\]: a count is larger"),
        ({"blocks": (RawBlock(1, T0, (0, 1), (Outcome.OK,), (1,)),)}, r"blocks\[0\]: .* \[1, 2\] long"),
        ({"blocks": (RawBlock(1, T0, (2**63,), (Outcome.OK,), (1,)),)}, r"blocks\[0\]: an offset leads beyond 2200"),
        ({"states": (FunctionState("k" * 17, T0),)}, r"states\[0\]: key is 17 characters long"),
        ({"states": (FunctionState("k", T0, aer_fatal=2**63),)}, r"states\[0\]: a count is larger"),
        ({"snapshots": (snapshot(id="a" * 33),)}, r"snapshots\[0\]: id 'a+' is not 32 hexadecimal digits"),
        ({"snapshots": (snapshot(taken_at_ns=-1),)}, r"snapshots\[0\]: taken_at_ns is -1"),
        ({"snapshots": (snapshot(host=HostFacts("h" * 256, "linux")),)}, r"snapshots\[0\].host: hostname is 256"),
        (
            {"snapshots": (snapshot(settings=(Setting("n" * 65, State.ON, "here"),)),)},
            r"snapshots\[0\].settings\[0\]: name is 65",
        ),
        (
            {"snapshots": (snapshot(topology=Topology((replace(FUNCTION, vendor=0x10000),))),)},
            r"snapshots\[0\].functions\[0\]: 10000:1b80 of class 030000 is no PCI function",
        ),
    ],
)
def test_a_batch_is_refused_for(changes: dict[str, object], reason: str) -> None:
    with pytest.raises(AssertionError, match=reason):
        assert batch_objection(replace(GOOD, **changes)) is None, batch_objection(replace(GOOD, **changes))


def test_a_hello_without_a_time_is_refused(mini_agent) -> None:
    hello = mini_agent().hello

    assert hello_objection(hello) is None
    assert "set the agent's clock" in str(hello_objection(replace(hello, sent_at_ns=0)))
    assert hello_objection(replace(hello, hostname="h" * 256)) == (
        "hello: hostname is 256 characters long, at most 255 are taken"
    )


@pytest.mark.parametrize(
    ("table", "texts", "renamed"),
    [
        (schema.host, checks.HELLO_TEXTS, {}),
        (schema.snapshot, checks.HOST_TEXTS, {}),
        (schema.function, checks.FUNCTION_TEXTS, {"key": "function_key"}),
        (schema.setting, checks.SETTING_TEXTS, {}),
        (schema.function_state, checks.STATE_TEXTS, {"key": "function_key"}),
        (schema.series, checks.SERIES_TEXTS, {}),
    ],
)
def test_no_text_that_is_taken_is_longer_than_its_column(table, texts, renamed) -> None:
    """PostgreSQL refuses what is too long for a column; the codec alone lets 4096 characters through."""
    ours = {"agent_id", "uuid", "address", "access", "state", "expect", "mask"}  # we made them, or checked as UUIDs
    longest = {renamed.get(name, name): most for name, most in texts.items()}
    columns = {column.name: column.type.length for column in table.c if type(column.type) is String}
    limited = {name: length for name, length in columns.items() if length and length < 4096 and name not in ours}

    for name in limited.keys() - ({"snapshot_id", "topology"} if table is not schema.series else set()):
        assert longest[name] <= limited[name]
