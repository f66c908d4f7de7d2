"""Python's judgement of rules and accesses against the driver's checker, compiled for user space."""

import struct

import msgspec
from hypothesis import example, given
from hypothesis import strategies as st

from barwatch_agent.driver.abi import Right
from barwatch_agent.policy.conditions import first_fault
from barwatch_agent.policy.coverage import coverage
from barwatch_agent.policy.entry import Entry
from barwatch_agent.policy.rule import Policy, Rule
from barwatch_agent.policy.schema import parse
from barwatch_agent.reads import Match, Register, Target
from barwatch_proto.pci import Address, BarKind
from barwatch_proto.topology import Bar, Function
from barwatch_proto.words import Access

WORDS = {"read": 1, "map": 2, "config": 4, "shared": 8}
# What each of the driver's reasons is called here: enum bw_status, without rights and masks of writing.
KEYS = {0x403: {"bar"}, 0x404: {"widths"}, 0x406: {"offset", "length"}, 0x407: {"vendor", "device"}, 0x408: {"rights"}}
BOUNDARIES = (0, 1, 4, 4095, 4096, 8192, 1 << 43, 2**63, 2**64 - 8192, 2**64 - 4097, 2**64 - 4096, 2**64 - 1)
numbers = st.sampled_from(BOUNDARIES) | st.integers(0, 2**64 - 1) | st.integers(0, 4).map(lambda page: page * 4096)
ids = st.integers(0, 0xFFFF)
tables = st.fixed_dictionaries(
    {"summary": st.just("x"), "rights": st.lists(st.sampled_from(sorted(WORDS)), unique=True)},
    optional={
        "vendor": ids,
        "device": ids,
        "subsystem": st.tuples(ids, ids).map(lambda both: f"{both[0]:04x}:{both[1]:04X}"),
        "class": st.lists(st.integers(0, 255), min_size=1, max_size=3).map(
            lambda parts: ":".join(f"{p:02x}" for p in parts)
        ),
    },
)
ranges = st.none() | st.fixed_dictionaries(
    {
        "bar": st.integers(0, 7),
        "offset": numbers,
        "length": numbers,
        "widths": st.lists(st.sampled_from((1, 2, 4, 8, 16, 32)), unique=True),
    }
)


def packed(table: dict[str, object]) -> bytes:
    """A ``struct bw_rule`` by its header, field by field, as a program that checks nothing would fill it."""
    compared = ("vendor" in table) | ("device" in table) << 1 | ("subsystem" in table) << 2 | ("class" in table) << 3
    vendor, device = (int(part, 16) for part in table.get("subsystem", "0:0").split(":"))
    parts = table.get("class", "").split(":") if "class" in table else []
    code = int("".join(parts).ljust(6, "0"), 16)
    mask = 0xFFFFFF & ~(0xFFFFFF >> 8 * len(parts))
    rights = sum(WORDS[word] for word in table["rights"])
    head = (compared, table.get("vendor", 0), table.get("device", 0), vendor, device, code, mask, rights)
    place = (table.get("offset", 0), table.get("length", 0), 0, table.get("bar", 0), sum(table.get("widths", ())))
    return struct.pack("=IHHHHIIIQQQBB6x", *head, *place)


@given(table=tables, place=ranges)
@example(
    table={"summary": "x", "rights": ["read"], "vendor": 1},
    place={"bar": 5, "offset": 0, "length": 2**64 - 1, "widths": [8]},
)
@example(
    table={"summary": "x", "rights": ["map"], "vendor": 1},
    place={"bar": 5, "offset": 2**64 - 4096, "length": 4096, "widths": [8]},
)
@example(table={"summary": "x", "rights": ["config", "shared"], "vendor": 1}, place=None)
@example(table={"summary": "x", "rights": ["config"], "class": "00"}, place=None)
def test_python_refuses_a_rule_exactly_when_the_driver_does(checker, table, place) -> None:
    """Of rules that have all of bar, offset, length and widths, or none: what a file leaves out is refused sooner."""
    is_whole = place is not None or not {"read", "map"} & set(table["rights"])
    table = table | (place or {})
    _, [status] = checker.digest_and_statuses([packed(table)])
    fault = first_fault(msgspec.convert(table, Entry))

    assert (fault is None) == (status == 0 and not _says_nothing(table)), (fault, hex(status))
    if fault is not None and is_whole and status:
        assert fault[0] in KEYS[status]


