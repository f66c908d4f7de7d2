"""What names a function besides its header: serial number, and the subsystem of a bridge."""

from dataclasses import dataclass

from barwatch_proto.config_space.fields import dword, word


@dataclass(frozen=True, slots=True)
class SubsystemIds:
    """Who made the board that a bridge sits on."""

    vendor: int | None
    device: int | None


def decode_serial_number(config: bytes, offset: int) -> int | None:
    """The Device Serial Number, 64 bits; None when a half reads all ones, or when it is zero and names nothing.

    Raises:
        DecodeError: config ends before the upper half does.

    Source: PCIe Base Spec 6.0, 7.9.3.2 Serial Number Register.
    """
    lower, upper = dword(config, offset + 4), dword(config, offset + 8)
    return None if lower is None or upper is None else (upper << 32 | lower) or None


def decode_subsystem_ids(config: bytes, offset: int) -> SubsystemIds:
    """The subsystem of a bridge, whose header has no room for it.

    Raises:
        DecodeError: config ends before the ids do.

    Source: PCI-to-PCI Bridge Architecture Spec 1.2, capability ID 0Dh; Linux pci_regs.h, PCI_SSVID_VENDOR_ID.
    """
    return SubsystemIds(word(config, offset + 4), word(config, offset + 6))
