"""The configuration header: ids, class, command, raw BAR registers, the buses of a bridge."""

from dataclasses import dataclass

from barwatch_proto.config_space.fields import bits, byte, dword, flag, word

BYTES = 0x40
BRIDGE = 1
BARS = {0: 6, 1: 2, 2: 1}  # BAR registers by header layout
BAR_0 = 0x10


@dataclass(frozen=True, slots=True)
class Buses:
    """The bus numbers that a bridge stands between."""

    primary: int | None
    secondary: int | None
    subordinate: int | None


@dataclass(frozen=True, slots=True)
class Header:
    """The first 64 bytes; each field None where the register reads all ones."""

    vendor: int | None
    device: int | None
    command: int | None
    status: int | None
    revision: int | None
    class_code: int | None  # 24 bits: base class, subclass, programming interface
    layout: int | None  # 0 function, 1 bridge, 2 CardBus bridge
    is_multi_function: bool | None
    subsystem_vendor: int | None  # layout 0 only
    subsystem_device: int | None  # layout 0 only
    bar_registers: tuple[int | None, ...]  # as they read; empty when the layout is unknown
    buses: Buses | None  # bridges only

    @property
    def is_bridge(self) -> bool:
        """Whether another bus hangs below."""
        return self.buses is not None

    @property
    def is_memory_decoding(self) -> bool | None:
        """Memory Space Enable; PCIe Base Spec 6.0, 7.5.1.1.3 Command Register, bit 1."""
        return flag(self.command, 1)


def decode_header(config: bytes) -> Header:
    """The configuration header.

    Raises:
        DecodeError: config is shorter than 64 bytes.

    Source: PCIe Base Spec 6.0, 7.5.1.1 common, 7.5.1.2 type 0, 7.5.1.3 type 1.
    """
    dword(config, BYTES - 4)
    classes, kind = dword(config, 0x08), byte(config, 0x0E)
    layout = bits(kind, 6, 0)
    return Header(
        vendor=word(config, 0x00),
        device=word(config, 0x02),
        command=word(config, 0x04),
        status=word(config, 0x06),
        revision=bits(classes, 7, 0),
        class_code=bits(classes, 31, 8),
        layout=layout,
        is_multi_function=flag(kind, 7),
        subsystem_vendor=word(config, 0x2C) if layout == 0 else None,
        subsystem_device=word(config, 0x2E) if layout == 0 else None,
        bar_registers=tuple(
            dword(config, BAR_0 + 4 * n) for n in range(BARS.get(layout, 0) if layout is not None else 0)
        ),
        buses=_buses(config) if layout in {1, 2} else None,
    )


def _buses(config: bytes) -> Buses:
    """Bus numbers; the same place in both bridge layouts."""
    return Buses(byte(config, 0x18), byte(config, 0x19), byte(config, 0x1A))
