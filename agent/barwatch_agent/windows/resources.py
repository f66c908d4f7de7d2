"""Resource descriptors of the configuration manager: memory and port ranges, from their bytes.

Source: Windows SDK cfgmgr32.h, MEM_DES, MEM_LARGE_DES and IO_DES, packed to one byte.
"""

import struct
from dataclasses import dataclass

from barwatch_agent.windows.facts import Resource

MEMORY, PORTS, LARGE_MEMORY = 1, 2, 7  # RESOURCEID; bits 15 and 14 say that it is ignored or reserved
MEM_DES = struct.Struct("<IIQQII")  # count, type, first, last, flags, reserved
IO_DES = struct.Struct("<IIQQI")  # count, type, first, last, flags
PREFETCHABLE, MEMORY_WINDOW, MEMORY_BAR = 0x04, 0x40, 0x80  # MD_Flags
PORT_WINDOW, PORT_BAR = 0x80, 0x100  # IOD_DesFlags
BITS = 64


@dataclass(frozen=True, slots=True)
class Range:
    """A range of addresses that a function was assigned."""

    start: int
    end: int  # the last address
    is_memory: bool
    is_prefetchable: bool
    is_window: bool  # a bridge passes it on; else the function itself decodes it
    is_bar: bool  # it is a BAR's for sure; not every Windows says so

    @property
    def length(self) -> int:
        """Bytes."""
        return self.end - self.start + 1


def range_of(resource: Resource) -> Range | None:
    """The range; None for interrupts, bus numbers and what else is no range of addresses.

    Raises:
        ValueError: the descriptor ends early, or the range before it begins.
    """
    if resource.kind not in {MEMORY, PORTS, LARGE_MEMORY}:
        return None
    layout = IO_DES if resource.kind == PORTS else MEM_DES
    if len(resource.data) < layout.size:
        msg = f"descriptor of kind {resource.kind} has {len(resource.data)} bytes, expected {layout.size}"
        raise ValueError(msg)
    _, _, start, end, flags, *_ = layout.unpack_from(resource.data)
    if end < start or (end - start + 1) >> BITS:
        msg = f"{start:#x} to {end:#x} is no range"
        raise ValueError(msg)
    if resource.kind == PORTS:
        is_window, is_bar = bool(flags & PORT_WINDOW), bool(flags & PORT_BAR)
        return Range(start, end, is_memory=False, is_prefetchable=False, is_window=is_window, is_bar=is_bar)
    is_prefetchable, is_window, is_bar = (bool(flags & flag) for flag in (PREFETCHABLE, MEMORY_WINDOW, MEMORY_BAR))
    return Range(start, end, is_memory=True, is_prefetchable=is_prefetchable, is_window=is_window, is_bar=is_bar)