def _says_nothing(table: dict[str, object]) -> bool:
    """Keys that the driver cannot see: a range of zeros for configuration space alone."""
    return "bar" in table and not {"read", "map"} & set(table["rights"])


@given(tables=st.lists(st.builds(lambda table, place: table | (place or {}), tables, ranges), min_size=1, max_size=8))
def test_python_packs_and_names_a_policy_as_the_driver_does(checker, tables) -> None:
    right = [table for table in tables if first_fault(msgspec.convert(table, Entry)) is None]
    policy = parse(_toml(right), "p.toml")

    assert policy.packed() == [packed(table) for table in right]
    assert not right or policy.digest == checker.digest_and_statuses(policy.packed())[0]


def _toml(tables: list[dict[str, object]]) -> str:
    lines = [f"{key} = {value!r}" for table in tables for key, value in (("[[rule]]", None), *table.items())]
    return "\n".join("[[rule]]" if line.startswith("[[") else line for line in lines) or "rule = []"


few = st.integers(1, 2)
matches = st.builds(
    Match,
    vendor=st.none() | few,
    devices=st.just(()),
    subsystem=st.none() | st.tuples(few, few),
    class_code=st.sampled_from((0x010000, 0x020000)),
    class_mask=st.just(0xFF0000),
) | st.builds(Match, vendor=few, devices=st.lists(few, min_size=1, max_size=2, unique=True).map(tuple))
reading = st.builds(
    Rule,
    st.just("x"),
    matches,
    st.sampled_from((Right.READ, Right.READ | Right.SHARED)),
    st.integers(0, 1),
    st.integers(0, 16),
    st.integers(1, 16),
    st.lists(st.sampled_from((1, 2, 4, 8)), min_size=1, unique=True).map(tuple),
)
mapping = st.builds(
    Rule,
    st.just("x"),
    matches,
    st.sampled_from((Right.MAP, Right.MAP | Right.SHARED)),
    st.integers(0, 1),
    st.sampled_from((0, 4096)),
    st.sampled_from((4096, 8192)),
    st.just((4,)),
)


@given(
    rules=st.lists(reading | mapping, max_size=4),
    ids=st.tuples(few, few, few, few, st.sampled_from((0x010802, 0x020000))),
    place=st.tuples(st.integers(0, 1), st.integers(0, 5) | st.just(1024), st.sampled_from((1, 2, 4, 8))),
    owner=st.sampled_from((None, "nvme")),
)
def test_python_foretells_what_the_driver_grants(checker, rules, ids, place, owner) -> None:
    vendor, device, subsystem_vendor, subsystem_device, class_code = ids
    bar, index, width = place
    offset = index * width
    bars = tuple(Bar(each, BarKind.MEMORY_64, is_prefetchable=False, length_bytes=0x4000, start=0) for each in (0, 1))
    function = Function(
        Address(0, 1, 0, 0),
        None,
        "f",
        vendor,
        device,
        class_code,
        None,
        subsystem_vendor,
        subsystem_device,
        bars=bars,
        driver=owner,
    )
    register = Register("r", "", "", Match(), bar, offset, width, (Access.KERNEL, Access.USER))
    policy = Policy(tuple(rules))
    told = coverage(policy, [Target(register, function, bar, offset, None)])
    asked = ((1, bar, offset, width), (2, bar, offset & ~4095, 4096))
    statuses = [checker.access(policy.packed(), ids, access, is_owned=owner is not None) for access in asked]

    assert [each.access for each in told] == [Access.KERNEL, Access.USER]
    assert [each.reason is None for each in told] == [status == 0 for status in statuses]
    assert [f"{owner} is bound" in str(each.reason) for each in told] == [status == 0x102 for status in statuses]
