"""Device properties: their keys, what their bytes say, and how they are written down.

Keys and types: Windows SDK devpkey.h and devpropdef.h, WDK pciprop.h. Only what the agent looks at is asked for.
"""

import re
import struct
from collections.abc import Mapping
from types import MappingProxyType
from uuid import UUID

from barwatch_agent.windows.facts import Property

DEVICE = UUID("a45c254e-df1c-4efd-8020-67d146a850e0")
RELATIONS = UUID("4340a6c5-93fa-4706-972c-7b648008a5a7")
CONTAINER = UUID("8c7ed206-3f8a-4827-b3ab-ae9e1faefc6c")
REMOVAL = UUID("afd97640-86a3-4210-b67c-289c41aabe55")
DRIVER = UUID("a8b865dd-2e3d-4094-ad97-e593a70c75d6")
LIFE = UUID("83da6326-97a6-4088-9453-a1923f573b29")
PCI = UUID("3ab22e31-8264-4b4e-9af5-a8d2d8e33e62")

KEYS: Mapping[str, tuple[UUID, int]] = MappingProxyType({
    "description": (DEVICE, 2),
    "hardware_ids": (DEVICE, 3),
    "service": (DEVICE, 6),
    "bus_number": (DEVICE, 23),  # segment << 8 | bus: PCI_SEGMENT_BUS_NUMBER, ntddk.h
    "address": (DEVICE, 30),  # device << 16 | function
    "power_data": (DEVICE, 32),  # CM_POWER_DATA
    "removal_policy": (DEVICE, 33),
    "location_paths": (DEVICE, 37),
    "parent": (RELATIONS, 8),
    "in_local_machine": (CONTAINER, 4),
    "safe_removal_required": (REMOVAL, 2),
    "driver_version": (DRIVER, 3),
    "dma_remapping_policy": (LIFE, 18),
    "device_type": (PCI, 1),
    "base_class": (PCI, 3),
    "sub_class": (PCI, 4),
    "prog_if": (PCI, 5),
    "payload_size": (PCI, 6),
    "read_request_size": (PCI, 8),
    "link_speed": (PCI, 9),
    "link_width": (PCI, 10),
    "max_link_speed": (PCI, 11),
    "max_link_width": (PCI, 12),
    "bar_types": (PCI, 16),
    "d3cold_support": (PCI, 38),
    "serial_number": (PCI, 40),
    "usb_dvsec_port_type": (PCI, 41),
    "is_tunneled": (PCI, 47),
})  # fmt: skip

BOOLEAN, STRING, BINARY, STRINGS = 0x11, 0x12, 0x1003, 0x2012
NUMBERS = MappingProxyType({  # DEVPROPTYPE: size and sign
    0x02: "<b", 0x03: "<B", 0x04: "<h", 0x05: "<H", 0x06: "<i", 0x07: "<I", 0x08: "<q", 0x09: "<Q", 0x18: "<I",
})  # fmt: skip
NAMES = MappingProxyType({
    0x02: "sbyte", 0x03: "byte", 0x04: "int16", 0x05: "uint16", 0x06: "int32", 0x07: "uint32", 0x08: "int64",
    0x09: "uint64", 0x18: "ntstatus", BOOLEAN: "boolean", STRING: "string", BINARY: "binary", STRINGS: "strings",
})  # fmt: skip
KINDS = MappingProxyType({name: kind for kind, name in NAMES.items()})
MAX_BYTES = 16 * 1024  # of one value: a list of hardware ids has some hundred
OTHER = re.compile(r"type_([0-9a-f]{1,8})")


def number(found: Property) -> int:
    """A number of any size.

    Raises:
        ValueError: it is something else, or not as long as its type.
    """
    layout = NUMBERS.get(found.kind)
    if layout is None or len(found.data) != struct.calcsize(layout):
        raise _not(found, "a number")
    return int(struct.unpack(layout, found.data)[0])


def boolean(found: Property) -> bool:
    """A DEVPROP_BOOLEAN: one byte, of which -1 is true.

    Raises:
        ValueError: it is something else.
    """
    if found.kind != BOOLEAN or len(found.data) != 1:
        raise _not(found, "a boolean")
    return found.data != b"\0"


def text(found: Property) -> str:
    """A string.

    Raises:
        ValueError: it is something else.
    """
    if found.kind != STRING:
        raise _not(found, "a string")
    return utf16(found.data)


def texts(found: Property) -> tuple[str, ...]:
    """A list of strings.

    Raises:
        ValueError: it is something else.
    """
    if found.kind != STRINGS:
        raise _not(found, "a list of strings")
    return multi_sz(found.data)


def binary(found: Property) -> bytes:
    """Bytes.

    Raises:
        ValueError: it is something else.
    """
    if found.kind != BINARY:
        raise _not(found, "binary")
    return found.data


def utf16(data: bytes) -> str:
    """Text up to its NUL, or to the end where there is none; what is no UTF-16 becomes replacement characters."""
    return data.decode("utf-16-le", errors="replace").partition("\0")[0]


def multi_sz(data: bytes) -> tuple[str, ...]:
    """The strings of a list that ends with an empty one, or with the data."""
    found = data.decode("utf-16-le", errors="replace").split("\0")
    return tuple(found[: found.index("")] if "" in found else found)


def to_text(found: Property) -> str:
    """The value as a line: ``uint32 5``; a list of strings has a line for each, what is no such value is in hex."""
    name = NAMES.get(found.kind)
    value = _written(found) if name else None
    if value is not None and from_text(f"{name} {value}") == found:
        return f"{name} {value}"
    return f"type_{found.kind:x} {found.data.hex()}"


def from_text(line: str) -> Property:
    """The value that such a line stands for.

    Raises:
        ValueError: it is no such line.
    """
    name, _, value = line.partition(" ")
    other = OTHER.fullmatch(name)
    if other:
        return Property(int(other[1], 16), _bounded(bytes.fromhex(value)))
    kind = KINDS.get(name)
    if kind is None:
        msg = f"{name[:40]!r} is no type of a property"
        raise ValueError(msg)
    return Property(kind, _bounded(_read(kind, value)))


def _written(found: Property) -> str | None:
    if found.kind in NUMBERS and len(found.data) == struct.calcsize(NUMBERS[found.kind]):
        return str(number(found))
    if found.kind == BOOLEAN:
        return "true" if found.data == b"\xff" else "false"
    if found.kind == STRING:
        return utf16(found.data)
    if found.kind == STRINGS:
        return "\n".join(multi_sz(found.data))
    return found.data.hex() if found.kind == BINARY else None


def _read(kind: int, value: str) -> bytes:
    if kind in NUMBERS:
        try:
            return struct.pack(NUMBERS[kind], int(value[:24]))
        except struct.error as error:
            raise ValueError(str(error)) from error
    if kind == BOOLEAN:
        return {"true": b"\xff", "false": b"\0"}.get(value, b"")
    if kind == STRING:
        return f"{value}\0".encode("utf-16-le", errors="replace")
    if kind == STRINGS:
        lines = value.split("\n") if value else []
        return "".join(f"{line}\0" for line in [*lines, ""]).encode("utf-16-le", errors="replace")
    return bytes.fromhex(value)


def _bounded(data: bytes) -> bytes:
    if len(data) > MAX_BYTES:
        msg = f"{len(data)} bytes are more than the {MAX_BYTES} of a property"
        raise ValueError(msg)
    return data


def _not(found: Property, wanted: str) -> ValueError:
    shown = found.data[:16].hex()
    return ValueError(f"type {found.kind:#x} with {len(found.data)} bytes ({shown}) is not {wanted}")
