"""Ranges that Windows assigned, and the BARs and windows that they are."""

import struct

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.agent.windows.told_by_windows import memory, ports

from barwatch_agent.topology.windows_bars import bars, windows
from barwatch_agent.windows.facts import Resource
from barwatch_agent.windows.resources import range_of
from barwatch_proto.pci import BarKind, WindowKind
from barwatch_proto.topology import Bar, Window

MIB, GIB = 1 << 20, 1 << 30
GPU = [
    memory(0xF6000000, 16 * MIB),
    memory(0xC0000000, 256 * MIB, 0x84),
    memory(0xD0000000, 32 * MIB, 0x84),
    ports(0xE000, 128),
]
GPU_BARS = (
    Bar(0, BarKind.MEMORY_32, False, 16 * MIB, 0xF6000000),  # noqa: FBT003 in the order of the fields
    Bar(1, BarKind.MEMORY_64, True, 256 * MIB, 0xC0000000),  # noqa: FBT003
    Bar(3, BarKind.MEMORY_64, True, 32 * MIB, 0xD0000000),  # noqa: FBT003
    Bar(5, BarKind.IO, False, 128, 0xE000),  # noqa: FBT003
)


def ranges(resources):
    return [range_of(each) for each in resources]


def test_registers_say_which_bar_is_which():
    registers = (0xF6000000, 0xC000000C, 0, 0xD000000C, 0, 0xE001)

    assert bars(ranges(GPU), registers, None) == GPU_BARS


def test_without_registers_the_order_and_the_counts_of_kinds_do():
    assert bars(ranges(GPU), (), 2 << 24 | 1 << 8 | 1) == GPU_BARS


def test_a_bar_above_4_gib_has_64_bits_whatever_is_counted():
    (found,) = bars(ranges([memory(0x6000000000, 16 * GIB)]), (), None)

    assert (found.kind, found.length_bytes) == (BarKind.MEMORY_64, 16 * GIB)


def test_a_bar_that_moved_is_where_windows_assigned_it():
    registers = (0x90000000, 0xC000000C, 0, 0xD000000C, 0, 0xE001)

    assert bars(ranges(GPU), registers, None) == GPU_BARS


VGA = [memory(0xA0000, 128 << 10, 0), ports(0x3B0, 12, 0), ports(0x3C0, 32, 0)]


@pytest.mark.parametrize("flags", [(0x80, 0x100), (0, 0)])
def test_legacy_ranges_of_the_boot_display_are_no_bars(flags):
    """An integrated one: two BARs of 64 bits and one of ports, so that a sixth would fit."""
    of_memory, of_ports = flags
    own = [memory(0x6000000000, 16 * MIB, of_memory), memory(0x4000000000, 256 * MIB, 4 | of_memory)]
    own += [ports(0x3000, 64, of_ports)]

    assert bars(ranges([*own, *VGA]), (), 1 << 24 | 1 << 8 | 1) == bars(ranges(own), (), 1 << 24 | 1 << 8 | 1)
    assert len(bars(ranges([*own, *VGA]), (), None)) == 3


def test_a_64_bit_bar_that_is_not_prefetchable_is_known_by_its_register():
    (found,) = bars(ranges([memory(0xF7000000, 16 * 1024)]), (0xF7000004, 0, 0, 0, 0, 0), None)

    assert found == Bar(0, BarKind.MEMORY_64, False, 16 * 1024, 0xF7000000)  # noqa: FBT003


def test_what_a_bridge_passes_on_is_no_bar():
    found = ranges(
        [memory(0xD0000000, 64 * MIB, 0x40), memory(0x6000000000, 32 * GIB, 0x44), ports(0xE000, 4096, 0x80)]
    )

    assert bars(found, (), None) == ()
    assert windows(found) == (
        Window(WindowKind.MEMORY, 0xD0000000, 0xD3FFFFFF),
        Window(WindowKind.PREFETCHABLE, 0x6000000000, 0x67FFFFFFFF, is_64bit=True),
        Window(WindowKind.IO, 0xE000, 0xEFFF),
    )


def test_an_interrupt_is_no_range():
    assert range_of(Resource(4, bytes(20))) is None


@pytest.mark.parametrize(
    ("resource", "message"),
    [
        (Resource(1, bytes(31)), "descriptor of kind 1 has 31 bytes, expected 32"),
        (Resource(2, bytes(27)), "descriptor of kind 2 has 27 bytes, expected 28"),
        (Resource(7, struct.pack("<IIQQII", 0, 1, 2, 1, 0, 0)), "0x2 to 0x1 is no range"),
        (Resource(7, struct.pack("<IIQQII", 0, 1, 0, (1 << 64) - 1, 0, 0)), "is no range"),
    ],
)
def test_a_descriptor_that_cannot_be_is_an_error(resource, message):
    with pytest.raises(ValueError, match=message):
        range_of(resource)


@given(st.lists(st.builds(memory, st.integers(1, 1 << 40), st.integers(1, 1 << 36), st.integers(0, 255))), st.data())
def test_whatever_registers_say_a_bar_has_its_number_once(found, data):
    registers = data.draw(st.lists(st.one_of(st.none(), st.integers(0, (1 << 32) - 1)), max_size=6))
    made = bars(ranges(found), registers, data.draw(st.integers(0, (1 << 32) - 1)))

    assert len({bar.index for bar in made}) == len(made)
    assert all(0 <= bar.index < 6 for bar in made)
