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
application keeps its mapping too, and only so does a mapping that went stale show. Where a request names the driver's
device and brings a ``struct bw_map`` (driver/include/barwatch_ioctl.h), the driver says where in its device the page
is. It takes such mappings back when they go stale; then the load ends this process.

On Windows the driver is the only one who maps, into this process itself, so its answer is the address. The load is the
same: CPython 3.11.9 of python.org has ``movl (%rcx),%r9d`` for four bytes. ctypes makes exceptions of access violations
in calls of foreign code alone (``string_at``), which is no load of exactly one width.
"""

import ctypes
import errno
import os
import struct
import sys
import time

HEADER = struct.Struct("<II")  # number of requests, bytes of all of them
REQUEST = struct.Struct("<QHHHH")  # position in the file, width, lengths of what follows: see ``split``
ANSWER = struct.Struct("<IiQQ")  # index of the request, errno or driver's status (0: a value), value, nanoseconds
READY = 0xFFFFFFFF  # index of the first answer: started

PROT_READ, MAP_SHARED = 1, 1  # include/uapi/asm-generic/mman-common.h, the same on all of Linux
S_IFMT, S_IFDIR = 0o170000, 0o040000  # include/uapi/linux/stat.h
PR_SET_DUMPABLE = 4  # include/uapi/linux/prctl.h
MAP_COMMAND = 0xBA05  # driver/include/barwatch_ioctl.h, BW_IOCTL_MAP
WINDOWS_MAP = 0xBA006014  # the same on Windows: CTL_CODE(0xba00, 0x805, METHOD_BUFFERED, FILE_READ_ACCESS)
GENERIC_READ, SHARED, EXISTING = 0x80000000, 3, 3  # winnt.h, fileapi.h: to read, shared with all, only if it is there
NO_BOXES = 0x8003  # errhandlingapi.h: SEM_FAILCRITICALERRORS | SEM_NOGPFAULTERRORBOX | SEM_NOOPENFILEERRORBOX
PAGE_BYTES = 4096  # of every Windows that has this driver
WINDOWS_ERRNO = {2: errno.ENOENT, 5: errno.EACCES, 4: errno.EMFILE, 50: errno.EOPNOTSUPP, 87: errno.EINVAL}
MAP = struct.Struct("=II8sQBBHIQQII")  # struct bw_map
DENIED_POLICY, DENIED_OWNER = 0x101, 0x102  # enum bw_status: no rule grants it, or none shares it with a driver
DENIED_LIMIT = 0x105  # this handle has as many mappings as it may
CELLS = {1: ctypes.c_uint8, 2: ctypes.c_uint16, 4: ctypes.c_uint32, 8: ctypes.c_uint64}


class Memory:
    """Pages of files, mapped by libc."""

    def __init__(self) -> None:
        self.libc = ctypes.CDLL(None, use_errno=True)
        self._map = getattr(self.libc, "mmap64", self.libc.mmap)
        self._map.restype = ctypes.c_void_p
        self._map.argtypes = [ctypes.c_void_p, ctypes.c_size_t, *[ctypes.c_int] * 3, ctypes.c_longlong]
        self.libc.munmap.argtypes = [ctypes.c_void_p, ctypes.c_size_t]
        self.libc.ioctl.argtypes = [ctypes.c_int, ctypes.c_ulong, ctypes.c_void_p]
        self.page_bytes: int = self.libc.getpagesize()

    def map(self, file: int, position: int) -> int:
        """Where the page that begins at a position of an open file is from now on."""
        address: int | None = self._map(None, self.page_bytes, PROT_READ, MAP_SHARED, file, position)
        if address is None or address == ctypes.c_void_p(-1).value:
            raise OSError(ctypes.get_errno(), "mmap")
        return address

    def unmap(self, address: int) -> None:
        """The page is nowhere."""
        self.libc.munmap(address, self.page_bytes)

    def forbid_core_dump(self) -> None:
        """A bus error here is an answer, not a crash to be analysed."""
        self.libc.prctl(PR_SET_DUMPABLE, 0, 0, 0, 0)

    def open(self, path: str) -> int:
        """A handle of the driver's device."""
        return os.open(path, os.O_RDONLY)

    def close(self, device: int) -> None:
        """The handle, and with it what the driver mapped for it, is no more."""
        os.close(device)

    def ask(self, device: int, buffer: "ctypes.Array[ctypes.c_char]") -> None:
        """The driver's MAP: the buffer comes back filled."""
        if self.libc.ioctl(device, MAP_COMMAND, buffer):
            raise OSError(ctypes.get_errno(), "ioctl")


