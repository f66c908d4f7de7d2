"""Policies made from the plan: what is granted is what the plan reads, and nothing else."""

import struct
from collections.abc import Iterator
from functools import partial

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barwatch_agent.driver.abi import Right
from barwatch_agent.plan import Plan, load_plan, targets
from barwatch_agent.policy.coverage import coverage, matching
from barwatch_agent.policy.making import Made, Wanted, make_policy
from barwatch_agent.policy.rule import Policy
from barwatch_agent.policy.schema import parse
from barwatch_agent.policy.text import as_text, origin
from barwatch_agent.reads import Match, Register
from barwatch_agent.topology.linux import LinuxScanner, read_config
from barwatch_proto.pci import Address, BarKind
from barwatch_proto.topology import Bar, Function, Topology
from barwatch_proto.words import Access

HOSTS = ("desktop-gpu-slot", "laptop-thunderbolt-box", "ordinary-user", "server-switches", "this-vm")
BOTH = (Access.KERNEL, Access.USER)
JUST_READING = Wanted()
EVERYTHING = Wanted(is_mapped=True, is_shared=True)
NVIDIA = Match(vendor=0x10DE, class_code=0x030000, class_mask=0xFF0000)
VIRTIO = Match(vendor=0x1AF4)


def register(offset: int, width: int = 4, name: str = "r", **changes: object) -> Register:
    fields: dict[str, object] = {"match": NVIDIA, "bar": 0, "accesses": BOTH} | changes
    return Register(name=name, summary=f"What {name} says", source="test", offset=offset, width=width, **fields)


def made_of(*registers: Register, wanted: Wanted = JUST_READING, on: tuple[Function, ...] = (), configs=None) -> Made:
    return make_policy(Plan(registers), Topology(on), lambda each: (configs or {})[each.address], wanted)


def ranges(policy: Policy, right: Right = Right.READ) -> list[tuple[int, int, tuple[int, ...]]]:
    return [(rule.offset, rule.length, rule.widths) for rule in policy.rules if right in rule.rights]


def virtio(at: str, subsystem: int | None = 2, bar_bytes: int = 0x4000) -> Function:
    bars = (Bar(4, BarKind.MEMORY_64, is_prefetchable=True, length_bytes=bar_bytes, start=0x4000000000),)
    vendor = None if subsystem is None else 0x1AF4
    return Function(Address.parse(at), None, at, 0x1AF4, 0x1042, 0x018000, 0, vendor, subsystem, bars=bars)


def virtio_config(offset: int) -> bytes:
    """With a Virtio common configuration of 0x38 bytes at ``offset`` of BAR 4: Virtio 1.2, 4.1.4."""
    config = bytearray(256)
    struct.pack_into("<HHHH", config, 0, 0x1AF4, 0x1042, 6, 0x10)
    config[0x34] = 0x50
    struct.pack_into("<BBBBB3xII", config, 0x50, 0x09, 0, 16, 1, 4, offset, 0x38)
    return bytes(config)


def in_common(offset: int = 0x12, width: int = 2) -> Register:
    return register(offset, width, "virtio.r", match=VIRTIO, bar=None, relative_to="virtio_common")


def test_a_register_is_granted_to_be_read_by_its_width_alone() -> None:
    [rule] = made_of(register(0x1F380)).policy.rules

    assert (rule.match, rule.bar, rule.offset, rule.length, rule.widths) == (NVIDIA, 0, 0x1F380, 4, (4,))
    assert rule.rights == Right.READ | Right.CONFIG


def test_mapping_and_sharing_are_granted_only_when_asked_for() -> None:
    made = made_of(register(0x1F380), wanted=EVERYTHING)

    assert [rule.rights for rule in made.policy.rules] == [
        Right.READ | Right.CONFIG | Right.SHARED,
        Right.MAP | Right.CONFIG | Right.SHARED,
    ]
    assert ranges(made.policy, Right.MAP) == [(0x1F000, 0x1000, (4,))]


def test_neighbours_share_a_rule_and_those_with_a_gap_do_not() -> None:
    made = made_of(register(8, name="c"), register(0, name="a"), register(4, name="b"), register(16, name="d"))

    assert ranges(made.policy) == [(0, 12, (4,)), (16, 4, (4,))]
    assert [rule.summary for rule in made.policy.rules] == ["a, b, c", "d"]


