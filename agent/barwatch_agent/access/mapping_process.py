"""The process that maps BARs and loads registers from them, so that a bus error ends it and not the agent.

Started as a script, without the site module and with few imports: it stays small. It reads batches of requests from
standard input and answers each request at once on standard output, so that whoever waits knows which register it died
of. It ends at the end of its input, which is how it ends with the agent.

A register is read by one load of exactly its width: ``ctypes`` copies a simple value with a memcpy of constant size.
Checked by disassembly on x86-64 in CPython 3.11.2 (Debian 12), 3.11.7, 3.12.1 and 3.13.0: ``movzbl``, ``movzwl``,
``mov`` of 32 and ``mov`` of 64 bits from the address, once each. ``struct`` and ``memoryview`` of a mapping are no
replacement: they may read byte by byte. The address comes from libc's mmap, since ``from_buffer`` asks for a mapping
that can be written.

A mapping is read-only, of the one page that holds the register, and stays until its file is another file: an
application keeps its mapping too, and only so does a mapping that went stale show.
"""

import ctypes
import errno
import os
import struct
import sys
import time

HEADER = struct.Struct("<II")  # number of requests, bytes of all of them
REQUEST = struct.Struct("<QHH")  # position in the file, width, length of the path that follows
ANSWER = struct.Struct("<IiQQ")  # index of the request, errno (0: there is a value), value, nanoseconds
READY = 0xFFFFFFFF  # index of the first answer: started

PROT_READ, MAP_SHARED = 1, 1  # include/uapi/asm-generic/mman-common.h, the same on all of Linux
S_IFMT, S_IFDIR = 0o170000, 0o040000  # include/uapi/linux/stat.h
PR_SET_DUMPABLE = 4  # include/uapi/linux/prctl.h
CELLS = {1: ctypes.c_uint8, 2: ctypes.c_uint16, 4: ctypes.c_uint32, 8: ctypes.c_uint64}


class Mappings:
    """Pages of files, mapped once and kept."""

    def __init__(self) -> None:
        self._libc = ctypes.CDLL(None, use_errno=True)
        self._map = getattr(self._libc, "mmap64", self._libc.mmap)
        self._map.restype = ctypes.c_void_p
        self._map.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_longlong]
        self._libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
        self._page_bytes = self._libc.getpagesize()
        self._identities: dict[str, tuple[int, int]] = {}
        self._pages: dict[tuple[str, int], int] = {}  # path and offset of the page: address

    def cell(self, path: str, position: int, width: int) -> "ctypes._SimpleCData[int]":
        """The register in memory; its ``value`` is one load."""
        status = os.stat(path)  # noqa: PTH116 pathlib would cost this process a megabyte
        if status.st_mode & S_IFMT == S_IFDIR:
            raise IsADirectoryError(errno.EISDIR, path)
        identity = (status.st_dev, status.st_ino)
        if self._identities.get(path) != identity:
            self._drop(path)
            self._identities[path] = identity
        within = position % self._page_bytes
        page = position - within
        if (path, page) not in self._pages:
            self._pages[path, page] = self._map_page(path, page)
        return CELLS[width].from_address(self._pages[path, page] + within)

    def _map_page(self, path: str, page: int) -> int:
        file = os.open(path, os.O_RDONLY)
        try:
            address: int | None = self._map(None, self._page_bytes, PROT_READ, MAP_SHARED, file, page)
        finally:
            os.close(file)
        if address is None or address == ctypes.c_void_p(-1).value:
            raise OSError(ctypes.get_errno(), "mmap")
        return address

    def _drop(self, path: str) -> None:
        for key in [key for key in self._pages if key[0] == path]:
            self._libc.munmap(self._pages.pop(key), self._page_bytes)

    def forbid_core_dump(self) -> None:
        """A bus error here is an answer, not a crash to be analysed."""
        self._libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)


def answer(mappings: Mappings, index: int, request: "tuple[str, int, int]") -> bytes:
    """The value of one register, or the errno of not mapping it."""
    try:
        cell = mappings.cell(*request)
    except OSError as exc:
        return ANSWER.pack(index, exc.errno or 0, 0, 0)
    began_ns = time.perf_counter_ns()
    value = cell.value
    return ANSWER.pack(index, 0, value, time.perf_counter_ns() - began_ns)


def split(count: int, batch: bytes) -> "list[tuple[str, int, int]]":
    """The requests of a batch: path, position, width."""
    requests = []
    start = 0
    for _ in range(count):
        position, width, length = REQUEST.unpack_from(batch, start)
        start += REQUEST.size + length
        requests.append((os.fsdecode(batch[start - length : start]), position, width))
    return requests


def receive(length: int) -> bytes:
    """So many bytes of standard input; fewer at its end."""
    content = b""
    while len(content) < length and (more := os.read(0, length - len(content))):
        content += more
    return content


def main() -> None:
    """Answer batches until the input ends."""
    mappings = Mappings()
    mappings.forbid_core_dump()
    os.write(1, ANSWER.pack(READY, 0, 0, 0))
    while len(header := receive(HEADER.size)) == HEADER.size:
        count, length = HEADER.unpack(header)
        for index, request in enumerate(split(count, receive(length))):
            os.write(1, answer(mappings, index, request))


if __name__ == "__main__":
    try:
        main()
    except BrokenPipeError:  # the agent is gone
        sys.exit(0)