class WindowsMemory(Memory):
    """Pages that the driver maps into this process itself: where they are is its answer."""

    def __init__(self, kernel32: "ctypes.CDLL") -> None:
        self._kernel32 = kernel32
        word, pointer = ctypes.c_uint32, ctypes.c_void_p
        kernel32.CreateFileW.restype = pointer
        kernel32.CreateFileW.argtypes = [ctypes.c_wchar_p, word, word, pointer, word, word, pointer]
        kernel32.DeviceIoControl.argtypes = [pointer, word, pointer, word, pointer, word, pointer, pointer]
        kernel32.CloseHandle.argtypes = [ctypes.c_void_p]
        self.page_bytes = PAGE_BYTES

    def map(self, file: int, position: int) -> int:  # noqa: ARG002 the driver has mapped it
        """Where the page is: what the driver answered."""
        return position

    def unmap(self, address: int) -> None:
        """The page goes with its handle."""

    def forbid_core_dump(self) -> None:
        """An access violation here is an answer: no window, no report, no debugger."""
        self._kernel32.SetErrorMode(NO_BOXES)

    def open(self, path: str) -> int:
        """A handle of the driver's device."""
        handle: int | None = self._kernel32.CreateFileW(
            path.rstrip("\\"), GENERIC_READ, SHARED, None, EXISTING, 0, None
        )
        if handle is None or handle == ctypes.c_void_p(-1).value:
            raise last_error()
        return handle

    def close(self, device: int) -> None:
        """The handle, and with it what the driver mapped for it, is no more."""
        self._kernel32.CloseHandle(device)

    def ask(self, device: int, buffer: "ctypes.Array[ctypes.c_char]") -> None:
        """The driver's MAP: the buffer comes back filled."""
        length, returned = len(buffer), ctypes.c_uint32()
        answered = self._kernel32.DeviceIoControl(
            device, WINDOWS_MAP, buffer, length, buffer, length, ctypes.byref(returned), None
        )
        if not answered:
            raise last_error()


def last_error() -> OSError:
    """The latest error of Windows, in the words of errno."""
    code = 0
    if sys.platform == "win32":
        code = ctypes.get_last_error()
    return OSError(WINDOWS_ERRNO.get(code, errno.EIO), f"Windows error {code}")


