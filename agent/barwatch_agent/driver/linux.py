"""The driver's device on Linux: /dev/barwatch by ioctl."""

import os
import sys
from pathlib import Path

from barwatch_agent.driver.device import Device

if sys.platform == "win32":

    def open_device(path: Path, *, for_writing: bool = False) -> Device:
        """Nothing: the device is not a file there."""
        raise FileNotFoundError(path, for_writing)
else:
    import fcntl

    def open_device(path: Path, *, for_writing: bool = False) -> Device:
        """An open handle. For writing: to load a policy, which takes CAP_SYS_RAWIO.

        Raises:
            OSError: ENOENT without the driver, EACCES for who may not, EMFILE when all its handles are open.
        """
        handle = os.open(path, (os.O_RDWR if for_writing else os.O_RDONLY) | os.O_CLOEXEC)
        return Device(lambda command, buffer: fcntl.ioctl(handle, command, buffer), lambda: os.close(handle))
