r"""The driver's device on Windows: \\.\barwatch by DeviceIoControl.

A handle belongs to the process that opened it: the driver maps for no other one.
"""

import ctypes
import errno
from collections.abc import Mapping
from pathlib import Path
from types import MappingProxyType

from barwatch_agent.driver.device import Call, Device
from barwatch_agent.windows.calls import POINTER, U8, U32, Library, bound, last_error

NAME = "\\\\.\\barwatch"
DEVICE_TYPE, FIRST_FUNCTION = 0xBA00, 0x800  # driver/include/barwatch_ioctl.h, BW_COMMAND
FOR_WRITING = frozenset({1, 6})  # numbers of the commands that change something: POLICY, WRITE
GENERIC_READ, GENERIC_WRITE = 0x80000000, 0x40000000
SHARED = 0x3  # FILE_SHARE_READ | FILE_SHARE_WRITE
OPEN_EXISTING = 3
INVALID_HANDLE = POINTER(-1).value
# What a Win32 error means in the words of errno, which the rest of the agent speaks: winerror.h, and the table in
# barwatch_ioctl.h.
ERRNO: Mapping[int, int] = MappingProxyType({  # Win32 error: errno
    1: errno.ENOTTY,  # ERROR_INVALID_FUNCTION: STATUS_INVALID_DEVICE_REQUEST
    2: errno.ENOENT,
    3: errno.ENOENT,
    4: errno.EMFILE,
    5: errno.EACCES,
    8: errno.ENOMEM,
    21: errno.ENODEV,  # ERROR_NOT_READY: STATUS_DEVICE_NOT_READY
    24: errno.E2BIG,  # ERROR_BAD_LENGTH: STATUS_INFO_LENGTH_MISMATCH
    50: errno.EOPNOTSUPP,
    87: errno.EINVAL,
    433: errno.ENODEV,
    998: errno.EFAULT,
    1450: errno.ENOMEM,
})  # fmt: skip


def control_code(command: int) -> int:
    """CTL_CODE of a command, of which the low byte is its number: METHOD_BUFFERED, access to read or to write."""
    number = command & 0xFF
    access = 3 if number in FOR_WRITING else 1
    return DEVICE_TYPE << 16 | access << 14 | (FIRST_FUNCTION + number) << 2


def open_device(kernel32: Library, path: Path, *, for_writing: bool = False) -> Device:
    """An open handle. For writing: to load a policy, which takes an administrator.

    Raises:
        OSError: ENOENT without the driver, EACCES for who may not, EMFILE when all its handles are open.
    """
    handle = opened(kernel32, str(path).rstrip("\\"), for_writing=for_writing)  # pathlib takes the name for a share's
    close = bound(kernel32, "CloseHandle", U32, POINTER)
    return Device(calls_of(kernel32, handle), lambda: close(handle))


def opened(kernel32: Library, name: str, *, for_writing: bool) -> int:
    """A handle of the device.

    Raises:
        OSError: as for ``open_device``.
    """
    access = GENERIC_READ | (GENERIC_WRITE if for_writing else 0)
    create = bound(kernel32, "CreateFileW", POINTER, ctypes.c_wchar_p, U32, U32, POINTER, U32, U32, POINTER)
    handle = create(name, access, SHARED, None, OPEN_EXISTING, 0, None)
    if handle is None or handle == INVALID_HANDLE:
        raise error_of(last_error())
    return int(handle)


def calls_of(kernel32: Library, handle: int) -> Call:
    """DeviceIoControl on a handle; ctypes lets other threads run meanwhile."""
    control = bound(kernel32, "DeviceIoControl", U32, POINTER, U32, POINTER, U32, POINTER, U32, POINTER, POINTER)

    def call(command: int, buffer: bytearray) -> None:
        """In and out are the same buffer; what the driver did not write is as it was sent."""
        shared, returned = (U8 * len(buffer)).from_buffer(buffer), U32()
        if not control(
            handle, control_code(command), shared, len(buffer), shared, len(buffer), ctypes.byref(returned), None
        ):
            raise error_of(last_error())

    return call


def error_of(code: int) -> OSError:
    """What a Win32 error is in the words of the rest of the agent; one that nobody foresaw keeps its number."""
    return OSError(ERRNO.get(code, errno.EIO), f"Windows error {code}")
