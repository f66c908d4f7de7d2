"""The PCI vocabulary: addresses, port types, kinds of BARs and windows. Plain Python, no I/O."""

import re
from dataclasses import dataclass
from enum import Enum
from typing import Self

ADDRESS = re.compile(r"([0-9a-fA-F]{4,8}):([0-9a-fA-F]{2}):([0-1][0-9a-fA-F])\.([0-7])")
FOUR_GIB = 1 << 32


@dataclass(frozen=True, slots=True, order=True)
class Address:
    """Where a function is now: domain, bus, device, function. It moves, so it is never an identity."""

    domain: int
    bus: int
    device: int
    function: int

    @classmethod
    def parse(cls, text: str) -> Self:
        """The address that Linux writes as ``0000:03:00.0``.

        Raises:
            ValueError: the text is not such an address.
        """
        found = ADDRESS.fullmatch(text)
        if found is None:
            msg = f"not a PCI address: {text!r} (expected domain:bus:device.function, for example 0000:03:00.0)"
            raise ValueError(msg)
        domain, bus, device, function = (int(part, 16) for part in found.groups())
        return cls(domain, bus, device, function)

    def __str__(self) -> str:
        """The form that Linux and lspci use."""
        return f"{self.domain:04x}:{self.bus:02x}:{self.device:02x}.{self.function:x}"

    @property
    def on_bus(self) -> str:
        """Device and function without the bus, which enumeration hands out anew."""
        return f"{self.device:02x}.{self.function:x}"


class PortType(Enum):
    """Device/Port Type of a function.

    Source: PCIe Base Spec 6.0, 7.5.3.2 PCI Express Capabilities Register, bits 7:4; ``conventional``
    functions have no such register.
    """

    ENDPOINT = "endpoint"
    LEGACY_ENDPOINT = "legacy_endpoint"
    ROOT_PORT = "root_port"
    UPSTREAM_PORT = "upstream_port"
    DOWNSTREAM_PORT = "downstream_port"
    PCIE_TO_PCI_BRIDGE = "pcie_to_pci_bridge"
    PCI_TO_PCIE_BRIDGE = "pci_to_pcie_bridge"
    ROOT_COMPLEX_ENDPOINT = "root_complex_endpoint"
    ROOT_COMPLEX_EVENT_COLLECTOR = "root_complex_event_collector"
    CONVENTIONAL = "conventional"


class BarKind(Enum):
    """Which address space a BAR decodes.

    Source: PCI Local Bus Spec 3.0, 6.2.5.1 Address Maps.
    """

    IO = "io"
    MEMORY_32 = "memory_32"
    MEMORY_64 = "memory_64"


class WindowKind(Enum):
    """Which of a bridge's three windows.

    Source: PCI-to-PCI Bridge Architecture Spec 1.2, 3.2.5.
    """

    IO = "io"
    MEMORY = "memory"
    PREFETCHABLE = "prefetchable"


def all_ones(width: int) -> int:
    """The value that a failed read of ``width`` bytes shows."""
    return (1 << (8 * width)) - 1
