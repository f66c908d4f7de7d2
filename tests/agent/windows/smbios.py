"""SMBIOS tables as firmware has them, in the wrapping of Windows."""

import struct

SYSTEM = bytes([1, 2, 3, 4]) + bytes(range(16)) + bytes([6, 5, 0])


def structure(kind, data, *texts):
    strings = b"".join(text.encode() + b"\0" for text in texts) or b"\0"
    return bytes([kind, len(data) + 4]) + struct.pack("<H", 0x100 + kind) + data + strings + b"\0"


def table(*structures):
    whole = b"".join((*structures, structure(127, b"")))
    return bytes([0, 3, 2, 0]) + struct.pack("<I", len(whole)) + whole


def machine(vendor="LENOVO", model="20L5CTO1WW", chassis=10):
    """A machine with a serial number and a UUID."""
    return table(
        structure(0, bytes([1, 2, 0, 0xE0, 3, 0xFF]) + bytes(10), vendor, "N24ET76W (1.51 )", "02/27/2024"),
        structure(1, SYSTEM, vendor, model, "v1", "SERIAL-1", "SKU-9"),
        structure(2, bytes([1, 0, 0, 2, 3, 0, 0]) + bytes(4), vendor, "SERIAL-2", "ASSET-2"),
        structure(3, bytes([1, chassis, 0, 2, 3, 3, 3, 3, 2]) + bytes(8), vendor, "SERIAL-3", "ASSET-3"),
    )
