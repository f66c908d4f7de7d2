"""Which BAR is where, from the ranges that Windows assigned to a function.

The list of ranges has no BAR numbers. The PCI driver makes it in the order of the BARs, so the order gives the numbers
once it is known which BARs are 64 bits wide and take two. The registers tell that, where the driver may read them; else
an address above 4 GiB does, or the count of 64-bit prefetchable BARs. A 64-bit BAR that is not prefetchable and lies
below 4 GiB cannot be told from a 32-bit one then.
"""

from collections.abc import Sequence

from barwatch_agent.windows.resources import Range
from barwatch_proto.pci import FOUR_GIB, BarKind, WindowKind
from barwatch_proto.topology import Bar, Window

BARS = 6
MIB = 1 << 20  # below, memory is of legacy: no BAR is put there
ISA_PORTS = 0x400  # the same for ports
INFERRED = "BARs: numbers and widths are inferred from the order of ranges: configuration space was not read"


def bars(ranges: Sequence[Range], registers: Sequence[int | None], bar_types: int | None) -> tuple[Bar, ...]:
    """The BARs of a function in their order.

    Args:
        ranges: what the function was assigned.
        registers: its BAR registers as they read; empty when they were not read.
        bar_types: DEVPKEY_PciDevice_BarTypes; None when Windows does not tell.
    """
    own = _of_bars([each for each in ranges if not each.is_window])
    return _by_registers(own, registers) if any(registers) else _by_order(own, bar_types)


def windows(ranges: Sequence[Range]) -> tuple[Window, ...]:
    """What a bridge passes on."""
    return tuple(
        Window(_window_kind(each), each.start, each.end, is_64bit=each.end >= FOUR_GIB)
        for each in ranges
        if each.is_window
    )


def _of_bars(ranges: Sequence[Range]) -> Sequence[Range]:
    """Without the legacy ones: VGA's memory and ports are assigned to the card that shows the screen at start, too."""
    marked = [each for each in ranges if each.is_bar]
    return marked or [each for each in ranges if each.end >= (MIB if each.is_memory else ISA_PORTS)]


def _window_kind(found: Range) -> WindowKind:
    if not found.is_memory:
        return WindowKind.IO
    return WindowKind.PREFETCHABLE if found.is_prefetchable else WindowKind.MEMORY


def _by_registers(ranges: Sequence[Range], registers: Sequence[int | None]) -> tuple[Bar, ...]:
    """Ranges in the order of the registers that could have them; a register of zero is no BAR, or one without address.

    Source: PCIe Base Spec 6.0, 7.5.1.2.1 Base Address Registers.
    """
    left, found, index = list(ranges), [], 0
    while index < len(registers):
        register = registers[index]
        kind = _kind(register) if register else None
        if register is not None and kind is not None:
            assigned = _match(left, kind, _base(registers, index, kind))
            if assigned is not None:
                left.remove(assigned)
                found.append(_bar(index, kind, assigned))
        index += 2 if kind is BarKind.MEMORY_64 else 1
    return tuple(found)


def _match(ranges: Sequence[Range], kind: BarKind, base: int) -> Range | None:
    """The range that begins where the register says; else, since a BAR may have moved, the first of its space."""
    space = [each for each in ranges if each.is_memory is (kind is not BarKind.IO)]
    return next((each for each in space if each.start == base), space[0] if space else None)


def _kind(register: int) -> BarKind:
    if register & 1:
        return BarKind.IO
    return BarKind.MEMORY_64 if register >> 1 & 3 == 2 else BarKind.MEMORY_32  # noqa: PLR2004 the type for 64 bits


def _base(registers: Sequence[int | None], index: int, kind: BarKind) -> int:
    low = registers[index] or 0
    if kind is BarKind.IO:
        return low & ~3
    high = registers[index + 1] if kind is BarKind.MEMORY_64 and index + 1 < len(registers) else 0
    return (high or 0) << 32 | low & ~0xF


def _by_order(ranges: Sequence[Range], bar_types: int | None) -> tuple[Bar, ...]:
    found, index = [], 0
    wide = (bar_types or 0) >> 24 & 0xFF  # prefetchable BARs of 64 bits
    narrow = (bar_types or 0) >> 16 & 0xFF  # prefetchable BARs of 32 bits
    for each in ranges:
        is_wide = each.is_memory and (each.end >= FOUR_GIB or (each.is_prefetchable and bool(wide) and not narrow))
        kind = BarKind.MEMORY_64 if is_wide else BarKind.MEMORY_32 if each.is_memory else BarKind.IO
        if index >= BARS:
            break
        found.append(_bar(index, kind, each))
        index += 2 if is_wide else 1
    return tuple(found)


def _bar(index: int, kind: BarKind, found: Range) -> Bar:
    return Bar(index, kind, found.is_prefetchable, found.length, found.start or None)
