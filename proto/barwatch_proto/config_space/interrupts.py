"""Message-signalled interrupts: MSI and MSI-X."""

from dataclasses import dataclass

from barwatch_proto.config_space.fields import bits, dword, flag, word

BARS = 6
LARGEST_VECTORS = 5  # 1 << 5 = 32 vectors; encodings above are reserved


@dataclass(frozen=True, slots=True)
class Msi:
    """Message-signalled interrupts."""

    is_enabled: bool | None
    vectors_offered: int | None
    vectors_enabled: int | None
    is_64bit: bool | None
    is_maskable: bool | None


@dataclass(frozen=True, slots=True)
class BarPlace:
    """A place in a BAR."""

    bar: int
    offset: int  # bytes


@dataclass(frozen=True, slots=True)
class MsiX:
    """Extended message-signalled interrupts; table and pending bits lie in BARs."""

    is_enabled: bool | None
    is_masked: bool | None
    vectors: int | None
    table: BarPlace | None
    pending: BarPlace | None


def decode_msi(config: bytes, offset: int) -> Msi:
    """The MSI capability's Message Control.

    Raises:
        DecodeError: config ends before Message Control does.

    Source: PCIe Base Spec 6.0, 7.7.1.2 Message Control Register for MSI.
    """
    control = word(config, offset + 2)
    offered, enabled = _vectors(bits(control, 3, 1)), _vectors(bits(control, 6, 4))
    return Msi(flag(control, 0), offered, enabled, flag(control, 7), flag(control, 8))


def decode_msi_x(config: bytes, offset: int) -> MsiX:
    """The MSI-X capability.

    Raises:
        DecodeError: config ends before the structure does.

    Source: PCIe Base Spec 6.0, 7.7.2.2 Message Control, 7.7.2.3 Table Offset/Table BIR, 7.7.2.4 PBA Offset/PBA BIR.
    """
    control = word(config, offset + 2)
    size = bits(control, 10, 0)
    return MsiX(
        is_enabled=flag(control, 15),
        is_masked=flag(control, 14),
        vectors=None if size is None else size + 1,
        table=_place(dword(config, offset + 4)),
        pending=_place(dword(config, offset + 8)),
    )


def _vectors(encoded: int | None) -> int | None:
    return None if encoded is None or encoded > LARGEST_VECTORS else 1 << encoded


def _place(register: int | None) -> BarPlace | None:
    """BAR number in the low three bits; 6 and 7 are reserved."""
    if register is None or register & 7 >= BARS:
        return None
    return BarPlace(register & 7, register & ~7)
