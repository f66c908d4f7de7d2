"""Corrected PCI Express errors in Windows' event log."""

from hypothesis import given
from hypothesis import strategies as st

from barwatch_agent.topology.windows import corrected_by_address
from barwatch_agent.windows.calls import Libraries
from barwatch_agent.windows.event_log import NO_LIBRARY, address_of, corrected_errors, counted
from barwatch_agent.windows.facts import Refusal
from barwatch_proto.pci import Address


def event(bus, device, function, segment="0x0"):
    fields = {"Segment": segment, "Bus": bus, "Device": device, "Function": function, "SecondaryBus": "0x9"}
    told = "".join(f"<Data Name='{name}'>{value}</Data>" for name, value in fields.items())
    return f"<Event><System><EventID>17</EventID></System><EventData>{told}</EventData></Event>"


def test_events_are_counted_by_the_address_that_they_name():
    events = [event("0x0", "0x1c", "0x0"), event("0", "28", "0"), event("0x40", "0x0", "0x1", "0x1")]

    assert corrected_by_address(counted(events)) == {Address(0, 0, 0x1C, 0): 2, Address(1, 0x40, 0, 1): 1}


def test_an_event_without_an_address_is_not_counted():
    assert address_of("<Event/>") is None
    assert address_of(event("0x100", "0x0", "0x0")) is None
    assert address_of(event("0x0", "0x20", "0x0")) is None


def test_no_log_is_not_no_errors():
    assert corrected_errors(Libraries(None, None, None)) is NO_LIBRARY
    assert corrected_by_address(Refusal(5)) is None
    assert corrected_by_address(b"") == {}


@given(st.text(max_size=200))
def test_whatever_an_event_says_it_is_an_address_or_none(text):
    assert address_of(text) is None or Address.parse(address_of(text))


@given(st.binary(max_size=100))
def test_rubbish_that_was_kept_is_left_out(data):
    assert isinstance(corrected_by_address(data), dict)
