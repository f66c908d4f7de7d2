"""Configuration space as people paste it: lspci -x, the lines of a recorded host, or the kernel's dumps of dwords."""

import re

from barwatch_agent.recorded.hexdump import from_hexdump

MOST = 4096  # bytes: PCIe Base Spec 6.0, 7.2.2
OFFSET = re.compile(r"([0-9a-fA-F]{2,8}):\s*(.*)")
BYTES = re.compile(r"(?:[0-9a-fA-F]{2}\s+)*[0-9a-fA-F]{2}")
DWORDS = re.compile(r"(?:[0-9a-fA-F]{8}\s+)*[0-9a-fA-F]{8}")
LENGTH_ALONE = re.compile(r"[0-9a-f]{3,8}:")


def parse_config(text: str) -> bytes:
    """The bytes of a configuration space.

    Args:
        text: ``00: 86 80 57 0d`` line by line from offset 0 and without holes, or dwords in the host's order
            (``00: 0d578086``, as the kernel prints them), or a recorded host's dump, which ends with its length alone
            and may leave out zeros.

    Raises:
        ValueError: a line is not of that form, is not where the one before ended, or there are more than 4096 bytes.
    """
    lines = [line.strip() for line in text.strip().splitlines() if line.strip()]
    if lines and LENGTH_ALONE.fullmatch(lines[-1]):
        return from_hexdump("\n".join(lines), MOST)
    data = bytearray()
    for line in lines:
        offset, piece = _line(line)
        if offset != len(data):
            msg = f"{line[:60]!r} begins at {offset:#x}, the line before ended at {len(data):#x}"
            raise ValueError(msg)
        data += piece
    if len(data) > MOST:
        msg = f"more than {MOST} bytes"
        raise ValueError(msg)
    return bytes(data)


def _line(line: str) -> tuple[int, bytes]:
    found = OFFSET.fullmatch(line)
    if found and DWORDS.fullmatch(found[2]):
        return int(found[1], 16), b"".join(int(word, 16).to_bytes(4, "little") for word in found[2].split())
    if found and BYTES.fullmatch(found[2]):
        return int(found[1], 16), bytes.fromhex(found[2])
    msg = f"{line[:60]!r} is not an offset and bytes, for example '00: 86 80 57 0d'"
    raise ValueError(msg)