class FilePages:
    """Pages of files that the kernel offers for BARs, mapped once and kept as long as the file is the same."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._identities: dict[str, tuple[int, int]] = {}
        self._pages: dict[tuple[str, int], int] = {}  # path and position of the page: address

    def find(self, path: str, position: int) -> int:
        """The address of a position in a file."""
        status = os.stat(path)  # noqa: PTH116 pathlib would cost this process a megabyte
        if status.st_mode & S_IFMT == S_IFDIR:
            raise IsADirectoryError(errno.EISDIR, path)
        identity = (status.st_dev, status.st_ino)
        if self._identities.get(path) != identity:
            self._drop(path)
            self._identities[path] = identity
        within = position % self._memory.page_bytes
        key = (path, position - within)
        if key not in self._pages:
            self._pages[key] = self._mapped(*key)
        return self._pages[key] + within

    def _mapped(self, path: str, position: int) -> int:
        file = os.open(path, os.O_RDONLY)
        try:
            return self._memory.map(file, position)
        finally:
            os.close(file)

    def _drop(self, path: str) -> None:
        for key in [key for key in self._pages if key[0] == path]:
            self._memory.unmap(self._pages.pop(key))


class DriverPages:
    """Pages that the driver grants, mapped once and kept until it takes them back, which ends this process."""

    def __init__(self, memory: Memory) -> None:
        self._memory = memory
        self._device: int | None = None  # the handle that the mappings belong to
        self._pages: dict[tuple[bytes, int, int], int] = {}  # function, BAR, offset of the page in it: address

    def find(self, path: str, asked: bytes) -> int:
        """The address of the register that a ``struct bw_map`` names."""
        _, _, function, offset, bar, *_ = MAP.unpack(asked)
        within: int = offset % self._memory.page_bytes
        key = (function, bar, offset - within)
        if key not in self._pages:
            self._pages[key] = self._mapped(path, asked)
        return self._pages[key] + within

    def _mapped(self, path: str, asked: bytes) -> int:
        status, position = self._ask(path, asked)
        if status == DENIED_LIMIT and self._pages:  # a handle has only so many mappings: begin anew
            self._drop()
            status, position = self._ask(path, asked)
        if status or self._device is None:
            raise OSError(status, "MAP")
        return self._memory.map(self._device, position)

    def _ask(self, path: str, asked: bytes) -> "tuple[int, int]":
        """The driver's status, and where in its device the page is."""
        if self._device is None:
            self._device = self._memory.open(path)
        buffer = ctypes.create_string_buffer(asked, len(asked))
        self._memory.ask(self._device, buffer)
        *_, status, position, _, _, _ = MAP.unpack(buffer.raw)
        return status, position

    def _drop(self) -> None:
        while self._pages:
            self._memory.unmap(self._pages.popitem()[1])
        if self._device is not None:
            self._memory.close(self._device)
            self._device = None


class Mappings:
    """Registers in memory, whoever grants the page."""

    def __init__(self, memory: Memory) -> None:
        self._files = FilePages(memory)
        self._granted = DriverPages(memory)

    def cell(self, position: int, width: int, path: str, device: str, asked: bytes) -> "ctypes._SimpleCData[int]":
        """The register; its ``value`` is one load."""
        return CELLS[width].from_address(self._find(position, path, device, asked))

    def _find(self, position: int, path: str, device: str, asked: bytes) -> int:
        """The driver's page where there is a device; the file's where there is none, or where it does not grant it."""
        if not device:
            return self._files.find(path, position)
        try:
            return self._granted.find(device, asked)
        except OSError as exc:
            if not path or exc.errno not in {DENIED_POLICY, DENIED_OWNER}:
                raise
        return self._files.find(path, position)


def answer(mappings: Mappings, index: int, request: "tuple[int, int, str, str, bytes]") -> bytes:
    """The value of one register, or the errno or driver's status of not mapping it."""
    try:
        cell = mappings.cell(*request)
    except OSError as exc:
        return ANSWER.pack(index, exc.errno or 0, 0, 0)
    began_ns = time.perf_counter_ns()
    value = cell.value
    return ANSWER.pack(index, 0, value, time.perf_counter_ns() - began_ns)


def split(count: int, batch: bytes) -> "list[tuple[int, int, str, str, bytes]]":
    """The requests of a batch: position, width, path of a file, path of the driver's device, ``struct bw_map`` for it.

    Either path may be empty; with both, the device is asked first.
    """
    requests = []
    start = 0
    for _ in range(count):
        position, width, *lengths = REQUEST.unpack_from(batch, start)
        start += REQUEST.size
        parts = []
        for length in lengths:
            parts.append(batch[start : start + length])
            start += length
        path, device, asked = parts
        requests.append((position, width, os.fsdecode(path), os.fsdecode(device), asked))
    return requests


def receive(length: int) -> bytes:
    """So many bytes of standard input; fewer at its end."""
    content = b""
    while len(content) < length and (more := os.read(0, length - len(content))):
        content += more
    return content


def memory_of_this_system() -> Memory:
    """How pages are mapped here."""
    if sys.platform == "win32":
        return WindowsMemory(ctypes.WinDLL("kernel32", use_last_error=True))
    else:  # noqa: RET505 mypy knows a platform by its branch
        return Memory()


def main() -> None:
    """Answer batches until the input ends."""
    memory = memory_of_this_system()
    memory.forbid_core_dump()
    mappings = Mappings(memory)
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
