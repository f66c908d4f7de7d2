"""Hosts made by hand: a card below a root port, and every fact that a test wants to be otherwise."""

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

from barwatch_collector.attributes import of_access, of_function, of_host
from barwatch_proto.pci import Address, BarKind, PortType, WindowKind
from barwatch_proto.snapshot import HostFacts, Setting, Snapshot
from barwatch_proto.topology import Bar, Function, ThunderboltDevice, ThunderboltDomain, Topology, Window
from barwatch_proto.words import Access, State

GIB = 1 << 30
MIB = 1 << 20
LOW = 0xD000_0000  # below 4 GiB
HIGH = 0x40_0000_0000

ROOT_PORT = Function(
    address=Address(0, 0, 1, 0),
    parent=None,
    key="a" * 16,
    vendor=0x8086,
    device=0x1901,
    class_code=0x060400,
    port_type=PortType.ROOT_PORT,
    is_bridge=True,
    windows=(
        Window(WindowKind.MEMORY, LOW, LOW + 32 * MIB - 1),
        Window(WindowKind.PREFETCHABLE, HIGH, HIGH + GIB - 1, is_64bit=True),
    ),
    max_link_speed_gts=8.0,
    max_link_width=16,
    capabilities=("power_management", "express", "aer", "acs", "l1_substates"),
    is_d3cold_allowed=True,
    iommu_group=1,
    driver="pcieport",
    max_payload_bytes=256,
    aspm="disabled",
    l1_substates="disabled",
    acs="disabled",
)
CARD = Function(
    address=Address(0, 1, 0, 0),
    parent=ROOT_PORT.address,
    key="b" * 16,
    vendor=0x10DE,
    device=0x1B80,
    class_code=0x030000,
    revision=0xA1,
    subsystem_vendor=0x1462,
    subsystem_device=0x3362,
    port_type=PortType.ENDPOINT,
    bars=(
        Bar(0, BarKind.MEMORY_32, is_prefetchable=False, length_bytes=16 * MIB, start=LOW),
        Bar(1, BarKind.MEMORY_64, is_prefetchable=True, length_bytes=256 * MIB, start=HIGH),
    ),
    max_link_speed_gts=8.0,
    max_link_width=16,
    capabilities=("power_management", "msi", "express", "aer", "l1_substates"),
    is_d3cold_allowed=True,
    iommu_group=2,
    driver="nvidia",
    driver_version="550.1",
    max_payload_bytes=256,
    max_read_request_bytes=512,
    aspm="disabled",
    l1_substates="disabled",
    is_ari_enabled=False,
)
DOMAIN = ThunderboltDomain("domain0", "user", has_iommu_dma_protection=True)
INSIDE = ThunderboltDevice("0-0", "LENOVO", "T480", 3, authorized=1, nvm_version="20.0")
BOX = ThunderboltDevice("0-1", "ZOTAC", "AMP Box", 3, 1, is_authorized_at_boot=True, nvm_version="14.0")
KERNEL = Setting("kernel_version", State.VALUE, "/proc/sys/kernel/osrelease", "6.12.48+deb13-amd64")


def snapshot(*functions: Function, settings: tuple[Setting, ...] = (KERNEL,), **parts: Any) -> Snapshot:
    """A Linux host with these functions; a topology's other parts by keyword, and ``system``."""
    system = parts.pop("system", "linux")
    host = HostFacts("lab-7", system, "7c9e6679-7425-40de-944b-e07fc1f90ae7", "LENOVO", "20L5")
    return Snapshot(0, host, Topology(functions, **parts), settings)


def slot(port: Mapping[str, Any] | None = None, **card: Any) -> Snapshot:
    """The card below the root port; what is different by keyword."""
    return snapshot(replace(ROOT_PORT, **(port or {})), replace(CARD, **card))


def box(domains: tuple[ThunderboltDomain, ...] = (DOMAIN,), routers: tuple[ThunderboltDevice, ...] = (INSIDE, BOX)):
    """The card in a box that is reached through a tunnel."""
    port = replace(ROOT_PORT, is_hotplug_capable=True, is_external_facing=True)
    card = replace(CARD, is_tunnelled=True, is_removable=True)
    return snapshot(port, card, thunderbolt_domains=domains, thunderbolt_devices=routers)


def last(host: Snapshot) -> Mapping[str, str | None]:
    """The values of the last function."""
    return of_function(host, host.topology.functions[-1])


def told(*settings: Setting, system: str = "linux") -> Mapping[str, str | None]:
    """The values of a host that has these settings."""
    return of_host(snapshot(settings=settings, system=system))


def way_in(access: Access, *settings: Setting) -> Mapping[str, str | None]:
    """The values of an access on a host that has these settings."""
    return of_access(snapshot(settings=settings), access)


def value(name: str, text: str, source: str = "somewhere", raw: str | None = None) -> Setting:
    """A setting that has a value."""
    return Setting(name, State.VALUE, source, text, raw)


def state(name: str, found: State, text: str | None = None) -> Setting:
    """A setting in this state."""
    return Setting(name, found, "somewhere", text)
