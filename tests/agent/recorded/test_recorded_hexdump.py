"""The hex form of configuration spaces: exact, short, readable, and strict about what it reads."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barwatch_agent.recorded.hexdump import from_hexdump, to_hexdump

PIECES = st.one_of(st.binary(max_size=40), st.sampled_from([bytes(16), b"\xff" * 16, bytes(100), b"\xff" * 64]))
DATA = st.lists(PIECES, max_size=12).map(b"".join)


@given(DATA)
def test_bytes_survive_the_dump(data: bytes) -> None:
    assert from_hexdump(to_hexdump(data), len(data)) == data


def test_a_dump_leaves_out_zeros_and_shortens_what_repeats() -> None:
    data = b"\x86\x80" + bytes(46) + b"\xff" * 48 + bytes(160)

    assert to_hexdump(data).splitlines() == [
        "000: 86 80 00 00 00 00 00 00 00 00 00 00 00 00 00 00",
        "030: ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff ff",
        "*",
        "060: 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00 00",
        "100:",
    ]


def test_a_dump_written_by_hand_may_be_indented_and_have_short_lines() -> None:
    assert from_hexdump("  000: 01\n  004: 02 03\n  008:\n", 8) == bytes([1, 0, 0, 0, 2, 3, 0, 0])


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        ("", "not an offset"),
        ("000: 86 80", "length alone"),
        ("101:", "at most 0x100"),
        ("000: 86 8", "not an offset"),
        ("000: 86 80 zz\n100:", "not an offset"),
        ("*\n100:", "not an offset"),
        ("000: 01 02\n*\n100:", "not an offset"),
        ("000: 01 02\n001: 03\n100:", "overlaps"),
        ("010: 01\n000: 02\n100:", "overlaps"),
        ("0ff: 01 02\n100:", "overlaps"),
        ("000: " + "00 " * 17 + "\n100:", "not an offset"),
    ],
)
def test_a_broken_dump_is_refused_with_the_reason(text: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        from_hexdump(text, 0x100)
