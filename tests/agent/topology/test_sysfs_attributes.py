"""What the text files of sysfs say, and what they may not say."""

from collections.abc import Callable

import pytest

from barwatch_agent.topology import attributes
from barwatch_proto.pci import BarKind
from barwatch_proto.topology import Bar

Parse = Callable[[str], object]


@pytest.mark.parametrize(
    ("parse", "text", "value"),
    [
        (attributes.hex_number, "0x10de", 0x10DE),
        (attributes.whole_number, "17", 17),
        (attributes.switch, "1", True),
        (attributes.switch, "0", False),
        (attributes.link_speed, "16.0 GT/s PCIe", 16.0),
        (attributes.link_speed, "2.5 GT/s", 2.5),
        (attributes.link_speed, "8 GT/s", 8.0),
        (attributes.link_speed, "Unknown", None),
        (attributes.link_speed, "Unknown speed", None),
        (attributes.link_width, "16", 16),
        (attributes.link_width, "0", None),
        (attributes.link_width, "255", None),
        (attributes.error_total, "RxErr 1\nBadTLP 2\nTOTAL_ERR_COR 5", 5),
        (attributes.removable, "removable", True),
        (attributes.removable, "fixed", False),
        (attributes.removable, "unknown", None),
        (attributes.power_state, "D3hot", "D3hot"),
        (attributes.power_state, "unknown", None),
        (attributes.runtime_status, "suspended", "suspended"),
    ],
)
def test_what_linux_writes_is_understood(parse: Parse, text: str, value: object) -> None:
    assert parse(text) == value


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        (attributes.hex_number, "10de"),
        (attributes.hex_number, "0x"),
        (attributes.hex_number, "0x1_0"),
        (attributes.hex_number, "-0x1"),
        (attributes.whole_number, "-1"),
        (attributes.whole_number, "1e3"),
        (attributes.switch, "2"),
        (attributes.link_speed, "fast"),
        (attributes.link_speed, "-1 GT/s"),
        (attributes.link_width, "63"),
        (attributes.error_total, "RxErr 1"),
        (attributes.error_total, "TOTAL_ERR_COR many"),
        (attributes.removable, "perhaps"),
        (attributes.power_state, "D4"),
        (attributes.runtime_status, "dreaming"),
        (attributes.assigned_bars, "0x1 0x2"),
        (attributes.assigned_bars, "0x1 0x2 rubbish"),
        (attributes.assigned_bars, "0x2000 0x1000 0x200"),
    ],
)
def test_rubbish_is_an_error_that_shows_the_rubbish(parse: Parse, text: str) -> None:
    with pytest.raises(ValueError, match=r"is not"):
        parse(text)


@pytest.mark.parametrize("parse", [attributes.hex_number, attributes.link_speed, attributes.error_total])
def test_an_empty_file_is_called_empty(parse: Parse) -> None:
    with pytest.raises(ValueError, match=r"^empty, expected"):
        parse("")


def test_a_flood_of_rubbish_is_shown_in_part() -> None:
    with pytest.raises(ValueError, match=r"^'x{40}\.\.\.' is not"):
        attributes.whole_number("x" * 4096)


def test_the_bars_of_a_graphics_card() -> None:
    """Three BARs of 64 bits, of 32 bits and of I/O ports, and a ROM that is none."""
    text = (
        "0x0000006000000000 0x000000600fffffff 0x000000000014220c\n"
        "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
        "0x00000000fe800000 0x00000000fe83ffff 0x0000000000040200\n"
        "0x000000000000e000 0x000000000000e0ff 0x0000000000040101\n"
        "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
        "0x0000000000000000 0x0000000000000000 0x0000000000000000\n"
        "0x00000000fe840000 0x00000000fe85ffff 0x0000000000046200\n"
    )

    assert attributes.assigned_bars(text) == (
        Bar(0, BarKind.MEMORY_64, is_prefetchable=True, length_bytes=256 << 20, start=0x6000000000),
        Bar(2, BarKind.MEMORY_32, is_prefetchable=False, length_bytes=256 << 10, start=0xFE800000),
        Bar(3, BarKind.IO, is_prefetchable=False, length_bytes=256, start=0xE000),
    )


@pytest.mark.parametrize("flags", ["0x0000000020140204", "0x0000000000140204"])
def test_a_bar_without_an_address_keeps_its_size(flags: str) -> None:
    bars = attributes.assigned_bars(f"0x0000000000000000 0x000000000fffffff {flags}")

    assert bars == (Bar(0, BarKind.MEMORY_64, is_prefetchable=False, length_bytes=256 << 20, start=None),)
