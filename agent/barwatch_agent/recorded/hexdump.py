"""Bytes as lines of hex that a person can read and compare: ``000: 86 80 57 0d ...``."""

import re

LINE = re.compile(r"([0-9a-f]{3,8}):((?: [0-9a-f]{2}){0,16})")
PER_LINE = 16
AGAIN = "*"


def to_hexdump(data: bytes) -> str:
    """Sixteen bytes a line behind their offset, and the length as the last line.

    Lines of zeros are left out; ``*`` stands for more lines like the one before, up to the next offset, as in hexdump.
    """
    lines, last = list[str](), b""
    for offset in range(0, len(data), PER_LINE):
        piece = data[offset : offset + PER_LINE]
        is_run = lines[-1:] == [AGAIN]
        if piece == last and any(piece):
            lines += [] if is_run else [AGAIN]
        elif any(piece) or is_run:
            lines.append(f"{offset:03x}: {piece.hex(' ')}")
        last = piece
    return "\n".join([*lines, f"{len(data):03x}:"]) + "\n"


def from_hexdump(text: str, limit: int) -> bytes:
    """The bytes of such a dump.

    Args:
        text: the lines; offsets ascend, and the last line is an offset alone.
        limit: the most bytes that are accepted.

    Raises:
        ValueError: a line is not of that form, overlaps the one before, or the length is missing or over the limit.
    """
    lines = [line.strip() for line in text.strip().splitlines()]
    length, rest = _parsed(lines[-1] if lines else "")
    if rest or length > limit:
        msg = f"the last line has to be the length alone, at most {limit:#x}, for example '100:'"
        raise ValueError(msg)
    data, end, last, is_run = bytearray(length), 0, b"", False
    for line in lines:
        if line == AGAIN and len(last) == PER_LINE:
            is_run = True
            continue
        offset, piece = _parsed(line)
        if offset < end or offset + len(piece) > length:
            msg = f"line {line[:80]!r}: overlaps the line before or the end"
            raise ValueError(msg)
        if is_run:
            data[end:offset] = _repeated(last, offset - end)
        data[offset : offset + len(piece)] = piece
        end, last, is_run = offset + len(piece), piece, False
    return bytes(data)


def _repeated(piece: bytes, length: int) -> bytes:
    return (piece * (length // len(piece) + 1))[:length]


def _parsed(line: str) -> tuple[int, bytes]:
    found = LINE.fullmatch(line)
    if found is None:
        msg = f"{line[:80]!r} is not an offset and up to {PER_LINE} bytes, for example '000: 86 80'"
        raise ValueError(msg)
    return int(found[1], 16), bytes.fromhex(found[2])
