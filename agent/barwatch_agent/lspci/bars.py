"""The file ``resource`` of a function: addresses are in the BAR registers, sizes only in the text of lspci -v."""

from collections.abc import Mapping
from dataclasses import dataclass

from barwatch_agent.lspci.described import Described, Region
from barwatch_proto.config_space import overview

BARS = 6
ROM = 1  # one more line: the expansion ROM
NOTHING = "0x0000000000000000 0x0000000000000000 0x0000000000000000"
# Flags as Linux prints them: include/linux/ioport.h, with the type bits of the BAR register below
IO = 0x40101
MEMORY = 0x40200
PREFETCHABLE = 0x2008
MEMORY_64 = 0x100004
UNSET = 0x20000000
IO_BIT, TYPE_64, TYPE_MASK = 1, 4, 6  # of a BAR register: PCI Local Bus Spec 3.0, 6.2.5.1


@dataclass(frozen=True, slots=True)
class Assigned:
    """What one BAR register says."""

    is_io: bool
    start: int


def resource_file(function: Described) -> str | None:
    """The file's text; None where nothing tells the sizes."""
    placed = _placed(function)
    if not placed and not (function.has_details and not registers(function)):
        return None
    lines = [_line(placed[index]) if index in placed else NOTHING for index in range(BARS)]
    return "\n".join([*lines, *[NOTHING] * ROM, ""])


def unknown_bars(function: Described) -> list[int]:
    """The BARs that hold an address and of which nobody tells the size."""
    return sorted(registers(function).keys() - _placed(function).keys())


def registers(function: Described) -> Mapping[int, Assigned]:
    """The BAR registers that hold something, by BAR; a register that reads all ones holds nothing that is known."""
    header = overview(function.config).header if function.config else None
    if header is None:
        return {}
    raw, found, index = header.bar_registers, dict[int, Assigned](), 0
    while index < len(raw):
        low = raw[index]
        is_wide = low is not None and not low & IO_BIT and low & TYPE_MASK == TYPE_64
        high = raw[index + 1] if is_wide and index + 1 < len(raw) else 0
        if low and high is not None:
            found[index] = Assigned(bool(low & IO_BIT), low & ~3 if low & IO_BIT else high << 32 | low & ~0xF)
        index += 2 if is_wide else 1
    return found


def _placed(function: Described) -> dict[int, Region]:
    """Regions by BAR: those that are numbered, and those whose address a register holds."""
    by_place = {(each.is_io, each.start): index for index, each in registers(function).items()}
    placed: dict[int, Region] = {}
    for region in function.regions:
        index = by_place.get((region.is_io, region.start or 0)) if region.index is None else region.index
        if index is not None:
            placed[index] = region
    return placed


def _line(region: Region) -> str:
    start = region.start or 0
    return f"{start:#018x} {start + region.length_bytes - 1:#018x} {_flags(region):#018x}"


def _flags(region: Region) -> int:
    flags = IO if region.is_io else MEMORY
    flags |= PREFETCHABLE if region.is_prefetchable else 0
    flags |= MEMORY_64 if region.is_64bit else 0
    return flags | (0 if region.start else UNSET)
