"""Columns of hosts, checked by hand against recorded hosts and made ones."""

from dataclasses import replace

import pytest
from tests.collector.attributes.made import BOX, CARD, INSIDE, snapshot, state, told, value

from barwatch_collector.attributes import of_host
from barwatch_proto.words import State

LAPTOP = {
    "system": "linux",
    "kernel_series": "linux 6.12",
    "kernel_version": "6.12.48+deb13-amd64",
    "kernel_loaded_code": "PO",
    "machine_vendor": "LENOVO",
    "machine_model": "20L5CTO1WW",
    "bios_vendor": "LENOVO",
    "bios_year": "2024",
    "chassis": "laptop",
    "chassis_type": "SMBIOS type 10",
    "virtual_machine": "off",
    "hypervisor": "absent",
    "secure_boot": "off",
    "lockdown": "off",
    "iommu": "on",
    "iommu_mode": "DMA-FQ",
    "kernel_dma_protection": "on",
    "thunderbolt_security": "user",
    "dma_remapping_opt_in": "on",
    "hvci": "absent",
    "aspm_policy": "default",
    "power_source": "ac",
    "option_pcie_aspm": "off",
    "option_iomem": "relaxed",
    "option_pci": "absent",
    "host_functions": "30",
    "host_gpus": "2",
    "host_thunderbolt_domains": "1",
    "host_thunderbolt_routers": "1",
    "host_bridge_ids": "8086:5914",
    "host_bars_above_4g": "no",
}
OTHER_LAPTOP = {
    "secure_boot": "on",
    "lockdown": "integrity",
    "ivrs_table": "on",
    "dmar_table": "absent",
    "sdev_table": "on",
    "power_source": "battery",
    "kernel_loaded_code": "off",
    "kernel_options": "absent",
    "option_pcie_aspm": "absent",
    "host_thunderbolt_domains": "0",
}
SERVER = {
    "chassis": "server",
    "iommu_mode": "identity",
    "iommu_requested": "intel_iommu=on iommu=pt",
    "secure_boot": "absent",
    "host_gpus": "5",
    "host_bars_above_4g": "yes",
}
VIRTUAL = {
    "chassis": "virtual",
    "virtual_machine": "on",
    "hypervisor": "kvm",
    "bios_year": None,
    "lockdown": None,
    "machine_vendor": "absent",
    "chassis_type": None,
}
RECORDED = {
    "laptop-thunderbolt-box": LAPTOP,
    "laptop-no-thunderbolt": OTHER_LAPTOP,
    "server-switches": SERVER,
    "this-vm": VIRTUAL,
}


@pytest.mark.parametrize("name", RECORDED)
def test_a_recorded_host_has_the_values_that_a_reader_finds_in_its_file(name: str, recorded_snapshot) -> None:
    found = of_host(recorded_snapshot(name))

    assert {column: found[column] for column in RECORDED[name]} == RECORDED[name]


def test_what_only_root_may_read_is_not_known_to_an_ordinary_user(recorded_snapshot) -> None:
    assert of_host(recorded_snapshot("ordinary-user"))["dma_remapping_opt_in"] is None


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (state("hvci", State.ON), "on"),
        (state("hvci", State.OFF), "off"),
        (state("hvci", State.ABSENT), "absent"),
        (state("hvci", State.UNREADABLE), None),
        (state("hvci", State.ON, "audit"), "audit"),
    ],
)
def test_a_setting_that_could_not_be_read_is_not_off_and_not_absent(found, expected) -> None:
    assert told(found)["hvci"] == expected


def test_a_setting_that_nobody_looked_for_is_not_known() -> None:
    assert told()["secure_boot"] is None


