"""Reading configuration space, from sysfs or elsewhere: only the registers that a topology needs.

4096 bytes are 1024 reads on the bus, about a millisecond, and some devices do not like reads of registers that they do
not have. So the extended capability list is followed and the first 64 bytes of each structure are read, as lspci does.
"""

import os
from collections.abc import Callable
from functools import partial

from barwatch_agent.roots import why
from barwatch_agent.topology.sysfs import GONE
from barwatch_proto.config_space.capabilities import FIRST_EXTENDED

STRUCTURE = 64  # bytes; no structure that we decode is longer: SR-IOV has 64, Resizable BAR with six BARs 52
CONFIG_BYTES = 4096  # PCIe Base Spec 6.0, 7.2.2
UNREAD = b"\xff"  # what was not read is unknown, as for a decoder all ones are
ORDINARY_USER_BYTES = 64  # Linux drivers/pci/pci-sysfs.c, pci_read_config


def read_config_space(path: str) -> tuple[bytes, str | None]:
    """The configuration space in a file ``config``, and why it is empty or short.

    The first 256 bytes are as read. Beyond them only extended capabilities are, everything between reads all ones.
    """
    try:
        handle = os.open(path, os.O_RDONLY)
        try:
            config = walk(partial(_read_at, handle))
        finally:
            os.close(handle)
    except OSError as error:
        return b"", "missing" if error.errno in GONE else why(error)
    return config, _shortness(config)


def walk(read: Callable[[int, int], bytes]) -> bytes:
    """Configuration space as far as it is needed, by a way to read so many bytes at an offset.

    ``read`` returns less where configuration space ends, or where the reader may not see more of it.
    """
    config = bytearray(read(0, FIRST_EXTENDED))
    offset, seen = FIRST_EXTENDED, set[int]()
    while len(config) >= FIRST_EXTENDED and offset >= FIRST_EXTENDED and offset not in seen:
        seen.add(offset)
        structure = read(offset, min(STRUCTURE, CONFIG_BYTES - offset))
        _put(config, offset, structure)
        header = int.from_bytes(structure[:4], "little")
        offset = header >> 20 & ~3  # PCIe Base Spec 6.0, 7.6.3; 0 at the end of the list, 0xffc in all ones
    return bytes(config)


def _read_at(handle: int, offset: int, length: int) -> bytes:
    os.lseek(handle, offset, os.SEEK_SET)
    return os.read(handle, length)


def _shortness(config: bytes) -> str | None:
    if len(config) >= FIRST_EXTENDED:
        return None
    reason = " (not root?)" if len(config) == ORDINARY_USER_BYTES else ""
    return f"{len(config)} of 256 bytes or more{reason}: capabilities unknown"


def _put(config: bytearray, offset: int, structure: bytes) -> None:
    """Structure into config, which grows as needed; nothing grows for a file that ends before."""
    if structure:
        config.extend(UNREAD * (offset - len(config)))
        config[offset : offset + len(structure)] = structure
