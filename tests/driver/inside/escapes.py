"""What a process may try with a page that it has mapped, beyond loads; prints the errno of each attempt, or null."""

import ctypes
import errno
import json
import mmap
import os
import signal
import sys
from collections.abc import Callable

from device import MAPPED, Device, rule

LIBC = ctypes.CDLL(None, use_errno=True)
LIBC.mmap.restype = LIBC.mremap.restype = ctypes.c_void_p
PAGE = mmap.PAGESIZE
FAILED = ctypes.c_void_p(-1).value
MREMAP_MAYMOVE, MADV_DONTFORK, MADV_DOFORK, MADV_REMOVE, MADV_DODUMP = 1, 10, 11, 9, 17


def attempt(call: Callable[..., int | None], *arguments: object) -> int | None:
    """The errno of a function of libc; None: it did it."""
    return ctypes.get_errno() if call(*arguments) in {-1, FAILED} else None


def through_proc(where: int, flags: int) -> int | None:
    """The errno of going there by the memory of the process as a file, as a debugger does."""
    memory = os.open("/proc/self/mem", flags)
    try:
        if flags == os.O_RDONLY:
            os.pread(memory, 4, where)
        else:
            os.pwrite(memory, bytes(4), where)
    except OSError as error:
        return error.errno
    finally:
        os.close(memory)
    return None


def ending(action: Callable[[], object]) -> str:
    """The signal that ends a child that does it; an empty text: none."""
    child = os.fork()
    if child == 0:
        action()
        os._exit(0)
    code = os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])
    return signal.Signals(-code).name if code < 0 else ""


class Vector(ctypes.Structure):
    """struct iovec."""

    _fields_ = (("base", ctypes.c_void_p), ("length", ctypes.c_size_t))


with Device.open(for_writing=True) as device:
    device.load_policy([rule(vendor=0x1234, device=0x11E8, length=PAGE, widths=4, rights=MAPPED)])
    mapped = device.map(sys.argv[1], 0, 0)
    page = ctypes.c_void_p(
        LIBC.mmap(None, ctypes.c_size_t(PAGE), mmap.PROT_READ, mmap.MAP_SHARED, device.fd, ctypes.c_long(mapped.where))
    )
    size, twice = ctypes.c_size_t(PAGE), ctypes.c_size_t(2 * PAGE)
    copy = ctypes.create_string_buffer(4)
    here, there = Vector(ctypes.cast(copy, ctypes.c_void_p), 4), Vector(page, 4)
    vectors = (ctypes.byref(here), 1, ctypes.byref(there), 1, 0)
    answer = {
        "mprotect to write": attempt(LIBC.mprotect, page, size, mmap.PROT_READ | mmap.PROT_WRITE),
        "mprotect to execute": attempt(LIBC.mprotect, page, size, mmap.PROT_READ | mmap.PROT_EXEC),
        "mremap to grow": attempt(LIBC.mremap, page, size, twice, MREMAP_MAYMOVE),
        "mremap to double": attempt(LIBC.mremap, page, ctypes.c_size_t(0), size, MREMAP_MAYMOVE),
        "madvise for children": attempt(LIBC.madvise, page, size, MADV_DOFORK),
        "madvise for core dumps": attempt(LIBC.madvise, page, size, MADV_DODUMP),
        "madvise to punch a hole": attempt(LIBC.madvise, page, size, MADV_REMOVE),
        "read by /proc": through_proc(page.value, os.O_RDONLY),
        "write by /proc": through_proc(page.value, os.O_WRONLY),
        "read by process_vm_readv": attempt(LIBC.process_vm_readv, os.getpid(), *vectors),
        "write by process_vm_writev": attempt(LIBC.process_vm_writev, os.getpid(), *vectors),
        "store": ending(lambda: ctypes.memset(page, 0, 1)),
        "load in a child": ending(lambda: ctypes.string_at(page, 4)),
        "protect and unprotect": attempt(LIBC.mprotect, page, size, 0) or attempt(LIBC.mprotect, page, size, 1),
    }
    answer["value"] = ctypes.string_at(page, 4).hex()
    moved = ctypes.c_void_p(LIBC.mremap(page, size, size, MREMAP_MAYMOVE))
    answer["moved"] = ctypes.string_at(moved, 4).hex()
    answer["names"] = {key: errno.errorcode[value] for key, value in answer.items() if isinstance(value, int)}
print(json.dumps(answer))
