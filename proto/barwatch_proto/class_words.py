"""What a PCI class code is for people: ``NVMe controller``, ``display controller``.

Source: PCI Code and ID Assignment Specification 1.14, section 1 (class codes). Only classes that desktops, laptops and
servers have; the rest say their base class or their number.
"""

from collections.abc import Mapping
from types import MappingProxyType

from barwatch_proto.pci import PortType
from barwatch_proto.topology import Function

BRIDGES: Mapping[PortType, str] = MappingProxyType(
    {
        PortType.ROOT_PORT: "root port",
        PortType.UPSTREAM_PORT: "switch upstream port",
        PortType.DOWNSTREAM_PORT: "switch downstream port",
        PortType.PCIE_TO_PCI_BRIDGE: "PCIe to PCI bridge",
        PortType.PCI_TO_PCIE_BRIDGE: "PCI to PCIe bridge",
    }
)

INTERFACES: Mapping[int, str] = MappingProxyType(  # base class, subclass and programming interface
    {
        0x010601: "SATA controller (AHCI)",
        0x010802: "NVMe controller",
        0x030000: "display controller (VGA)",
        0x080501: "SD host controller",
        0x0C0300: "USB controller (UHCI)",
        0x0C0310: "USB controller (OHCI)",
        0x0C0320: "USB controller (EHCI)",
        0x0C0330: "USB controller (xHCI)",
        0x0C0340: "USB4 host interface",
        0x0C03FE: "USB device",
    }
)

SUBCLASSES: Mapping[int, str] = MappingProxyType(  # base class and subclass
    {
        0x0100: "SCSI controller",
        0x0101: "IDE controller",
        0x0104: "RAID controller",
        0x0106: "SATA controller",
        0x0107: "SAS controller",
        0x0108: "non-volatile memory controller",
        0x0200: "Ethernet controller",
        0x0207: "InfiniBand controller",
        0x0280: "network controller",
        0x0300: "display controller",
        0x0302: "3D controller",
        0x0380: "display controller",
        0x0400: "video device",
        0x0401: "audio device",
        0x0403: "HD Audio controller",
        0x0500: "RAM",
        0x0502: "CXL memory",
        0x0580: "memory controller",
        0x0600: "host bridge",
        0x0601: "ISA bridge",
        0x0604: "PCI bridge",
        0x0680: "bridge",
        0x0700: "serial port",
        0x0780: "communication controller",
        0x0801: "DMA controller",
        0x0805: "SD host controller",
        0x0806: "IOMMU",
        0x0807: "root complex event collector",
        0x0880: "system peripheral",
        0x0C00: "FireWire controller",
        0x0C03: "USB controller",
        0x0C05: "SMBus controller",
        0x0D11: "Bluetooth controller",
        0x0D20: "Wi-Fi controller",
        0x0D21: "Wi-Fi controller",
        0x1080: "encryption controller",
        0x1180: "signal processing controller",
    }
)

BASES: Mapping[int, str] = MappingProxyType(
    {
        0x00: "unclassified device",
        0x01: "storage controller",
        0x02: "network controller",
        0x03: "display controller",
        0x04: "multimedia device",
        0x05: "memory controller",
        0x06: "bridge",
        0x07: "communication controller",
        0x08: "system peripheral",
        0x09: "input device",
        0x0A: "docking station",
        0x0B: "processor",
        0x0C: "serial bus controller",
        0x0D: "wireless controller",
        0x10: "encryption controller",
        0x11: "signal processing controller",
        0x12: "processing accelerator",
        0x13: "instrumentation",
        0x40: "coprocessor",
        0xFF: "device of no defined class",
    }
)


def class_in_words(class_code: int) -> str:
    """What a function of that class is for; ``class ff0000`` for a class that has no name here."""
    return (
        INTERFACES.get(class_code)
        or SUBCLASSES.get(class_code >> 8)
        or BASES.get(class_code >> 16)
        or f"class {class_code:06x}"
    )


def function_in_words(function: Function) -> str:
    """What a function is for; a PCI Express port by its type, since all of them are of class PCI bridge."""
    by_port = BRIDGES.get(function.port_type) if function.port_type else None
    return by_port or class_in_words(function.class_code)
