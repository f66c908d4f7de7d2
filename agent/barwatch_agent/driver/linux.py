"""The driver's device on Linux: /dev/barwatch by ioctl."""

import ctypes
import os
from pathlib import Path

from barwatch_agent.driver.device import Device


def open_device(path: Path, *, for_writing: bool = False) -> Device:
    """An open handle. For writing: to load a policy, which takes CAP_SYS_RAWIO.

    Raises:
        OSError: ENOENT without the driver, EACCES for who may not, EMFILE when all its handles are open.
    """
    handle = os.open(path, os.O_RDWR if for_writing else os.O_RDONLY)
    libc = ctypes.CDLL(None, use_errno=True)
    libc.ioctl.argtypes = [ctypes.c_int, ctypes.c_ulong, ctypes.c_void_p]

    def call(command: int, buffer: bytearray) -> None:
        """By ctypes, which lets other threads run meanwhile; fcntl.ioctl does not for buffers above 1 KiB."""
        if libc.ioctl(handle, command, ctypes.addressof(ctypes.c_char.from_buffer(buffer))):
            error = ctypes.get_errno()
            raise OSError(error, os.strerror(error))

    return Device(call, lambda: os.close(handle))
