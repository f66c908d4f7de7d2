"""Domains and routers of /sys/bus/thunderbolt."""

from pathlib import Path

import pytest

from barwatch_agent.topology.thunderbolt import ThunderboltSide, read_thunderbolt
from barwatch_proto.topology import ThunderboltDevice, ThunderboltDomain

BOX = {
    "authorized": "1",
    "boot": "0",
    "vendor_name": "Razer",
    "device_name": "Core X",
    "generation": "3",
    "nvm_version": "33.0",
    "rx_speed": "20.0 Gb/s",
    "rx_lanes": "2",
    "tx_speed": "20.0 Gb/s",
    "tx_lanes": "2",
}


@pytest.fixture
def bus(tmp_path: Path) -> Path:
    """The folder of an empty Thunderbolt bus."""
    folder = tmp_path / "bus/thunderbolt/devices"
    folder.mkdir(parents=True)
    return folder


def router(bus: Path, name: str, **files: str) -> Path:
    folder = bus / name
    folder.mkdir()
    for file, text in files.items():
        (folder / file).write_text(f"{text}\n", encoding="utf-8")
    return folder


def test_a_host_without_the_bus_has_no_thunderbolt_and_no_problem(tmp_path: Path) -> None:
    assert read_thunderbolt(str(tmp_path)) == ThunderboltSide()


def test_a_domain_and_its_routers(bus: Path, tmp_path: Path) -> None:
    router(bus, "domain0", security="user", iommu_dma_protection="1")
    router(bus, "0-0", authorized="1", generation="4", vendor_name="INTEL", device_name="Gen14")
    router(bus, "0-1", **BOX)

    found = read_thunderbolt(str(tmp_path))

    assert found.domains == (ThunderboltDomain("domain0", "user", has_iommu_dma_protection=True),)
    assert found.devices == (
        ThunderboltDevice("0-0", "INTEL", "Gen14", generation=4, authorized=1),
        ThunderboltDevice(
            name="0-1",
            vendor_name="Razer",
            device_name="Core X",
            generation=3,
            authorized=1,
            is_authorized_at_boot=False,
            nvm_version="33.0",
            rx_speed_gbps=20.0,
            rx_lanes=2,
            tx_speed_gbps=20.0,
            tx_lanes=2,
        ),
    )
    assert found.problems == ()


def test_retimers_services_and_other_hosts_are_no_routers(bus: Path, tmp_path: Path) -> None:
    router(bus, "0-0:1.1", vendor="0x8087")
    router(bus, "0-1.0", key="network")
    router(bus, "0-3", unique_id="8a010000-0000", device_name="another laptop")

    assert read_thunderbolt(str(tmp_path)) == ThunderboltSide()


def test_an_unknown_security_level_is_unknown(bus: Path, tmp_path: Path) -> None:
    router(bus, "domain0", security="unknown")

    assert read_thunderbolt(str(tmp_path)).domains == (ThunderboltDomain("domain0"),)


def test_rubbish_is_told_and_costs_only_its_field(bus: Path, tmp_path: Path) -> None:
    router(bus, "domain0", security="open", iommu_dma_protection="yes")
    router(bus, "0-1", **{**BOX, "rx_speed": "fast", "generation": ""})

    found = read_thunderbolt(str(tmp_path))

    assert found.domains == (ThunderboltDomain("domain0"),)
    assert (found.devices[0].rx_speed_gbps, found.devices[0].generation) == (None, None)
    assert found.devices[0].tx_speed_gbps == 20.0
    assert found.problems == (
        "thunderbolt 0-1: generation: empty, expected a whole number",
        "thunderbolt 0-1: rx_speed: 'fast' is not a speed such as 20.0 Gb/s",
        "thunderbolt domain0: security: 'open' is not a security level",
        "thunderbolt domain0: iommu_dma_protection: 'yes' is not 0 or 1",
    )


def test_a_router_that_is_pulled_out_during_the_scan_is_noted(bus: Path, tmp_path: Path) -> None:
    (bus / "0-1").symlink_to(tmp_path / "gone")

    assert read_thunderbolt(str(tmp_path)) == ThunderboltSide(problems=("thunderbolt 0-1: vanished during the scan",))


def test_what_cannot_be_read_is_told(bus: Path, tmp_path: Path) -> None:
    (router(bus, "0-1", **{**BOX, "nvm_version": ""}) / "nvm_version").unlink()
    (bus / "0-1/nvm_version").mkdir()

    assert read_thunderbolt(str(tmp_path)).problems == ("thunderbolt 0-1: nvm_version: Is a directory (EISDIR)",)
