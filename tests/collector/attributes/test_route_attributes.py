"""Columns of routes, checked by hand against recorded hosts and made ones."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from tests.collector.attributes.made import (
    BOX,
    CARD,
    DOMAIN,
    GIB,
    HIGH,
    INSIDE,
    KERNEL,
    LOW,
    MIB,
    ROOT_PORT,
    box,
    last,
    slot,
    snapshot,
)

from barwatch_collector.attributes import of_function
from barwatch_proto.pci import Address, BarKind, PortType, WindowKind
from barwatch_proto.snapshot import Snapshot
from barwatch_proto.topology import Bar, Function, Window

Look = Callable[[str], Snapshot]
SLOT = {
    "route_tunnelled": "no",
    "route_depth": "1",
    "route_switches": "0",
    "route_port_types": "root_port/legacy_endpoint",
    "root_port_ids": "8086:1901",
    "port_ids": "8086:1901",
    "tunnel_security": "absent",
    "tunnel_generation": None,
    "route_max_link_speed_gts": "8",
    "route_max_link_width": "16",
    "route_limits_link": "no",
    "route_windows_above_4g": "none",
    "bars_inside_windows": "yes",
    "iommu_group_shared": "absent",
    "any_bar_above_4g": "no",
}
OTHER_SLOT = {
    "route_windows_above_4g": "all",
    "any_bar_above_4g": "yes",
    "first_bar_above_4g": "no",
    "iommu_group_shared": "yes",
    "bars_inside_windows": "yes",
}
IN_BOX = {
    "route_tunnelled": "yes",
    "route_tunnelled_hops": "3",  # switch upstream port, downstream port and GPU in the box
    "route_tunnel_controller": "thunderbolt",
    "route_removable": "yes",
    "route_external_facing": "yes",
    "route_hotplug": "yes",
    "route_depth": "5",
    "route_switches": "2",
    "route_bridge_ids": "8086:1578+8086:15c0+8086:9d18",
    "root_port_ids": "8086:9d18",
    "port_ids": "8086:1578",
    "tunnel_security": "user",
    "tunnel_dma_protection": "yes",
    "tunnel_generation": "3",
    "tunnel_authorized": "yes",
    "tunnel_authorized_at_boot": "yes",
    "tunnel_device": "AMP Box Mini",
    "tunnel_nvm_version": "14.0",
    "tunnel_host_nvm_version": "20.0",
    "route_max_link_speed_gts": "2.5",  # of a tunnelled link: what the specification says, not what it carries
    "route_limits_link": "yes",
    "route_max_payload_bytes": "128",
    "iommu_group_shared": "yes",
    "iommu_group_functions": "7",
    "iommu_group_of_bridge": "yes",
    "bound_driver": "nvidia",
    "bound_driver_version": "550.163.01",
}
GPUS = {"desktop-gpu-slot": SLOT, "desktop-other-slot": OTHER_SLOT, "laptop-thunderbolt-box": IN_BOX}


def gpu(host: Snapshot) -> Mapping[str, str | None]:
    """The values of the NVIDIA GPU."""
    return next(of_function(host, each) for each in host.topology.functions if each.ids == "10de:1c02")


@pytest.mark.parametrize("name", GPUS)
def test_the_gpu_of_a_recorded_host_has_the_values_that_a_reader_finds(name: str, recorded_snapshot: Look) -> None:
    found = gpu(recorded_snapshot(name))

    assert {column: found[column] for column in GPUS[name]} == GPUS[name]


def test_the_same_topology_at_other_addresses_is_the_same(recorded_snapshot: Look) -> None:
    here, there = gpu(recorded_snapshot("desktop-gpu-slot")), gpu(recorded_snapshot("desktop-other-slot"))

    assert here["route_topology"] == there["route_topology"]


def test_who_sees_64_bytes_of_configuration_space_knows_the_tunnel_by_its_ids(recorded_snapshot: Look) -> None:
    """And does not know what the capabilities say: not known is not no."""
    found = gpu(recorded_snapshot("ordinary-user"))

    assert found["route_removable"] == "yes"
    assert found["route_port_types"] is None
    assert found["route_aspm_l1"] is None
    assert found["route_dpc"] is None
    assert found["function_msi_x"] is None


def test_a_function_on_a_root_bus_has_no_port_above() -> None:
    found = last(snapshot(replace(CARD, parent=None, port_type=PortType.ROOT_COMPLEX_ENDPOINT)))

    assert found["route_depth"] == "0"
    assert {found[name] for name in ("root_port_ids", "port_ids", "port_driver", "port_acs", "route_acs")} == {"absent"}
    assert found["route_windows_above_4g"] == found["bars_inside_windows"] == found["route_limits_link"] == "absent"
    assert found["route_hotplug"] == "no"


def test_a_route_whose_bridges_are_missing_tells_nothing_of_them() -> None:
    """A yes stays a yes: what was seen was seen."""
    found = last(snapshot(replace(CARD, is_tunnelled=True)))

    assert found["route_tunnelled"] == "yes"
    for name in ("route_depth", "route_topology", "root_port_ids", "port_ids", "route_dpc", "route_max_link_width"):
        assert found[name] is None
    assert last(snapshot(replace(CARD, is_tunnelled=False)))["route_tunnelled"] is None


def test_one_hop_of_which_it_is_not_known_leaves_a_no_open() -> None:
    assert last(slot({"is_tunnelled": None}, is_tunnelled=False))["route_tunnelled"] is None
    assert last(slot({"is_tunnelled": None}, is_tunnelled=True))["route_tunnelled"] == "yes"
    assert last(slot({"is_tunnelled": False}, is_tunnelled=False))["route_tunnelled"] == "no"


@pytest.mark.parametrize(
    ("release", "system", "expected"),
    [
        ("6.12.48", "linux", "no"),
        ("5.14.0", "linux", "no"),
        ("5.10.0-30", "linux", None),
        ("not a release", "linux", None),
        ("10.0.22631", "windows", None),
    ],
)
def test_only_a_linux_that_tells_what_is_removable_says_no_by_silence(release, system, expected) -> None:
    kernel = replace(KERNEL, value=release)
    found = last(snapshot(ROOT_PORT, CARD, settings=(kernel,), system=system))

    assert found["route_removable"] == expected
    assert found["route_external_facing"] == expected


def test_a_port_without_a_slot_is_not_hot_plug_capable_and_a_port_that_was_not_read_may_be() -> None:
    assert last(slot({"is_hotplug_capable": None}))["route_hotplug"] == "no"
    assert last(slot({"is_hotplug_capable": True}))["route_hotplug"] == "yes"
    assert last(slot({"is_hotplug_capable": None, "capabilities": (), "port_type": None}))["route_hotplug"] is None


@pytest.mark.parametrize(
    ("capabilities", "expected"),
    [
        (("express", "aer"), "absent"),
        (("express", "aer", "thunderbolt"), "thunderbolt"),
        (("express", "usb4"), "usb4"),
        (("express",), None),  # its extended capabilities were not seen
        ((), None),
    ],
)
def test_a_controller_of_its_own_is_told_by_its_capabilities(capabilities, expected) -> None:
    assert last(slot({"capabilities": capabilities}))["route_tunnel_controller"] == expected


def test_a_bus_of_conventional_pci_is_part_of_the_route() -> None:
    bridge = {"port_type": PortType.PCIE_TO_PCI_BRIDGE}

    assert last(slot(bridge, port_type=PortType.CONVENTIONAL))["route_conventional"] == "yes"
    assert last(slot())["route_conventional"] == "no"


def test_a_bridge_without_a_driver_is_noticed() -> None:
    found = last(slot({"driver": None}))

    assert found["route_driverless_bridge"] == "yes"
    assert found["port_driver"] == "absent"
    assert last(slot({"driver": None, "problems": ("driver: Permission denied",)}))["port_driver"] is None


def test_a_driver_without_a_version_has_none_where_linux_would_tell_it() -> None:
    silent = replace(CARD, driver_version=None)

    assert last(snapshot(ROOT_PORT, silent))["bound_driver_version"] == "absent"
    assert last(snapshot(ROOT_PORT, silent, system="windows"))["bound_driver_version"] is None
    assert last(snapshot(ROOT_PORT, replace(silent, driver=None), system="windows"))["bound_driver"] == "absent"
    assert last(slot(driver_version=None, problems=("driver/module/version: EIO",)))["bound_driver_version"] is None


def test_a_box_tells_of_its_domain_and_router() -> None:
    found = last(box())

    assert found["tunnel_security"] == "user"
    assert found["tunnel_dma_protection"] == "yes"
    assert found["tunnel_vendor"] == "ZOTAC"
    assert found["tunnel_routers"] == "1"


@pytest.mark.parametrize(("authorized", "expected"), [(0, "no"), (1, "yes"), (2, "key"), (7, None), (None, None)])
def test_a_router_may_be_authorized_with_a_key(authorized: int | None, expected: str | None) -> None:
    assert last(box(routers=(replace(BOX, authorized=authorized),)))["tunnel_authorized"] == expected


def test_where_domains_differ_nobody_knows_which_one_the_route_passes() -> None:
    other = replace(DOMAIN, name="domain1", security="none")

    assert last(box(domains=(DOMAIN, other)))["tunnel_security"] is None
    assert last(box(domains=(DOMAIN, replace(other, security="user"))))["tunnel_security"] == "user"


def test_two_boxes_of_a_chain_agree_or_are_not_told_apart() -> None:
    second = replace(BOX, name="0-301", device_name="Dock")
    found = last(box(routers=(INSIDE, BOX, second)))

    assert found["tunnel_routers"] == "2"
    assert found["tunnel_device"] is None
    assert found["tunnel_vendor"] == "ZOTAC"


def test_the_slowest_and_the_narrowest_link_count() -> None:
    found = last(slot({"max_link_speed_gts": 2.5, "max_link_width": 4}))

    assert found["route_max_link_speed_gts"] == "2.5"
    assert found["route_max_link_width"] == "4"
    assert found["route_limits_link"] == "yes"
    assert last(slot({"max_link_width": None}))["route_max_link_width"] is None


@pytest.mark.parametrize(
    ("aspm", "l0s", "l1"),
    [("disabled", "no", "no"), ("l0s", "yes", "no"), ("l0s+l1", "yes", "yes"), (None, None, None)],
)
def test_one_link_that_saves_power_is_enough(aspm: str | None, l0s: str | None, l1: str | None) -> None:
    found = last(slot(aspm=aspm))

    assert found["route_aspm_l0s"] == l0s
    assert found["route_aspm_l1"] == l1


def test_a_link_that_knows_no_substates_has_none() -> None:
    silent = ("express", "aer")

    assert last(slot({"l1_substates": None, "capabilities": silent}))["route_l1_2_substate"] == "no"
    assert last(slot({"l1_substates": None}))["route_l1_2_substate"] is None
    assert last(slot({"l1_substates": "pci_pm_l1.2+aspm_l1.1"}))["route_l1_2_substate"] == "yes"
    assert last(slot({"l1_substates": "pci_pm_l1.2"}))["route_l1_1_substate"] == "no"


def test_payloads_that_differ_are_noticed() -> None:
    found = last(slot({"max_payload_bytes": 128}))

    assert found["route_max_payload_bytes"] == "128"
    assert found["route_max_payload_differs"] == "yes"
    assert last(slot())["route_max_payload_differs"] == "no"
    assert last(slot(max_payload_bytes=None))["route_max_payload_differs"] is None


def test_a_route_may_lose_its_power_only_where_every_hop_may() -> None:
    assert last(slot())["route_d3cold_allowed"] == "yes"
    assert last(slot({"is_d3cold_allowed": False}))["route_d3cold_allowed"] == "no"
    assert last(slot({"is_d3cold_allowed": None}))["route_d3cold_allowed"] is None


@pytest.mark.parametrize(
    ("port", "route_acs", "port_acs"),
    [
        ({"acs": "sv+rr"}, "all", "sv+rr"),
        ({"acs": "disabled"}, "none", "disabled"),
        ({"acs": None, "capabilities": ("express", "aer")}, "none", "absent"),
        ({"acs": None}, None, None),
    ],
)
def test_a_port_that_cannot_control_access_is_not_one_that_was_not_read(port, route_acs, port_acs) -> None:
    found = last(slot(port))

    assert found["route_acs"] == route_acs
    assert found["port_acs"] == port_acs


@pytest.mark.parametrize(
    ("port", "expected"),
    [
        ({"has_dpc_enabled": True}, "yes"),
        ({"has_dpc_enabled": False}, "no"),
        ({"has_dpc_enabled": None}, "no"),
        ({"has_dpc_enabled": None, "capabilities": ("express", "dpc")}, None),
        ({"has_dpc_enabled": None, "capabilities": ()}, None),
    ],
)
def test_containment_needs_a_port_that_knows_it(port: Mapping[str, Any], expected: str | None) -> None:
    assert last(slot(port))["route_dpc"] == expected


def test_a_group_that_a_bridge_shares_is_shared() -> None:
    apart, shared = last(slot()), last(slot({"iommu_group": 2}))

    assert (apart["iommu_group_shared"], apart["iommu_group_of_bridge"]) == ("no", "no")
    assert (shared["iommu_group_shared"], shared["iommu_group_of_bridge"]) == ("yes", "yes")
    assert shared["iommu_group_functions"] == "2"


def test_without_an_iommu_linux_shows_no_groups_and_windows_never_does() -> None:
    alone = replace(CARD, iommu_group=None)

    assert last(snapshot(ROOT_PORT, alone))["iommu_group_shared"] == "absent"
    assert last(snapshot(ROOT_PORT, alone, system="windows"))["iommu_group_shared"] is None


def window(kind: WindowKind, start: int, length: int, *, is_64bit: bool = False) -> Window:
    return Window(kind, start, start + length - 1, is_64bit)


def bar(index: int, start: int | None, length: int, *, prefetchable: bool = False) -> Bar:
    return Bar(index, BarKind.MEMORY_64, prefetchable, length, start)


NARROW = (window(WindowKind.MEMORY, LOW, 16 * MIB),)


@pytest.mark.parametrize(
    ("bars", "windows", "expected"),
    [
        ((bar(0, LOW, 16 * MIB),), NARROW, "yes"),
        ((bar(0, LOW + MIB, 16 * MIB),), NARROW, "no"),  # its last bytes are outside
        ((bar(0, HIGH, MIB),), NARROW, "no"),
        ((bar(0, None, MIB),), NARROW, "absent"),
        ((bar(0, LOW, MIB), bar(2, HIGH, MIB)), NARROW, "no"),
        ((bar(0, LOW, MIB),), (), "no"),  # all windows are closed
        ((), NARROW, "absent"),
    ],
)
def test_a_bar_is_inside_when_all_of_it_is(bars, windows, expected: str) -> None:
    assert last(slot({"windows": windows}, bars=bars))["bars_inside_windows"] == expected


def test_a_window_that_could_not_be_read_may_hold_the_bar() -> None:
    unread = {"windows": (), "problems": ("config: prefetchable window reads all ones",)}

    assert last(slot(unread))["bars_inside_windows"] is None
    assert last(slot({"windows": (), "capabilities": ()}))["bars_inside_windows"] is None


def test_a_subtractive_bridge_forwards_everything() -> None:
    assert last(slot({"windows": (), "class_code": 0x060401}))["bars_inside_windows"] == "yes"


def test_the_sort_of_window_that_a_bar_is_in_is_told() -> None:
    memory = {"windows": NARROW}
    prefetchable = {"windows": (window(WindowKind.PREFETCHABLE, LOW, 16 * MIB),)}
    plain, other = (bar(0, LOW, MIB),), (bar(0, LOW, MIB, prefetchable=True),)

    assert last(slot(memory, bars=other))["prefetchable_bar_in_memory_window"] == "yes"
    assert last(slot(memory, bars=plain))["prefetchable_bar_in_memory_window"] == "no"
    assert last(slot(prefetchable, bars=plain))["plain_bar_in_prefetchable_window"] == "yes"
    assert last(slot(prefetchable, bars=other))["plain_bar_in_prefetchable_window"] == "no"


def switch(windows: tuple[Window, ...]) -> tuple[Function, Function, Function]:
    """Two bridges above the card, the lower one with these windows."""
    lower = replace(ROOT_PORT, address=Address(0, 1, 0, 0), parent=ROOT_PORT.address, windows=windows)
    return ROOT_PORT, lower, replace(CARD, address=Address(0, 2, 0, 0), parent=lower.address)


@pytest.mark.parametrize(
    ("windows", "above_4g", "wide", "smallest"),
    [
        ((window(WindowKind.PREFETCHABLE, HIGH, 2 * GIB, is_64bit=True),), "all", "all", str(GIB)),
        ((window(WindowKind.PREFETCHABLE, LOW, 32 * MIB, is_64bit=True),), "some", "all", str(32 * MIB)),
        ((window(WindowKind.PREFETCHABLE, LOW, 32 * MIB),), "some", "some", str(32 * MIB)),
        ((), "some", "some", "0"),
    ],
)
def test_every_bridge_counts_for_what_a_route_forwards(windows, above_4g: str, wide: str, smallest: str) -> None:
    found = last(snapshot(*switch(windows)))

    assert found["route_windows_above_4g"] == above_4g
    assert found["route_windows_64bit"] == wide
    assert found["route_prefetchable_window_bytes"] == smallest


@pytest.mark.parametrize(
    ("offers", "length", "told", "fits"),
    [
        ((), 256 * MIB, "absent", "absent"),
        ((256 * MIB, GIB), 256 * MIB, "smaller", "yes"),
        ((256 * MIB, GIB), GIB, "largest", "yes"),
        ((256 * MIB, 8 * GIB), 256 * MIB, "smaller", "no"),
    ],
)
def test_a_bar_that_could_be_larger_may_not_have_the_room(offers, length: int, told: str, fits: str) -> None:
    found = last(slot(bars=(replace(bar(1, HIGH, length, prefetchable=True), resizable_bytes=offers),)))

    assert found["resizable_bar"] == told
    assert found["resizable_bar_fits_route"] == fits
    assert found["resizable_bar_largest_bytes"] == (str(offers[-1]) if offers else None)
