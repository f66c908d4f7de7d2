"""The PCI Express capability: what kind of port a function is, and how its device, link and slot are programmed."""

from dataclasses import dataclass
from types import MappingProxyType

from barwatch_proto.config_space.fields import bits, dword, flag, word
from barwatch_proto.config_space.link import Link, decode_link
from barwatch_proto.pci import PortType

# PCIe Base Spec 6.0, 7.5.3.2, bits 7:4
PORT_TYPES = MappingProxyType(
    {
        0x0: PortType.ENDPOINT,
        0x1: PortType.LEGACY_ENDPOINT,
        0x4: PortType.ROOT_PORT,
        0x5: PortType.UPSTREAM_PORT,
        0x6: PortType.DOWNSTREAM_PORT,
        0x7: PortType.PCIE_TO_PCI_BRIDGE,
        0x8: PortType.PCI_TO_PCIE_BRIDGE,
        0x9: PortType.ROOT_COMPLEX_ENDPOINT,
        0xA: PortType.ROOT_COMPLEX_EVENT_COLLECTOR,
    }
)
WITHOUT_LINK = frozenset({PortType.ROOT_COMPLEX_ENDPOINT, PortType.ROOT_COMPLEX_EVENT_COLLECTOR})
WITH_SLOT = frozenset({PortType.ROOT_PORT, PortType.DOWNSTREAM_PORT})
LARGEST_SIZE = 5  # encodings above are reserved: 128 bytes << 5 = 4096


@dataclass(frozen=True, slots=True)
class Slot:
    """The slot below a port."""

    is_hotplug_capable: bool | None
    is_surprise_capable: bool | None  # what is in it may vanish without notice
    number: int | None  # physical slot number; 0: not numbered
    is_occupied: bool | None  # Presence Detect State


@dataclass(frozen=True, slots=True)
class Express:
    """The PCI Express capability of one function."""

    version: int
    port_type: PortType | None  # None: a reserved value
    max_payload_bytes: int | None  # as programmed
    max_read_request_bytes: int | None  # as programmed
    link: Link | None  # None: functions inside the root complex have none
    slot: Slot | None  # None: no slot
    is_ari_capable: bool | None  # ports: can forward to functions 8 and up; None before version 2
    is_ari_forwarding: bool | None
    is_ltr_capable: bool | None  # latency tolerance reporting
    is_ltr_enabled: bool | None


def decode_express(config: bytes, offset: int) -> Express | None:
    """The PCI Express capability; None when its own register reads all ones.

    Registers that a function of this version and type need not have are not looked at (as Linux
    pcie_capability_reg_implemented): something else may be in their place.

    Raises:
        DecodeError: config ends before the last register that the function must have.

    Source: PCIe Base Spec 6.0, 7.5.3 PCI Express Capability Structure.
    """
    kind = word(config, offset + 0x02)
    if kind is None:
        return None
    version, port_type = kind & 0xF, PORT_TYPES.get(kind >> 4 & 0xF)
    control = word(config, offset + 0x08)
    able_2, control_2 = _device_2(config, offset) if version > 1 else (None, None)
    return Express(
        version=version,
        port_type=port_type,
        max_payload_bytes=_size(bits(control, 7, 5)),
        max_read_request_bytes=_size(bits(control, 14, 12)),
        link=None if port_type in WITHOUT_LINK else decode_link(config, offset, version),
        slot=_slot(config, offset) if port_type in WITH_SLOT and flag(kind, 8) else None,
        is_ari_capable=flag(able_2, 5),
        is_ari_forwarding=flag(control_2, 5),
        is_ltr_capable=flag(able_2, 11),
        is_ltr_enabled=flag(control_2, 10),
    )


def _device_2(config: bytes, offset: int) -> tuple[int | None, int | None]:
    """PCIe Base Spec 6.0, 7.5.3.15 Device Capabilities 2, 7.5.3.16 Device Control 2."""
    return dword(config, offset + 0x24), word(config, offset + 0x28)


def _slot(config: bytes, offset: int) -> Slot:
    """PCIe Base Spec 6.0, 7.5.3.9 Slot Capabilities, 7.5.3.11 Slot Status."""
    able, status = dword(config, offset + 0x14), word(config, offset + 0x1A)
    return Slot(flag(able, 6), flag(able, 5), bits(able, 31, 19), flag(status, 6))


def _size(encoded: int | None) -> int | None:
    """PCIe Base Spec 6.0, 7.5.3.4 Device Control: 128 bytes, doubled."""
    return None if encoded is None or encoded > LARGEST_SIZE else 128 << encoded
