"""What a mapping of a BAR shows in a recorded host: a length, a fill, and the values that somebody knows."""

from dataclasses import dataclass
from pathlib import Path

from barwatch_agent.errors import ConfigError
from barwatch_agent.reads import WIDTHS

MAX_LENGTH = 1 << 40  # sparse, so it costs nothing; GPUs with 256 GiB of memory show all of it in one BAR
MAX_FILLED = 64 << 20  # all ones cannot be sparse: they are written
FILLS = (0x00, 0xFF)
CHUNK = 1 << 20
PAGE = 4096


@dataclass(frozen=True, slots=True, order=True)
class BarValue:
    """One register's value, little-endian as on the bus."""

    offset: int  # bytes, a multiple of width
    width: int  # bytes: 1, 2, 4 or 8
    value: int


@dataclass(frozen=True, slots=True)
class BarContent:
    """One BAR: ``fill`` everywhere but at the values."""

    length_bytes: int
    fill: int = 0x00  # 0x00 or 0xff
    values: tuple[BarValue, ...] = ()  # ascending by offset


def check_bar(path: str, bar: BarContent) -> None:
    """Accept a BAR that can be laid down as a file.

    Raises:
        ConfigError: a length, fill or value is out of range, or two values overlap.
    """
    limit = MAX_FILLED if bar.fill else MAX_LENGTH
    if bar.fill not in FILLS or not 0 < bar.length_bytes <= limit:
        msg = f"{path!r}: a BAR has 1 to {limit} bytes, filled with 0x00 or 0xff; not {bar.length_bytes}"
        raise ConfigError(msg)
    end = 0
    for value in bar.values:
        if not _fits(value, bar.length_bytes) or value.offset < end:
            msg = (
                f"{path!r}: the value at {value.offset:#x} with width {value.width} is not aligned, does not fit the"
                f" BAR or its width, or overlaps the one before"
            )
            raise ConfigError(msg)
        end = value.offset + value.width


def write_bar(file: Path, bar: BarContent, skip: int) -> None:
    """Lay the BAR down as a sparse file that can be mapped as sysfs ``resourceN`` is.

    Args:
        file: where to.
        bar: what it shows.
        skip: bytes before the BAR, because a mapping begins at the page that the BAR begins in.
    """
    with file.open("xb") as out:
        out.seek(skip)
        if bar.fill:
            for start in range(0, bar.length_bytes, CHUNK):
                out.write(bytes([bar.fill]) * min(CHUNK, bar.length_bytes - start))
        out.truncate(skip + bar.length_bytes)
        for value in bar.values:
            out.seek(skip + value.offset)
            out.write(value.value.to_bytes(value.width, "little"))


def offset_in_page(name: str, resource: str) -> int:
    """How far into its page a BAR begins.

    Args:
        name: the BAR's file, ``resource5``.
        resource: what the file ``resource`` beside it holds, a line ``start end flags`` for each BAR.

    Source: Linux drivers/pci/pci-sysfs.c, pci_mmap_resource, which maps whole pages.
    """
    index, lines = name.removeprefix("resource"), resource.splitlines()
    if not index.isdecimal() or int(index) >= len(lines):
        return 0
    try:
        return int(lines[int(index)].split()[0], 16) % PAGE
    except (ValueError, IndexError):
        return 0


def _fits(value: BarValue, length: int) -> bool:
    return (
        value.width in WIDTHS
        and value.offset >= 0
        and value.offset % value.width == 0
        and value.offset + value.width <= length
        and 0 <= value.value < 1 << (8 * value.width)
    )