def test_registers_of_different_width_matches_or_bars_do_not_share_a_rule() -> None:
    other = Match(vendor=0x10DE)
    made = made_of(register(0), register(4, 2), register(6, 2), register(8, bar=1), register(4, match=other))

    assert ranges(made.policy) == [(0, 4, (4,)), (4, 4, (2,)), (8, 4, (4,)), (4, 4, (4,))]


def test_registers_of_one_page_or_of_neighbouring_pages_are_mapped_by_one_rule() -> None:
    made = made_of(register(0), register(0x10, 2), register(0x1FFC), register(0x3000), wanted=EVERYTHING)

    assert ranges(made.policy, Right.MAP) == [(0, 0x2000, (2, 4)), (0x3000, 0x1000, (4,))]


@given(
    st.lists(
        st.sampled_from((1, 2, 4, 8)).flatmap(
            lambda width: st.tuples(st.integers(0, 24 // width).map(lambda n: n * width), st.just(width))
        ),
        max_size=12,
    ),
    st.integers(0, 3),
)
def test_rules_that_were_merged_grant_what_the_registers_ask_for_and_nothing_else(places, page) -> None:
    """The driver refuses an access that is not aligned before it looks at the rules."""
    places = [(page * 4096 + offset - 16 if page else offset, width) for offset, width in places]
    made = made_of(*(register(offset, width) for offset, width in places), wanted=EVERYTHING)
    pages = {offset // 4096 for offset, _ in places}

    assert {each for each in _aligned(page) if _grants(made.policy, Right.READ, *each)} == set(places)
    assert {n for n in range(6) if _grants(made.policy, Right.MAP, n * 4096, 4096)} == pages


def _aligned(page: int) -> Iterator[tuple[int, int]]:
    start = max(0, page * 4096 - 64)
    return ((at, width) for width in (1, 2, 4, 8) for at in range(start, start + 160, width))


def _grants(policy: Policy, right: Right, offset: int, length: int) -> bool:
    return any(rule.grants(right, 0, offset, length) for rule in policy.rules)


def test_a_register_that_is_only_mapped_needs_the_right_to_map() -> None:
    mapped = register(0, accesses=(Access.USER,))

    assert made_of(mapped).policy.rules == ()
    assert [each.reason for each in made_of(mapped).left_out] == [
        "it is mapped only, and no right to map is given without --map"
    ]
    assert ranges(made_of(mapped, wanted=EVERYTHING).policy, Right.MAP) == [(0, 0x1000, (4,))]
    assert ranges(made_of(mapped, wanted=EVERYTHING).policy) == []


def test_a_register_that_the_driver_alone_reads_is_never_mapped() -> None:
    made = made_of(register(0, accesses=(Access.KERNEL,)), wanted=EVERYTHING)

    assert ranges(made.policy, Right.MAP) == []


def test_configuration_space_needs_no_rule_of_its_own() -> None:
    made = made_of(register(0, bar=None, accesses=(Access.CONFIG,)))

    assert (made.policy.rules, made.left_out) == ((), ())


def test_a_register_in_a_structure_is_granted_where_this_host_has_it() -> None:
    function = virtio("0000:00:02.0")
    [rule] = made_of(in_common(), on=(function,), configs={function.address: virtio_config(0x2000)}).policy.rules

    assert rule.match == Match(vendor=0x1AF4, devices=(0x1042,), subsystem=(0x1AF4, 2))
    assert (rule.bar, rule.offset, rule.length) == (4, 0x2012, 2)


def test_functions_with_the_structure_at_the_same_place_share_a_rule() -> None:
    functions = (virtio("0000:00:02.0"), virtio("0000:00:03.0"), virtio("0000:00:04.0", subsystem=None))
    configs = {each.address: virtio_config(0) for each in functions}
    made = made_of(in_common(), on=functions, configs=configs)

    assert [rule.match.subsystem for rule in made.policy.rules] == [(0x1AF4, 2), None]


def test_functions_that_a_rule_cannot_tell_apart_and_that_differ_get_no_rule() -> None:
    """A rule for one would let the other be read where it has something else, which may not be free of side effects."""
    functions = (virtio("0000:00:02.0"), virtio("0000:00:03.0"))
    configs = {functions[0].address: virtio_config(0), functions[1].address: virtio_config(0x1000)}
    made = made_of(in_common(), on=functions, configs=configs)

    assert made.policy.rules == ()
    assert [each.reason for each in made.left_out] == [
        "0000:00:02.0 and 0000:00:03.0 have the same ids and it elsewhere: BAR 4 + 0x12, BAR 4 + 0x1012"
    ]


@pytest.mark.parametrize(
    ("function", "config", "reason"),
    [
        (None, b"", "relative to virtio_common, and no function of this host matches"),
        (virtio("0000:00:02.0"), bytes(256), "0000:00:02.0: virtio_common: this function does not have the capability"),
        (
            virtio("0000:00:02.0"),
            virtio_config(0x4000),
            "0000:00:02.0: BAR 4 is 0x4000 bytes long, the register ends at 0x4014",
        ),
        (virtio("0000:00:02.0"), virtio_config(1), "0000:00:02.0: at 0x13, which is not a multiple of its width, 2"),
    ],
)
def test_a_register_that_cannot_be_located_here_is_left_out_with_the_reason(function, config, reason) -> None:
    functions = () if function is None else (function,)
    made = made_of(in_common(), on=functions, configs={each.address: config for each in functions})

    assert made.policy.rules == ()
    assert [(each.register, each.reason) for each in made.left_out] == [("virtio.r", reason)]


def looked(roots) -> tuple[Topology, partial]:
    return LinuxScanner(roots, lambda: 0).scan().topology, partial(read_config, roots)


@pytest.mark.parametrize("name", HOSTS)
@pytest.mark.parametrize("wanted", [Wanted(), EVERYTHING])
def test_what_the_built_in_plan_reads_on_a_host_is_granted(shared_host, name: str, wanted: Wanted) -> None:
    """Apart from what a driver owns; with everything asked for, all but pages that end beyond their BAR."""
    plan, (topology, config_of) = load_plan(), looked(shared_host(name))
    made = make_policy(plan, topology, config_of, wanted)
    covered = coverage(made.policy, targets(plan, topology, config_of))
    refused = {each.reason for each in covered if each.reason}

    assert all(rule.rights & Right.CONFIG for rule in made.policy.rules)
    assert {each.target.function.address for each in covered} <= {
        each.address for each in matching(made.policy, topology)
    }
    if wanted is EVERYTHING:
        assert all("ends in the middle of the page" in reason for reason in refused)
    else:
        assert all("is bound, and no rule shares" in reason or "may map" in reason for reason in refused)


@pytest.mark.parametrize("name", HOSTS)
def test_the_text_of_a_policy_is_that_policy(shared_host, name: str) -> None:
    made = make_policy(load_plan(), *looked(shared_host(name)), EVERYTHING)
    text = as_text(made, origin((), EVERYTHING))

    assert parse(text, "made").rules == made.policy.rules
    assert text == as_text(make_policy(load_plan(), *looked(shared_host(name)), EVERYTHING), origin((), EVERYTHING))


def test_the_text_says_which_registers_a_rule_is_for() -> None:
    made = made_of(register(0, name="gpu.boot"), register(4, name="gpu.id", match=NVIDIA))

    assert as_text(made, origin(("gpu.toml",), Wanted(is_shared=True))).splitlines()[1:] == [
        "# Read it, change it, then: barwatch-agent policy check FILE; barwatch-agent policy load FILE",
        "",
        "# gpu.boot: What gpu.boot says",
        "# gpu.id: What gpu.id says",
        "[[rule]]",
        'summary = "gpu.boot, gpu.id"',
        "vendor = 0x10de",
        'class = "03"',
        "bar = 0",
        "offset = 0x0",
        "length = 0x8",
        "widths = [4]",
        'rights = ["read", "config"]',
    ]


def test_no_text_of_a_plan_ends_a_comment() -> None:
    hostile = register(0)
    hostile = Register(
        **{name: getattr(hostile, name) for name in hostile.__slots__} | {"summary": "a\n[[rule]]\x1b\r"}
    )
    text = as_text(made_of(hostile), origin(("a\nb.toml",), Wanted()))

    assert len(parse(text, "made").rules) == 1
    assert "\x1b" not in text


def test_a_rule_for_many_registers_names_some_of_them() -> None:
    made = made_of(*(register(4 * number, name=f"r{number}") for number in range(100)))

    assert [rule.summary for rule in made.policy.rules] == ["r0, r1, r2, r3, r4 and 95 more"]
    assert parse(as_text(made, ""), "made").rules == made.policy.rules


def test_a_plan_without_registers_in_bars_is_a_policy_without_rules() -> None:
    assert parse(as_text(made_of(), origin((), Wanted())), "made").rules == ()
