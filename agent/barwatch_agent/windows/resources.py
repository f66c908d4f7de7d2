"""Resource descriptors of the configuration manager: memory and port ranges, from their bytes.

Source: Windows SDK cfgmgr32.h, MEM_DES, MEM_LARGE_DES and IO_DES, packed to one byte.
"""

import struct
from dataclasses import dataclass

from barwatch_agent.windows.facts import Resource

MEMORY, PORTS, LARGE_MEMORY = 1, 2, 7  # RESOURCEID; bits 15 and 14 say that it is ignored or reserved
MEM_DES = struct.Struct("<IIQQII")  # count, type, first, last, flags, reserved
IO_DES = struct.Struct("<IIQQI")  # count, type, first, last, flags
PREFETCHABLE, MEMORY_WINDOW = 0x04, 0x40  # MD_Flags
PORT_WINDOW = 0x80  # IOD_DesFlags
BITS = 64


@dataclass(frozen=True, slots=True)
class Range:
    """A range of addresses that a function was assigned."""

    start: int
    end: int  # the last address
    is_memory: bool
    is_prefetchable: bool
    is_window: bool  # a bridge passes it on; else the function itself decodes it

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
        return Range(start, end, is_memory=False, is_prefetchable=False, is_window=bool(flags & PORT_WINDOW))
    return Range(start, end, True, bool(flags & PREFETCHABLE), bool(flags & MEMORY_WINDOW))  # noqa: FBT003 in order
