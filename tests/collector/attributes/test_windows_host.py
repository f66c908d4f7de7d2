"""A Windows host has the columns of a Linux one, with the same values, or with none where Windows does not tell."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from typing import Any

import pytest
from tests.collector.attributes.made import CARD, GIB, HIGH, LOW, ROOT_PORT, last, slot, snapshot, state
from tests.collector.attributes.test_every_column_varies import RESIZABLE, seen

from barwatch_agent.topology.windows_bars import INFERRED
from barwatch_agent.topology.windows_material import NOT_READ
from barwatch_collector.attributes import columns, of_function, of_functions, of_host
from barwatch_proto.pci import PortType, WindowKind
from barwatch_proto.snapshot import Setting, Snapshot
from barwatch_proto.topology import Window
from barwatch_proto.words import State

NAME, TWIN = "windows-laptop-thunderbolt-box", "laptop-thunderbolt-box"  # one machine, seen by two systems
CARD_IN_BOX, DRIVE = "10de:1c02", "144d:a804"  # the driver's policy grants CONFIG of one route, and not of the other
HOST = {
    "system": "windows",
    "kernel_series": "windows 10.0.22631",
    "os_build": "Windows 10.0.22631.3880 (23H2, Professional)",
    "kernel_loaded_code": "absent",
    "chassis": "laptop",
    "chassis_type": "SMBIOS type 10",
    "virtual_machine": "off",
    "secure_boot": "on",
    "lockdown": "absent",
    "iommu": "on",
    "iommu_mode": "absent",
    "kernel_dma_protection": "on",
    "dma_remapping_opt_in": "on",
    "dmar_table": "on",
    "ivrs_table": "absent",
    "vbs": "on",
    "hvci": "on",
    "credential_guard": "off",
    "aspm_policy": "moderate",
    "tpm": "2.0",
    "power_source": "ac",
    "kernel_access": "absent",
    "option_pcie_aspm": "absent",
    "host_functions": "30",
    "host_gpus": "2",
    "host_bars_above_4g": "no",
}
IN_BOX = {
    "route_tunnelled": "yes",
    "route_tunnelled_hops": "3",
    "route_removable": "yes",
    "route_external_facing": "yes",
    "route_hotplug": "yes",
    "route_depth": "5",
    "root_port_ids": "8086:9d18",
    "port_driver": "pci",
    "tunnel_dma_protection": "yes",
    "route_d3cold_allowed": "yes",
    "bars_inside_windows": "yes",
    "bound_driver": "nvlddmkm",
    "bound_driver_version": "32.0.15.6094",
    "function_class": "display controller (VGA)",
    "largest_bar_bytes": "268435456",
    "any_bar_64bit": "yes",
}
# Holes: what is added here is lost to everybody who runs Windows.
ON_HOST = {"setup_mode", "thunderbolt_security", "host_thunderbolt_domains", "host_thunderbolt_routers"}
OF_ROUTE = {
    "ari_enabled", "any_bar_unassigned",
    "iommu_group_shared", "iommu_group_functions", "iommu_group_of_bridge",
    "tunnel_generation", "tunnel_routers",
}  # fmt: skip
OF_BOX = {
    "tunnel_security", "tunnel_authorized", "tunnel_authorized_at_boot", "tunnel_vendor", "tunnel_device",
    "tunnel_nvm_version", "tunnel_host_nvm_version",
}  # fmt: skip
WITHOUT_CONFIG = {
    "route_tunnel_controller", "route_hotplug", "route_topology", "route_aspm_l0s", "route_aspm_l1",
    "route_l1_1_substate", "route_l1_2_substate", "route_acs", "port_acs", "route_dpc",
    "resizable_bar", "resizable_bar_fits_route", "first_bar_64bit", "any_bar_64bit",
    "function_power_management", "function_l1_substates", "function_latency_tolerance", "function_error_reporting",
    "function_serial_number", "function_msi_x", "function_address_translation", "function_virtualization",
}  # fmt: skip
NOT_RECORDED = {"route_removable", "route_external_facing"}  # of what is inside the laptop; Windows tells it
NONE_IS_RESIZABLE = {"resizable_bar_largest_bytes"}
OWN_WORDS = {"bound_driver", "bound_driver_version", "port_driver"}  # drivers have other names on Windows
FEATURE = "`absent`: a feature of "
NO_CONFIG = f"config: {NOT_READ}"
Look = Callable[[str], Snapshot]


def windows_slot(port: Mapping[str, Any] | None = None, settings: tuple[Setting, ...] = (), **card: Any) -> Snapshot:
    """The card below the root port of a Windows host; what is different by keyword."""
    untold = {"iommu_group": None, "is_ari_enabled": None}
    functions = replace(ROOT_PORT, **{**untold, **(port or {})}), replace(CARD, **{**untold, **card})
    return snapshot(*functions, settings=settings, system="windows")


def of(host: Snapshot, ids: str) -> Mapping[str, str | None]:
    """The values of the first function with these ids."""
    return of_function(host, next(each for each in host.topology.functions if each.ids == ids))


def unknown(values: Mapping[str, str | None]) -> set[str]:
    return {name for name, value in values.items() if value is None}


def test_a_windows_host_has_the_values_that_a_reader_finds_in_its_file(recorded_snapshot: Look) -> None:
    found = of_host(recorded_snapshot(NAME))

    assert {column: found[column] for column in HOST} == HOST


def test_a_card_in_a_box_has_the_values_that_a_reader_finds_in_its_file(recorded_snapshot: Look) -> None:
    found = of(recorded_snapshot(NAME), CARD_IN_BOX)

    assert {column: found[column] for column in IN_BOX} == IN_BOX


def test_what_windows_leaves_unknown_of_a_host_is_a_short_list(recorded_snapshot: Look) -> None:
    assert unknown(of_host(recorded_snapshot(NAME))) == ON_HOST


def test_what_windows_leaves_unknown_of_a_function_in_a_box_is_a_short_list(recorded_snapshot: Look) -> None:
    assert unknown(of(recorded_snapshot(NAME), CARD_IN_BOX)) == OF_ROUTE | OF_BOX | NONE_IS_RESIZABLE


def test_what_only_configuration_space_tells_is_not_known_without_it(recorded_snapshot: Look) -> None:
    without = OF_ROUTE | WITHOUT_CONFIG | NOT_RECORDED | NONE_IS_RESIZABLE

    assert unknown(of(recorded_snapshot(NAME), DRIVE)) == without


def test_what_windows_tells_is_what_linux_tells_of_the_same_machine(recorded_snapshot: Look) -> None:
    windows, linux = recorded_snapshot(NAME), recorded_snapshot(TWIN)
    by_address = {function.address: values for function, values in of_functions(linux)}

    wrong = [
        (str(function.address), name, value, by_address[function.address][name])
        for function, values in of_functions(windows)
        for name, value in values.items()
        if value not in {None, by_address[function.address][name]} and name not in OWN_WORDS
    ]

    assert wrong == []


def test_what_is_said_to_be_never_known_on_windows_is_known_of_no_host(recorded_snapshot: Look) -> None:
    found = seen([recorded_snapshot(NAME), windows_slot(bars=RESIZABLE)])

    never = {attribute.name for attribute in columns() if attribute.source.windows is None}
    assert never == {attribute.name for attribute in columns() if not found[attribute.name]}


def test_a_feature_of_one_system_is_absent_on_the_other_and_not_unknown(
    recorded_snapshots: tuple[Snapshot, ...],
) -> None:
    for host in recorded_snapshots:
        values = of_host(host)
        foreign = [each.name for each in columns() if FEATURE in (getattr(each.source, host.host.system) or "")]

        assert foreign
        assert {values[name] for name in foreign} == {"absent"}


def test_a_bar_below_4_gib_whose_register_was_not_read_may_be_of_either_width() -> None:
    told, inferred = windows_slot(), windows_slot(problems=(INFERRED,))

    assert [last(told)[name] for name in ("first_bar_64bit", "any_bar_64bit")] == ["no", "yes"]
    assert [last(inferred)[name] for name in ("first_bar_64bit", "any_bar_64bit")] == [None, "yes"]
    assert last(windows_slot(bars=CARD.bars[:1], problems=(INFERRED,)))["any_bar_64bit"] is None


def test_a_topology_whose_bars_are_half_known_has_no_fingerprint() -> None:
    assert last(windows_slot())["route_topology"] is not None
    assert last(windows_slot(problems=(INFERRED,)))["route_topology"] is None
    assert last(slot(problems=("resource: missing",)))["route_topology"] is None


def test_a_function_that_is_told_to_be_conventional_may_have_any_capability_until_they_are_read() -> None:
    unread = windows_slot(port_type=PortType.CONVENTIONAL, capabilities=(), problems=(NO_CONFIG,))
    read = windows_slot(port_type=PortType.CONVENTIONAL, capabilities=())

    assert (last(unread)["function_msi_x"], last(read)["function_msi_x"]) == (None, "no")


def test_a_function_whose_capabilities_were_not_read_may_have_resizable_bars() -> None:
    unread = windows_slot(capabilities=(), problems=(NO_CONFIG,))

    assert (last(unread)["resizable_bar"], last(windows_slot())["resizable_bar"]) == (None, "absent")
    assert last(unread)["resizable_bar_fits_route"] is None


@pytest.mark.parametrize(
    ("window", "problems", "expected"),
    [
        (Window(WindowKind.PREFETCHABLE, LOW, LOW + GIB - 1), (NO_CONFIG,), None),
        (Window(WindowKind.PREFETCHABLE, LOW, LOW + GIB - 1), (), "none"),
        (Window(WindowKind.PREFETCHABLE, LOW, LOW + GIB - 1, is_64bit=True), (), "all"),
        (Window(WindowKind.PREFETCHABLE, HIGH, HIGH + GIB - 1, is_64bit=True), (NO_CONFIG,), "all"),
    ],
)
def test_a_window_below_4_gib_may_be_of_either_width_where_only_its_range_is_told(
    window: Window, problems: tuple[str, ...], expected: str | None
) -> None:
    assert last(windows_slot({"windows": (window,), "problems": problems}))["route_windows_64bit"] == expected


@pytest.mark.parametrize(
    ("port", "card", "removable", "facing"),
    [
        ({"is_removable": False, "is_external_facing": True}, {"is_removable": True}, "yes", "yes"),
        ({"is_removable": False}, {"is_removable": False}, "no", "no"),
        ({"is_removable": True}, {"is_removable": True}, "yes", "no"),  # the port that leads out is further up
        ({}, {}, None, None),
    ],
)
def test_a_port_leads_out_when_what_is_below_it_can_be_taken_away_and_it_cannot(
    port: Mapping[str, bool], card: Mapping[str, bool], removable: str | None, facing: str | None
) -> None:
    found = last(windows_slot(port, **card))

    assert (found["route_removable"], found["route_external_facing"]) == (removable, facing)


def test_that_windows_lists_no_bar_without_an_address_does_not_say_that_there_is_none() -> None:
    assert last(slot())["any_bar_unassigned"] == "no"
    assert last(windows_slot())["any_bar_unassigned"] is None


def test_that_windows_tells_of_no_thunderbolt_domain_does_not_say_that_there_is_none() -> None:
    linux, windows = of_host(slot()), of_host(windows_slot())
    unread = of_host(snapshot(problems=("bus/thunderbolt/devices: Permission denied (EACCES)",)))

    for name in ("host_thunderbolt_domains", "host_thunderbolt_routers"):
        assert (linux[name], windows[name], unread[name]) == ("0", None, None)


@pytest.mark.parametrize(
    ("found", "expected"), [(State.ON, "yes"), (State.OFF, "no"), (State.ABSENT, None), (State.UNREADABLE, None)]
)
def test_windows_guards_every_tunnel_or_none(found: State, expected: str | None) -> None:
    protection = (state("kernel_dma_protection", found),)

    assert last(windows_slot({}, protection, is_tunnelled=True))["tunnel_dma_protection"] == expected
    slotted = windows_slot({"is_tunnelled": False}, protection, is_tunnelled=False)
    assert last(slotted)["tunnel_dma_protection"] == "absent"


def test_a_service_that_is_rubbish_is_not_a_function_without_a_driver() -> None:
    assert last(windows_slot(driver=None))["bound_driver"] == "absent"
    assert last(windows_slot(driver=None, problems=("service: type 0x7 is not a string",)))["bound_driver"] is None
