"""The link of a PCI Express function: what it can, what it does now, and its power saving."""

from dataclasses import dataclass
from types import MappingProxyType

from barwatch_proto.config_space.fields import bits, dword, flag, word

# Encodings of a speed: bit positions in the Supported Link Speeds Vector, the lowest being bit 0 of the vector.
SPEEDS_GTS = MappingProxyType({1: 2.5, 2: 5.0, 3: 8.0, 4: 16.0, 5: 32.0, 6: 64.0})
WIDTHS = frozenset({1, 2, 4, 8, 12, 16, 32})
ASPM = ("disabled", "l0s", "l1", "l0s+l1")
BEFORE_VECTOR = 2  # functions without a vector are older than PCIe 3.0 and know two speeds


@dataclass(frozen=True, slots=True)
class Link:
    """The current link of one function; None where the register reads all ones or a reserved value."""

    max_speed_gts: float | None
    max_width: int | None
    speed_gts: float | None
    width: int | None
    aspm: str | None  # as enabled: "disabled", "l0s", "l1", "l0s+l1"
    is_disabled: bool | None  # Link Control, bit 4
    is_training: bool | None
    is_active: bool | None  # Data Link Layer Link Active; None where the port does not report it


def decode_link(config: bytes, offset: int, version: int) -> Link:
    """The link of a function.

    Args:
        config: config space from offset 0.
        offset: of the PCI Express Capability.
        version: of the PCI Express Capability; 1 has no Link Capabilities 2.

    Raises:
        DecodeError: config ends before the last link register of that version.

    Source: PCIe Base Spec 6.0, 7.5.3.6 Link Capabilities, 7.5.3.7 Link Control, 7.5.3.8 Link Status, 7.5.3.18 Link
    Capabilities 2.
    """
    able, control, status = dword(config, offset + 0x0C), word(config, offset + 0x10), word(config, offset + 0x12)
    vector = bits(dword(config, offset + 0x2C), 7, 1) if version > 1 else 0
    aspm = bits(control, 1, 0)
    return Link(
        max_speed_gts=_fastest(bits(able, 3, 0), vector),
        max_width=_width(bits(able, 9, 4)),
        speed_gts=_speed(bits(status, 3, 0)),
        width=_width(bits(status, 9, 4)),
        aspm=None if aspm is None else ASPM[aspm],
        is_disabled=flag(control, 4),
        is_training=flag(status, 11),
        is_active=flag(status, 13) if flag(able, 20) else None,
    )


def _fastest(limit: int | None, vector: int | None) -> float | None:
    """The highest speed of the vector that is not above Max Link Speed; as Linux pcie_get_supported_speeds does it.

    A vector of zero belongs to a function older than PCIe 3.0: Max Link Speed itself tells, and knows two values.
    """
    if limit is None or vector is None:
        return None
    if vector == 0:
        return SPEEDS_GTS[limit] if 1 <= limit <= BEFORE_VECTOR else None
    allowed = vector & ((1 << limit) - 1)
    return _speed(allowed.bit_length())


def _speed(encoded: int | None) -> float | None:
    return None if encoded is None else SPEEDS_GTS.get(encoded)


def _width(lanes: int | None) -> int | None:
    return lanes if lanes in WIDTHS else None
