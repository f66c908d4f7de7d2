"""Where the registers of a plan are on the functions of a host."""

import errno
import struct
from collections.abc import Callable
from dataclasses import replace

import pytest

from barwatch_agent.plan import Plan, targets
from barwatch_agent.reads import Match, Register, Target
from barwatch_proto.pci import Address, BarKind
from barwatch_proto.topology import Bar, Function, Topology
from barwatch_proto.words import Access

MEMORY = Bar(0, BarKind.MEMORY_64, is_prefetchable=False, length_bytes=0x1000, start=0x4000000000)
CONFIG_IDS = Register(
    name="config.ids",
    summary="ids",
    source="test",
    match=Match(),
    bar=None,
    offset=0,
    width=4,
    accesses=(Access.CONFIG,),
    expects_ids=True,
)


def function(at: str = "0000:00:02.0", *bars: Bar) -> Function:
    return Function(
        address=Address.parse(at),
        parent=None,
        key=f"key of {at}",
        vendor=0x1AF4,
        device=0x1042,
        class_code=0x018000,
        bars=bars or (MEMORY,),
    )


def register(offset: int = 0x1000 - 4, bar: int | None = 0, relative_to: str | None = None) -> Register:
    return Register(
        name="test.register",
        summary="test",
        source="test",
        match=Match(vendor=0x1AF4),
        bar=bar,
        offset=offset,
        width=4,
        accesses=(Access.KERNEL, Access.USER),
        relative_to=relative_to,
    )


def in_structure(offset: int, name: str = "virtio_common") -> Register:
    return register(offset, None, name)


def target(of: Register, on: Function, config: bytes = b"") -> Target:
    (found,) = targets(Plan((of,)), Topology((on,)), lambda _: config)
    return found


def config_space(slot: int = 0, bar: int = 4) -> bytes:
    """Configuration space with a Virtio common capability at 0x40: 0x38 bytes at 0x2000 of a BAR."""
    config = bytearray(256)
    struct.pack_into("<HHHH", config, 0, 0x1AF4, 0x1042, 6, 0x10)
    config[0x0E] = 0
    config[0x34] = 0x50
    config[0x40] = slot
    struct.pack_into("<BBBBB3xII", config, 0x50, 0x09, 0, 16, 1, bar, 0x2000, 0x38)
    return bytes(config)


def failing(number: int) -> Callable[[Function], bytes]:
    def config_of(_: Function) -> bytes:
        raise OSError(number, "gone")

    return config_of


def test_targets_come_in_the_order_of_addresses_and_then_of_the_plan() -> None:
    plan = Plan((CONFIG_IDS, register(0)))
    topology = Topology((function("0000:02:00.0"), function("0000:00:1f.0")))

    found = targets(plan, topology, lambda _: config_space())

    assert [(str(each.function.address), each.register.name) for each in found] == [
        ("0000:00:1f.0", "config.ids"),
        ("0000:00:1f.0", "test.register"),
        ("0000:02:00.0", "config.ids"),
        ("0000:02:00.0", "test.register"),
    ]


def test_a_function_that_does_not_match_has_no_target() -> None:
    other = register()
    plan = Plan((Register(**{**_fields(other), "match": Match(vendor=0x10DE)}),))

    assert targets(plan, Topology((function(),)), lambda _: b"") == ()


def _fields(of: Register) -> dict[str, object]:
    return {name: getattr(of, name) for name in Register.__dataclass_fields__}


def test_the_last_register_of_a_bar_is_located() -> None:
    found = target(register(0xFFC), function())

    assert (found.bar, found.offset, found.problem) == (0, 0xFFC, None)


def test_a_register_beyond_the_end_of_its_bar_is_not() -> None:
    assert target(register(0x1000), function()).problem == "BAR 0 is 0x1000 bytes long, the register ends at 0x1004"


def test_a_bar_that_the_function_does_not_have_is_a_problem() -> None:
    assert target(register(0, bar=2), function()).problem == "this function has no BAR 2"


@pytest.mark.parametrize(
    ("index", "registers", "problem"),
    [
        (2, {2: 0x0000000C}, "BAR 2 has no address: the operating system assigned none"),
        (2, {}, "this function has no BAR 2"),
        (3, {2: 0xE000000C, 3: 0x00000040}, "this function has no BAR 3"),  # the upper half of BAR 2
    ],
)
def test_a_bar_that_linux_forgot_since_it_found_no_address_is_told_from_none(
    index: int, registers: dict[int, int], problem: str
) -> None:
    config = bytearray(config_space())
    for number, held in registers.items():
        struct.pack_into("<I", config, 0x10 + 4 * number, held)
    wide = Bar(2, BarKind.MEMORY_64, is_prefetchable=True, length_bytes=0x1000, start=0x40_E000_0000)
    bars = (wide,) if index == 3 else (MEMORY,)
    found = target(register(0, bar=index), function("0000:00:02.0", *bars), bytes(config))

    assert found.problem == problem


