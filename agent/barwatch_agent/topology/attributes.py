"""What the text files of sysfs say: text in, values out, no I/O.

Each parser raises ValueError with a message for people when the text is rubbish, and returns None when Linux itself
says that it does not know. Source of the formats: Linux Documentation/ABI/testing/sysfs-bus-pci and
drivers/pci/pci-sysfs.c.
"""

import re
from types import MappingProxyType

from barwatch_proto.config_space.link import WIDTHS
from barwatch_proto.pci import BarKind
from barwatch_proto.topology import Bar

# Linux include/linux/ioport.h
IORESOURCE_IO = 0x100
IORESOURCE_MEM = 0x200
IORESOURCE_PREFETCH = 0x2000
IORESOURCE_MEM_64 = 0x100000
IORESOURCE_UNSET = 0x20000000  # start is an offset, not an address

BARS = 6  # the lines after them are ROM, virtual functions and bridge windows
HEX = re.compile(r"0x[0-9a-fA-F]{1,16}")
WHOLE = re.compile(r"\d{1,19}")
SPEED = re.compile(r"(\d{1,4}(?:\.\d)?) GT/s(?: PCIe)?")
ID_BITS, CLASS_BITS, REVISION_BITS = 16, 24, 8  # PCIe Base Spec 6.0, 7.5.1.1 common configuration registers
ADDRESS_BITS = 64
UNKNOWN_LANES = frozenset({0, 255})  # link down; PCIE_LNK_WIDTH_UNKNOWN
POWER_STATES = frozenset({"D0", "D1", "D2", "D3hot", "D3cold"})
NO_POWER_STATE = frozenset({"unknown", "error"})
RUNTIME = frozenset({"active", "suspended", "suspending", "resuming", "error", "unsupported"})
REMOVABLE = MappingProxyType({"removable": True, "fixed": False, "unknown": None})


def hex_number(text: str) -> int:
    """A number that Linux prints as ``0x10de``."""
    if HEX.fullmatch(text) is None:
        raise _rubbish(text, "a number such as 0x10de")
    return int(text, 16)


def pci_id(text: str) -> int:
    """A vendor, a device, or one of the two of a subsystem."""
    return _register(text, ID_BITS)


def class_code(text: str) -> int:
    """Base class, subclass and programming interface."""
    return _register(text, CLASS_BITS)


def revision(text: str) -> int:
    """A revision."""
    return _register(text, REVISION_BITS)


def whole_number(text: str) -> int:
    """A decimal number from 0 up."""
    if WHOLE.fullmatch(text) is None:
        raise _rubbish(text, "a whole number")
    return int(text)


def switch(text: str) -> bool:
    """``1`` or ``0``."""
    if text not in {"0", "1"}:
        raise _rubbish(text, "0 or 1")
    return text == "1"


def link_speed(text: str) -> float | None:
    """GT/s from ``16.0 GT/s PCIe``; None when Linux says that it does not know."""
    if text.startswith("Unknown"):
        return None
    found = SPEED.fullmatch(text)
    if found is None:
        raise _rubbish(text, "a speed such as 16.0 GT/s PCIe")
    return float(found[1])


def link_width(text: str) -> int | None:
    """Lanes; None when the link is down or Linux does not know."""
    lanes = whole_number(text)
    if lanes in UNKNOWN_LANES:
        return None
    if lanes not in WIDTHS:
        raise _rubbish(text, "a number of lanes")
    return lanes


def error_total(text: str) -> int:
    """Errors since boot: the line ``TOTAL_ERR_COR 3``, which need not be the sum of the lines above it."""
    last = text.rpartition("\n")[2].split()
    if len(last) != 2 or not last[0].startswith("TOTAL_ERR_"):  # noqa: PLR2004 a name and a number
        raise _rubbish(text, "error counts that end with a TOTAL_ERR_ line")
    return whole_number(last[1])


def removable(text: str) -> bool | None:
    """Whether the OS says that the function can be taken away."""
    if text not in REMOVABLE:
        raise _rubbish(text, "removable, fixed or unknown")
    return REMOVABLE[text]


def power_state(text: str) -> str | None:
    """``D0`` to ``D3cold``; None when Linux does not know."""
    if text not in POWER_STATES | NO_POWER_STATE:
        raise _rubbish(text, "a power state")
    return text if text in POWER_STATES else None


def runtime_status(text: str) -> str:
    """The word of runtime power management, for example ``suspended``."""
    if text not in RUNTIME:
        raise _rubbish(text, "a runtime power management status")
    return text


def assigned_bars(text: str) -> tuple[Bar, ...]:
    """The BARs of the file ``resource``: a line ``start end flags`` for each, zeros where there is none."""
    bars = (_bar(index, line) for index, line in enumerate(text.splitlines()[:BARS]))
    return tuple(bar for bar in bars if bar is not None)


def _bar(index: int, line: str) -> Bar | None:
    parts = line.split()
    if len(parts) != 3:  # noqa: PLR2004 start, end, flags
        raise _rubbish(line, "start, end and flags")
    start, end, flags = (hex_number(part) for part in parts)
    if not flags & (IORESOURCE_IO | IORESOURCE_MEM):
        return None
    if end < start:
        raise _rubbish(line, "a range: it ends before it starts")
    if (end - start + 1) >> ADDRESS_BITS:
        raise _rubbish(line, "a range: it is all there is")
    is_assigned = bool(start) and not flags & IORESOURCE_UNSET
    return Bar(index, _kind(flags), bool(flags & IORESOURCE_PREFETCH), end - start + 1, start if is_assigned else None)


def _register(text: str, bits: int) -> int:
    """A hexadecimal number that fits its register: what does not was never read from one, and the wire has no room."""
    number = hex_number(text)
    if number >> bits:
        raise _rubbish(text, f"a number of {bits} bits")
    return number


def _kind(flags: int) -> BarKind:
    if flags & IORESOURCE_IO:
        return BarKind.IO
    return BarKind.MEMORY_64 if flags & IORESOURCE_MEM_64 else BarKind.MEMORY_32


def _rubbish(text: str, expected: str) -> ValueError:
    shown = text if len(text) <= 40 else text[:40] + "..."  # noqa: PLR2004 enough to recognise it by
    return ValueError(f"{shown!r} is not {expected}" if text else f"empty, expected {expected}")