def test_windows_and_linux_answer_in_the_same_columns() -> None:
    windows = told(
        value("kernel_version", "10.0.22631.4317"),
        value("bios_date", "02/27/2024"),
        value("chassis", "laptop", "SMBIOS type 3", raw="138"),
        state("hvci", State.ON),
        state("lockdown", State.ABSENT),
        system="windows",
    )

    assert windows["system"] == "windows"
    assert windows["kernel_series"] == "windows 10.0.22631"
    assert windows["bios_year"] == "2024"
    assert windows["chassis_type"] == "SMBIOS type 10"
    assert windows["hvci"] == "on"
    assert windows["lockdown"] == "absent"


@pytest.mark.parametrize(
    ("date", "year"), [("03/15/2018", "2018"), ("03/15/18", None), ("", None), ("soon", None), ("12/31/1999", "1999")]
)
def test_the_year_of_the_firmware_has_four_digits(date: str, year: str | None) -> None:
    assert told(value("bios_date", date))["bios_year"] == year


@pytest.mark.parametrize(
    ("taints", "loaded"),
    [
        (value("kernel_tainted", "PO"), "PO"),
        (value("kernel_tainted", "PWOE"), "POE"),
        (value("kernel_tainted", "W"), "off"),
        (value("kernel_tainted", "DW bit20"), "off"),
        (state("kernel_tainted", State.OFF), "off"),
        (state("kernel_tainted", State.ABSENT), "absent"),
        (state("kernel_tainted", State.UNREADABLE), None),
    ],
)
def test_a_taint_that_a_failure_may_leave_is_no_cause(taints, loaded: str | None) -> None:
    assert told(taints)["kernel_loaded_code"] == loaded


@pytest.mark.parametrize(
    ("options", "aspm", "pci"),
    [
        ("pcie_aspm=off", "off", "absent"),
        ("pci=nocrs pci=realloc pcie_aspm=force", "force", "nocrs+realloc"),
        ("pcie_aspm", "on", "absent"),
        ("pcie_aspm.policy=performance", "absent", "absent"),
    ],
)
def test_an_option_is_told_by_its_name_and_not_by_how_it_begins(options: str, aspm: str, pci: str) -> None:
    found = told(value("kernel_options", options))

    assert found["option_pcie_aspm"] == aspm
    assert found["option_pci"] == pci


def test_options_of_a_host_whose_command_line_cannot_be_read_are_not_known() -> None:
    assert told(state("kernel_options", State.UNREADABLE))["option_pci"] is None


@pytest.mark.parametrize(
    "chassis",
    [
        value("chassis", "laptop", "/sys/firmware/acpi/pm_profile", raw="2"),
        value("chassis", "laptop", "GetSystemFirmwareTable(ACPI, FACP)", raw="2"),
        value("chassis", "virtual", "/proc/cpuinfo"),
        value("chassis", "other", "SMBIOS", raw="ten"),
        state("chassis", State.ABSENT),
    ],
)
def test_a_chassis_type_is_told_by_smbios_and_by_nothing_else(chassis) -> None:
    assert told(chassis)["chassis_type"] is None


def test_a_virtual_machine_whose_hypervisor_is_not_named_is_one_all_the_same() -> None:
    found = told(state("virtual_machine", State.ON))

    assert found["virtual_machine"] == "on"
    assert found["hypervisor"] is None


def test_bars_that_could_not_be_read_may_be_above_4_gib() -> None:
    unread = replace(CARD, address=replace(CARD.address, device=7), bars=(), problems=("resource: missing",))
    low = replace(CARD, bars=CARD.bars[:1])

    assert of_host(snapshot(low))["host_bars_above_4g"] == "no"
    assert of_host(snapshot(low, unread))["host_bars_above_4g"] is None
    assert of_host(snapshot(CARD, unread))["host_bars_above_4g"] == "yes"


def test_the_hosts_own_router_is_not_plugged_in() -> None:
    found = of_host(snapshot(CARD, thunderbolt_devices=(INSIDE, BOX)))

    assert found["host_thunderbolt_routers"] == "1"
    assert found["host_bridge_ids"] == "absent"
