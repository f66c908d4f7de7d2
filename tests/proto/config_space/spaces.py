"""Configuration spaces for tests: real ones from the folder dumps, and made ones."""

from collections.abc import Mapping
from pathlib import Path

DUMPS = Path(__file__).parent / "dumps"


def parse_dump(text: str) -> bytes:
    """The bytes of an lspci -xxxx dump; lines that are left out hold zeros."""
    lines = text.splitlines()
    length = int(next(line for line in lines if line.startswith("# length")).split()[-1])
    config = bytearray(length)
    for line in lines:
        if not line.startswith("#"):
            offset, _, values = line.partition(": ")
            data = bytes.fromhex(values)
            config[int(offset, 16) : int(offset, 16) + len(data)] = data
    return bytes(config)


def make_config(parts: Mapping[int, str], length: int = 256) -> bytes:
    """Zeros with hex digits at offsets."""
    config = bytearray(length)
    for offset, digits in parts.items():
        data = bytes.fromhex(digits)
        config[offset : offset + len(data)] = data
    return bytes(config)


def dumped(name: str) -> bytes:
    """A real configuration space from the folder dumps, by name."""
    return parse_dump((DUMPS / f"{name}.hex").read_text(encoding="utf-8"))