def test_a_function_that_is_being_removed_is_gone_and_not_without_a_bar() -> None:
    leaving = replace(function(), bars=())
    gone = "the function is gone: it does not answer, and the operating system took its BARs back"

    assert target(register(0), leaving, b"\xff" * 256).problem == gone
    assert targets(Plan((register(0),)), Topology((leaving,)), failing(errno.ENODEV))[0].problem == gone
    assert target(register(0, bar=2), function(), b"\xff" * 256).problem == "this function has no BAR 2"


def test_a_bar_of_io_ports_is_a_problem() -> None:
    ports = Bar(0, BarKind.IO, is_prefetchable=False, length_bytes=0x100, start=0xE000)

    assert target(register(0), function("0000:00:02.0", ports)).problem == "BAR 0 decodes I/O ports, not memory"


def test_a_bar_without_an_address_is_a_problem() -> None:
    homeless = Bar(0, BarKind.MEMORY_32, is_prefetchable=False, length_bytes=0x1000, start=None)

    assert target(register(0), function("0000:00:02.0", homeless)).problem == (
        "BAR 0 has no address: the operating system assigned none"
    )


def test_the_expected_ids_are_those_of_the_function() -> None:
    found = target(CONFIG_IDS, function(), config_space())

    assert (found.bar, found.expect, found.problem) == (None, 0x10421AF4, None)


def test_a_register_of_the_virtio_common_structure_is_where_the_capability_says() -> None:
    common = Bar(4, BarKind.MEMORY_64, is_prefetchable=False, length_bytes=0x4000, start=0x4000000000)

    found = target(in_structure(0x10), function("0000:00:02.0", common), config_space())

    assert (found.bar, found.offset, found.problem) == (4, 0x2010, None)


def test_a_structure_in_a_bar_that_is_not_there_is_a_problem() -> None:
    assert target(in_structure(0x10), function(), config_space()).problem == "this function has no BAR 4"


def test_a_register_beyond_the_end_of_its_structure_is_a_problem() -> None:
    assert target(in_structure(0x38), function(), config_space()).problem == (
        "virtio_common is 0x38 bytes long, the register ends at 0x3c"
    )


def test_an_ordinary_user_does_not_see_the_capability() -> None:
    assert target(in_structure(0), function(), config_space()[:64]).problem == (
        "virtio_common: the capability lies beyond the 64 bytes of configuration space that an ordinary user sees"
    )


def test_a_function_without_the_capability_is_a_problem() -> None:
    config = bytearray(config_space())
    config[0x34] = 0

    assert target(in_structure(0), function(), bytes(config)).problem == (
        "virtio_common: this function does not have the capability"
    )


def test_nothing_is_decoded_from_a_configuration_space_of_all_ones() -> None:
    assert target(in_structure(0), function(), b"\xff" * 256).problem == (
        "virtio_common: configuration space reads all ones"
    )


def test_a_function_that_vanished_is_a_problem_and_the_others_go_on() -> None:
    plan = Plan((in_structure(0), register(0)))

    first, second = targets(plan, Topology((function(),)), failing(errno.ENODEV))

    assert first.problem == "virtio_common: configuration space cannot be read: gone (ENODEV)"
    assert second.problem is None


def test_the_first_sd_slot_is_in_the_bar_that_the_slot_information_register_names() -> None:
    found = target(in_structure(0xF8, "sdhci_slot_0"), function(), config_space(slot=0x10))

    assert (found.bar, found.offset, found.problem) == (0, 0xF8, None)


def test_a_reserved_bar_of_an_sd_slot_is_a_problem() -> None:
    assert target(in_structure(0, "sdhci_slot_0"), function(), config_space(slot=0x07)).problem == (
        "sdhci_slot_0: this function does not have the slot information register"
    )


def test_a_virtual_function_is_not_expected_to_answer_ids() -> None:
    config = b"\xff\xff\xff\xff" + config_space()[4:]

    problem = target(CONFIG_IDS, function(), config).problem

    assert problem is not None
    assert problem.startswith("a virtual function answers FFFFh")


def test_a_function_that_answers_all_ones_everywhere_is_read_and_not_taken_for_a_virtual_one() -> None:
    assert target(CONFIG_IDS, function(), b"\xff" * 64).problem is None


def test_ids_are_read_of_a_function_whose_configuration_space_could_not_be_looked_at() -> None:
    (found,) = targets(Plan((CONFIG_IDS,)), Topology((function(),)), failing(errno.EACCES))

    assert found.problem is None
