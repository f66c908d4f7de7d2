"""Resizable BAR: which sizes the BARs of a function can take."""

from dataclasses import dataclass

from barwatch_proto.config_space.fields import dword

MIB_SHIFT = 20
BARS = 6
HIGHEST_BAR = 5


@dataclass(frozen=True, slots=True)
class ResizableBar:
    """One BAR that can be resized."""

    bar: int
    length_bytes: int  # as programmed
    sizes_bytes: tuple[int, ...] | None  # on offer, ascending; None: cannot be told


def decode_resizable_bars(config: bytes, offset: int) -> tuple[ResizableBar, ...]:
    """The BARs that can be resized, in the order of the capability; entries that read all ones are left out.

    Raises:
        DecodeError: config ends before the last entry does.

    Source: PCIe Base Spec 6.0, 7.8.6.2 Resizable BAR Capability, 7.8.6.3 Resizable BAR Control.
    """
    first = dword(config, offset + 8)
    count = 0 if first is None else min(first >> 5 & 7, BARS)
    entries = (_entry(dword(config, offset + 4 + 8 * n), dword(config, offset + 8 + 8 * n)) for n in range(count))
    return tuple(entry for entry in entries if entry is not None)


def _entry(able: int | None, control: int | None) -> ResizableBar | None:
    if control is None or control & 7 > HIGHEST_BAR:
        return None
    length = 1 << ((control >> 8 & 0x3F) + MIB_SHIFT)
    return ResizableBar(control & 7, length, None if able is None else _sizes(able, control))


def _sizes(able: int, control: int) -> tuple[int, ...]:
    """Bit 4 of the capability is 1 MiB and each bit above doubles it; the upper half of control goes on at 256 TiB."""
    offered = able >> 4 | (control >> 16) << 28
    return tuple(1 << (bit + MIB_SHIFT) for bit in range(offered.bit_length()) if offered >> bit & 1)
