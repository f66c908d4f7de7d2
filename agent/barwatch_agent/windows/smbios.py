"""The SMBIOS table as Windows hands it out: structures with their strings.

Source: DMTF DSP0134 (SMBIOS 3.7), 6.1.2 structure header, 6.1.3 text strings; Microsoft Learn, RawSMBIOSData.
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType

PREFIX = 8  # RawSMBIOSData before the table: method, versions, length
HEADER = 4  # type, length, handle
END = 127
MAX_STRUCTURES = 4_096
FIRMWARE, SYSTEM, BOARD, ENCLOSURE = 0, 1, 2, 3  # types of structures
UUID_AT = slice(0x08, 0x18)  # of the system; DSP0134, 7.2: little-endian where a GUID has numbers
STRINGS_AT = {  # offsets that hold numbers of strings
    FIRMWARE: (0x04, 0x05, 0x08),
    SYSTEM: (0x04, 0x05, 0x06, 0x07, 0x19, 0x1A),
    BOARD: (0x04, 0x05, 0x06, 0x07, 0x08, 0x0A),
    ENCLOSURE: (0x04, 0x06, 0x07, 0x08),
}
KEPT = {FIRMWARE: {0x04, 0x05, 0x08}, SYSTEM: {0x04, 0x05, 0x06}, BOARD: {0x04}, ENCLOSURE: set[int]()}


@dataclass(frozen=True, slots=True)
class Structure:
    """One structure: its formatted part, and the strings after it."""

    kind: int
    data: bytes
    strings: tuple[str, ...]

    def byte(self, offset: int) -> int | None:
        """A byte of the formatted part; None where this version of it ends before."""
        return self.data[offset] if offset < len(self.data) else None

    def string(self, offset: int) -> str | None:
        """The string whose number is at an offset; empty where none is given; None where the structure has no such."""
        number = self.byte(offset)
        if number is None or number > len(self.strings):
            return None
        return self.strings[number - 1] if number else ""


def structures(raw: bytes) -> Mapping[int, Structure]:
    """The first structure of each type; what comes after rubbish is lost."""
    found: dict[int, Structure] = {}
    for each in _structures(raw[PREFIX : PREFIX + int.from_bytes(raw[4:8], "little")]):
        found.setdefault(each.kind, each)
    return MappingProxyType(found)


def _structures(table: bytes) -> Iterator[Structure]:
    at = 0
    for _ in range(MAX_STRUCTURES):
        length = table[at + 1] if at + HEADER <= len(table) else 0
        if length < HEADER or at + length > len(table):
            return
        end = table.find(b"\0\0", at + length)
        if end < 0:
            return
        texts = table[at + length : end].split(b"\0")
        strings = tuple(text.decode("utf-8", errors="replace").strip() for text in texts if text)
        yield Structure(table[at], table[at : at + length], strings)
        if table[at] == END:
            return
        at = end + 2


def anonymous(raw: bytes) -> bytes:
    """The table with the four structures that are looked at, without serial numbers, asset tags and UUID."""
    found = structures(raw)
    table = b"".join(_kept(found[kind]) for kind in sorted(KEPT) if kind in found)
    return raw[:4] + len(table).to_bytes(4, "little") + table


def _kept(structure: Structure) -> bytes:
    """Strings that nobody looks at become none; offsets stay."""
    offsets = KEPT[structure.kind]
    data = bytearray(structure.data)
    strings: list[str] = []
    for offset in STRINGS_AT[structure.kind]:
        text = structure.string(offset) if offset in offsets else None
        if offset < len(data):
            strings += [text] if text else []
            data[offset] = len(strings) if text else 0
    if structure.kind == SYSTEM:
        data[UUID_AT] = bytes(len(data[UUID_AT]))
    return bytes(data) + b"".join(f"{text}\0".encode() for text in strings or [""]) + b"\0"
