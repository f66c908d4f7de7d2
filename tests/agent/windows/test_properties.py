"""Device properties: what their bytes say, and the lines in which they are kept."""

import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.agent.windows.told_by_windows import boolean, string, strings, uint32

from barwatch_agent.windows import properties
from barwatch_agent.windows.facts import Property
from barwatch_agent.windows.instance_id import class_of, ids_of
from barwatch_agent.windows.power import power_state

ANY = st.builds(
    Property, st.one_of(st.sampled_from(sorted(properties.NAMES)), st.integers(0, 0xFFFFFFFF)), st.binary(max_size=80)
)


@given(ANY)
def test_what_is_written_down_is_read_back_whatever_it_is(found):
    assert properties.from_text(properties.to_text(found)) == found


@given(ANY)
def test_rubbish_is_a_value_error_and_nothing_else(found):
    for parse in (properties.number, properties.boolean, properties.text, properties.texts, properties.binary):
        with contextlib.suppress(ValueError):
            parse(found)


@given(st.text(max_size=60))
def test_a_line_that_is_none_is_a_value_error_and_nothing_else(line):
    with contextlib.suppress(ValueError):
        properties.from_text(line)


@pytest.mark.parametrize(
    ("found", "line"),
    [
        (uint32(5), "uint32 5"),
        (Property(0x06, b"\xff\xff\xff\xff"), "int32 -1"),
        (boolean(is_true=True), "boolean true"),
        (string("PCI\\VEN_8086"), "string PCI\\VEN_8086"),
        (strings("a", "b"), "strings a\nb"),
        (Property(0x07, b"\1"), "type_7 01"),
        (Property(0x11, b"\2"), "type_11 02"),
        (Property(0x0D, bytes(4)), "type_d 00000000"),
    ],
)
def test_a_value_is_a_line_that_people_can_read(found, line):
    assert properties.to_text(found) == line


def test_a_list_ends_with_an_empty_string():
    assert properties.multi_sz("PCI\\A\0PCI\\B\0\0rubbish".encode("utf-16-le")) == ("PCI\\A", "PCI\\B")


def test_a_number_of_another_length_is_none():
    with pytest.raises(ValueError, match=r"type 0x7 with 2 bytes \(0100\) is not a number"):
        properties.number(Property(7, b"\1\0"))


def test_an_instance_id_has_the_ids_of_the_function():
    ids = ids_of("PCI\\VEN_10DE&DEV_1C02&SUBSYS_243819DA&REV_A1\\4&2283F625&0&0008")

    assert (ids.vendor, ids.device) == (0x10DE, 0x1C02)
    assert (ids.subsystem_vendor, ids.subsystem_device, ids.revision) == (0x19DA, 0x2438, 0xA1)


@pytest.mark.parametrize("name", ["PCI\\IRQHOLDER\\1", "ACPI\\PNP0A08\\0", "", "PCI\\VEN_ZZZZ&DEV_1C02\\0"])
def test_what_is_no_function_has_no_ids(name):
    assert ids_of(name) is None


def test_a_class_is_found_among_hardware_ids():
    assert class_of(("PCI\\VEN_10DE&DEV_1C02&REV_A1", "PCI\\VEN_10DE&DEV_1C02&CC_030000")) == 0x030000
    assert class_of(("PCI\\VEN_10DE&CC_0300",)) is None


@pytest.mark.parametrize(("state", "told"), [(1, "D0"), (2, "D1"), (3, "D2"), (4, "D3"), (0, None), (9, None)])
def test_the_power_state_is_the_second_field(state, told):
    assert power_state((56).to_bytes(4, "little") + state.to_bytes(4, "little") + bytes(48)) == told


def test_power_data_that_is_cut_is_no_state():
    with pytest.raises(ValueError, match="power data has 8 bytes, expected 56"):
        power_state(bytes(8))
