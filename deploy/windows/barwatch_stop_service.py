"""Stops the agent's service and waits until its process is gone; in the package, run by the installer.

Windows Installer waits until a service says that it has stopped. Its process still has our libraries open then, and
what is open cannot be replaced before the next start of Windows. Wine does not even wait.
"""

import sys
from importlib import import_module
from typing import Any

LONGEST_MS = 60_000
STOP = 0x1  # winsvc.h, SERVICE_CONTROL_STOP
STATUS, MAY_STOP, ENTER = 0x4, 0x20, 0x1  # SERVICE_QUERY_STATUS, SERVICE_STOP, SC_MANAGER_CONNECT
MAY_WAIT = 0x100000  # winnt.h, SYNCHRONIZE


def stop(name: str) -> None:
    """Return when nothing of the service runs; a service that is not there, or stopped already, is fine.

    Raises:
        pywintypes.error: it does not take the request.
        TimeoutError: it runs on.
    """
    service: Any = import_module("win32service")
    handle = service.OpenService(service.OpenSCManager(None, None, ENTER), name, STATUS | MAY_STOP)
    process = service.QueryServiceStatusEx(handle)["ProcessId"]
    if process:
        running = import_module("win32api").OpenProcess(MAY_WAIT, False, process)  # noqa: FBT003 not inherited
        service.ControlService(handle, STOP)
        if import_module("win32event").WaitForSingleObject(running, LONGEST_MS):
            msg = f"{name} still runs after {LONGEST_MS} ms"
            raise TimeoutError(msg)


if __name__ == "__main__":
    stop(sys.argv[1])
