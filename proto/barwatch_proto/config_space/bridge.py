"""The address windows of a bridge: what it forwards downstream."""

from dataclasses import dataclass

from barwatch_proto.config_space.fields import bits, byte, dword, word
from barwatch_proto.pci import WindowKind
from barwatch_proto.topology import Window

IO = 0x1C
MEMORY = 0x20
PREFETCHABLE = 0x24
PREFETCHABLE_BASE_UPPER = 0x28
PREFETCHABLE_LIMIT_UPPER = 0x2C
IO_UPPER = 0x30
WIDE = 1  # the low four bits of a base or limit: the upper half counts

Edges = tuple[int, int]  # base and limit, both included


@dataclass(frozen=True, slots=True)
class BridgeWindows:
    """The open windows, and those that cannot be told because a register reads all ones."""

    windows: tuple[Window, ...] = ()
    unknown: tuple[WindowKind, ...] = ()


def decode_windows(config: bytes) -> BridgeWindows:
    """What a bridge (header layout 1) forwards.

    A window whose base lies above its limit is closed. An optional window (I/O, prefetchable) whose registers are all
    zero is not there or was never programmed: neither forwards anything.

    Raises:
        DecodeError: config is shorter than the header.

    Source: PCIe Base Spec 6.0, 7.5.1.3.6 to 7.5.1.3.10; PCI-to-PCI Bridge Architecture Spec 1.2, 3.2.5.6 to 3.2.5.10.
    """
    found = (
        (WindowKind.IO, _io(config), False),
        (WindowKind.MEMORY, _memory(config), False),
        (WindowKind.PREFETCHABLE, _prefetchable(config), bits(word(config, PREFETCHABLE), 3, 0) == WIDE),
    )
    windows = tuple(
        Window(kind, *edges, is_64bit=wide) for kind, edges, wide in found if edges is not None and edges[0] <= edges[1]
    )
    return BridgeWindows(windows, tuple(kind for kind, edges, _ in found if edges is None))


CLOSED: Edges = (1, 0)


def _io(config: bytes) -> Edges | None:
    """4 KiB steps; the low four bits say whether the upper 16 bits count."""
    base, limit = byte(config, IO), byte(config, IO + 1)
    if base is None or limit is None:
        return None
    if base & 0xF != WIDE:
        return CLOSED if not base | limit else ((base & 0xF0) << 8, (limit & 0xF0) << 8 | 0xFFF)
    upper_base, upper_limit = word(config, IO_UPPER), word(config, IO_UPPER + 2)
    if upper_base is None or upper_limit is None:
        return None
    return upper_base << 16 | (base & 0xF0) << 8, upper_limit << 16 | (limit & 0xF0) << 8 | 0xFFF


def _memory(config: bytes) -> Edges | None:
    """1 MiB steps, always below 4 GiB."""
    base, limit = word(config, MEMORY), word(config, MEMORY + 2)
    if base is None or limit is None:
        return None
    return (base & 0xFFF0) << 16, (limit & 0xFFF0) << 16 | 0xFFFFF


def _prefetchable(config: bytes) -> Edges | None:
    """1 MiB steps; the low four bits say whether the upper 32 bits count."""
    base, limit = word(config, PREFETCHABLE), word(config, PREFETCHABLE + 2)
    if base is None or limit is None:
        return None
    if base & 0xF != WIDE:
        return CLOSED if not base | limit else ((base & 0xFFF0) << 16, (limit & 0xFFF0) << 16 | 0xFFFFF)
    upper_base, upper_limit = dword(config, PREFETCHABLE_BASE_UPPER), dword(config, PREFETCHABLE_LIMIT_UPPER)
    if upper_base is None or upper_limit is None:
        return None
    return upper_base << 32 | (base & 0xFFF0) << 16, upper_limit << 32 | (limit & 0xFFF0) << 16 | 0xFFFFF
