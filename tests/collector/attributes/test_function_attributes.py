"""Columns of functions, checked by hand."""

from dataclasses import replace

import pytest
from tests.collector.attributes.made import CARD, GIB, HIGH, LOW, ROOT_PORT, last, slot, snapshot

from barwatch_collector.attributes import of_function, of_functions
from barwatch_proto.pci import Address, BarKind, PortType
from barwatch_proto.topology import Bar

NVME = {
    "function_vendor": "0x144d",
    "function_ids": "144d:a804",
    "function_base_class": "storage controller",
    "function_class": "NVMe controller",
    "function_subsystem": "144d:a801",
    "function_port_type": "endpoint",
    "function_siblings": "0",
    "bound_driver": "nvme",
    "function_msi_x": "yes",
    "memory_bars": "1",
    "largest_bar_bytes": "16384",
    "first_bar_64bit": "yes",
    "any_bar_prefetchable": "no",
    "any_bar_shares_page": "no",
}


def test_a_recorded_drive_has_the_values_that_a_reader_finds(recorded_snapshot) -> None:
    host = recorded_snapshot("laptop-thunderbolt-box")
    drive = next(each for each in host.topology.functions if each.ids == "144d:a804")
    found = of_function(host, drive)

    assert {column: found[column] for column in NVME} == NVME


def test_ids_are_never_numbers() -> None:
    """A table would put numbers in order and look for cuts."""
    found = last(slot(vendor=0x1022, device=0x1234, revision=0x10, class_code=0x120000))

    for name in ("function_vendor", "function_ids", "function_revision", "function_class", "function_subsystem"):
        with pytest.raises(ValueError, match="could not convert"):
            float(found[name] or "")


def test_the_first_bar_is_the_first_that_is_memory() -> None:
    io = Bar(0, BarKind.IO, is_prefetchable=False, length_bytes=128, start=0x3000)
    wide = Bar(2, BarKind.MEMORY_64, is_prefetchable=True, length_bytes=GIB, start=HIGH)
    found = last(slot(bars=(io, wide)))

    assert found["memory_bars"] == "1"
    assert found["first_bar_bytes"] == found["largest_bar_bytes"] == str(GIB)
    assert found["first_bar_above_4g"] == found["first_bar_prefetchable"] == found["first_bar_64bit"] == "yes"


def test_a_function_without_memory_bars_is_not_one_whose_bars_were_not_read() -> None:
    without, unread = last(slot(bars=())), last(slot(bars=(), problems=("resource: missing",)))

    assert (without["memory_bars"], without["any_bar_64bit"]) == ("0", "absent")
    assert (unread["memory_bars"], unread["any_bar_64bit"]) == (None, None)
    assert without["largest_bar_bytes"] is None


def test_a_bar_without_an_address_is_on_no_side_of_4_gib() -> None:
    lost = Bar(0, BarKind.MEMORY_64, is_prefetchable=False, length_bytes=4096, start=None)
    found = last(slot(bars=(lost,)))

    assert found["any_bar_unassigned"] == "yes"
    assert found["any_bar_above_4g"] is None


@pytest.mark.parametrize(
    ("start", "length", "shares"), [(LOW, 4096, "no"), (LOW, 256, "yes"), (LOW + 256, 4096, "yes")]
)
def test_a_bar_shares_a_page_when_it_does_not_fill_it(start: int, length: int, shares: str) -> None:
    one = Bar(0, BarKind.MEMORY_32, is_prefetchable=False, length_bytes=length, start=start)

    assert last(slot(bars=(one,)))["any_bar_shares_page"] == shares


@pytest.mark.parametrize(
    ("capabilities", "port_type", "expected"),
    [
        (("express", "aer", "ats"), PortType.ENDPOINT, "yes"),
        (("express", "aer"), PortType.ENDPOINT, "no"),
        (("express", "vendor_specific"), PortType.ENDPOINT, None),  # one of the first 256 bytes: the rest was not seen
        ((), PortType.ENDPOINT, None),
        ((), None, None),
        ((), PortType.CONVENTIONAL, "no"),
    ],
)
def test_a_capability_that_was_not_seen_is_missing_only_where_one_could_see(capabilities, port_type, expected) -> None:
    found = last(slot(capabilities=capabilities, port_type=port_type))

    assert found["function_address_translation"] == expected


def test_what_a_host_gives_is_of_the_route_and_what_a_card_brings_is_not() -> None:
    """What moves along with a card is what an experiment that moves it keeps."""
    here = last(slot())
    bars = tuple(replace(each, start=LOW + each.index) for each in CARD.bars)
    there = last(slot({"device": 0x9D18}, bars=bars, driver="vfio-pci", iommu_group=7))
    from_card = [name for name in here if name.startswith("function_") or name in {"memory_bars", "first_bar_bytes"}]

    assert {name: here[name] for name in from_card} == {name: there[name] for name in from_card}
    assert here["bound_driver"] != there["bound_driver"]


def test_siblings_are_functions_of_the_same_device() -> None:
    sound = replace(CARD, address=Address(0, 1, 0, 1), key="c" * 16)
    elsewhere = replace(CARD, address=Address(0, 2, 0, 0), key="d" * 16)

    assert last(snapshot(ROOT_PORT, elsewhere, sound, CARD))["function_siblings"] == "1"


def test_only_the_functions_that_are_asked_for_are_derived(recorded_snapshot) -> None:
    host = recorded_snapshot("laptop-thunderbolt-box")
    wanted = host.topology.functions[7]

    all_of_them = {function.key: values for function, values in of_functions(host)}
    asked = list(of_functions(host, {wanted.key, "nobody"}))

    assert asked == [(wanted, all_of_them[wanted.key])]
    assert len(all_of_them) == len(host.topology.functions)
    assert of_function(host, wanted) == asked[0][1]
