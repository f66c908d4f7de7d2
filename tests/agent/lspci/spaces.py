"""Real configuration spaces for the tests of this folder: dumps, those of the decoders' tests, and recorded hosts."""

import re
from collections.abc import Iterator
from pathlib import Path

from barwatch_agent.recorded import load
from barwatch_agent.recorded.hexdump import from_hexdump

HERE = Path(__file__).parent
TESTS = HERE.parents[1]
ADDRESS = re.compile(r"[0-9a-f]{4}:[0-9a-f]{2}:[0-9a-f]{2}\.[0-7]")
LENGTHS = (64, 128, 256, 4096)  # what lspci -F takes

Spaces = dict[str, bytes]  # by where they come from


def all_spaces() -> dict[str, Spaces]:
    """By file: the configuration spaces in it."""
    found = {file.stem: dict(_of_dump(file)) for file in sorted((HERE / "dumps").glob("pciutils-*.txt"))}
    found |= {file.stem: {file.stem: _of_hex(file)} for file in sorted(TESTS.glob("proto/config_space/dumps/*.hex"))}
    for file in sorted(TESTS.glob("hosts/*.toml")):
        found[file.stem] = {path.split("/")[-2]: config for path, config in load(file).config.items()}
    return {
        name: {where: config for where, config in each.items() if config[:4] != b"\xff" * 4}
        for name, each in found.items()
    }


def as_lspci(spaces: Spaces) -> tuple[str, dict[str, str]]:
    """The text of ``lspci -xxxx``, each at an address of its own; and where each address comes from."""
    lines, where = [], {}
    for number, (name, config) in enumerate(spaces.items()):
        address = f"{number // 32:02x}:{number % 32:02x}.0"
        where[address] = name
        lines += [f"{address} Device", *_lines(_whole(config)), ""]
    return "\n".join([*lines, ""]), where


def dumped(name: str) -> Spaces:
    """The configuration spaces of one file in ``dumps``, by address."""
    return dict(_of_dump(HERE / "dumps" / f"{name}.txt"))


def _of_dump(file: Path) -> Iterator[tuple[str, bytes]]:
    """Addresses, each followed by hex lines in the form of a recorded host."""
    parts = re.split(r"^([0-9a-f:]+\.[0-7])\n", file.read_text(), flags=re.MULTILINE)
    for address, text in zip(parts[1::2], parts[2::2], strict=True):
        yield address, from_hexdump(text, 4096)


def _of_hex(file: Path) -> bytes:
    """A dump of the decoders' tests: lines that hold something, and the length in a comment."""
    text = file.read_text()
    length = int(re.search(r"^# length (\d+)", text, re.MULTILINE)[1])
    config = bytearray(length)
    for offset, piece in re.findall(r"^([0-9a-f]+): ([0-9a-f ]+)$", text, re.MULTILINE):
        data = bytes.fromhex(piece)
        config[int(offset, 16) : int(offset, 16) + len(data)] = data
    return bytes(config)


def _whole(config: bytes) -> bytes:
    """As long as lspci prints one; what a scan left out reads zeros."""
    length = next(length for length in LENGTHS if len(config) <= length)
    return config.ljust(length, b"\0")


def _lines(config: bytes) -> list[str]:
    return [f"{offset:02x}: {config[offset : offset + 16].hex(' ')}" for offset in range(0, len(config), 16)]
