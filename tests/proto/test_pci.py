"""The PCI vocabulary."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from barwatch_proto.pci import Address, BarKind, all_ones
from barwatch_proto.topology import Bar


@given(st.builds(Address, st.integers(0, 2**32 - 1), st.integers(0, 255), st.integers(0, 31), st.integers(0, 7)))
def test_an_address_is_read_as_it_is_written(address):
    assert Address.parse(str(address)) == address


def test_addresses_sort_as_the_bus_counts():
    texts = ["0000:0a:00.0", "0000:02:1f.7", "0000:02:02.0", "0001:00:00.0"]

    assert [str(a) for a in sorted(map(Address.parse, texts))] == [texts[2], texts[1], texts[0], texts[3]]


@pytest.mark.parametrize("text", ["", "00:02.0", "0000:00:20.0", "0000:00:00.8", "0000:00:00.0\n", "g000:00:00.0"])
def test_what_is_no_address_is_refused_with_an_example(text):
    with pytest.raises(ValueError, match=r"for example 0000:03:00\.0"):
        Address.parse(text)


@pytest.mark.parametrize(("width", "ones"), [(1, 0xFF), (2, 0xFFFF), (4, 0xFFFFFFFF), (8, 0xFFFFFFFFFFFFFFFF)])
def test_all_ones_are_as_wide_as_the_register(width, ones):
    assert all_ones(width) == ones


@pytest.mark.parametrize(
    ("start", "is_above"),
    [(0xFFFFF000, False), (0x1_0000_0000, True), (None, None)],
    ids=["below", "above", "unassigned"],
)
def test_a_bar_is_above_4g_or_not_or_nobody_knows(start, is_above):
    assert Bar(0, BarKind.MEMORY_64, is_prefetchable=True, length_bytes=4096, start=start).is_above_4g is is_above
