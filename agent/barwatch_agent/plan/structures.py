"""Structures that configuration space locates in a BAR: what ``relative_to`` may name."""

from collections.abc import Callable
from dataclasses import dataclass

from barwatch_proto.config_space import virtio_structure

VIRTIO_COMMON = 1  # cfg_type VIRTIO_PCI_CAP_COMMON_CFG; Virtio 1.2, 4.1.4 Virtio Structure PCI Capabilities
SDHCI_SLOT_INFORMATION = 0x40  # bits 2:0: the BAR of slot 0; SD Host Controller Simplified Spec 3.00, PCI registers
SDHCI_REGISTERS_BYTES = 0x100  # one slot's register set; same document, Standard Host Controller Register map
ORDINARY_USER_BYTES = 64  # of configuration space; Linux drivers/pci/pci-sysfs.c, pci_read_config


@dataclass(frozen=True, slots=True)
class Structure:
    """Where a structure lies."""

    bar: int
    offset: int  # bytes, from the start of the BAR
    length: int  # bytes


@dataclass(frozen=True, slots=True)
class Kind:
    """One kind of structure: what describes it, and how that is found in configuration space."""

    described_by: str
    find: Callable[[bytes], Structure | None]


def structure(name: str, config: bytes) -> Structure | str:
    """Where the structure lies on the function with this configuration space, or why that cannot be said."""
    kind = STRUCTURES[name]
    if config[:4] == b"\xff\xff\xff\xff":
        return f"{name}: configuration space reads all ones"
    found = kind.find(config)
    if found is None and len(config) <= ORDINARY_USER_BYTES:
        return (
            f"{name}: {kind.described_by} lies beyond the {ORDINARY_USER_BYTES} bytes of configuration space "
            "that an ordinary user sees"
        )
    return found or f"{name}: this function does not have {kind.described_by}"


def _virtio_common(config: bytes) -> Structure | None:
    found = virtio_structure(config, VIRTIO_COMMON)
    return None if found is None else Structure(found.bar, found.offset, found.length)


def _sdhci_slot_0(config: bytes) -> Structure | None:
    if len(config) <= SDHCI_SLOT_INFORMATION:
        return None
    bar = config[SDHCI_SLOT_INFORMATION] & 0b111
    return Structure(bar, 0, SDHCI_REGISTERS_BYTES) if bar <= 5 else None  # noqa: PLR2004 BARs are 0 to 5


STRUCTURES = {
    "virtio_common": Kind("the capability", _virtio_common),
    "sdhci_slot_0": Kind("the slot information register", _sdhci_slot_0),
}
