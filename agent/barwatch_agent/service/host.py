"""What Windows' service manager talks to, through pywin32.

Source: Microsoft Learn, "Service Control Manager"; winsvc.h; pywin32's servicemanager, which calls ``SvcRun`` in a
thread of its own and the handler in that of the dispatcher.
"""

import logging
import os
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from importlib import import_module
from typing import Any

from barwatch_agent.errors import AgentError
from barwatch_agent.service import NAME

STOPPED, STOP_PENDING, RUNNING = 1, 3, 4  # winsvc.h, SERVICE_STOPPED and so on
ACCEPTED = 0x1 | 0x100  # SERVICE_ACCEPT_STOP, SERVICE_ACCEPT_PRESHUTDOWN: before the network goes down, not after
STOP, INTERROGATE, PRESHUTDOWN = 0x1, 0x4, 0xF
NOT_ASKED_FOR = 120  # ERROR_CALL_NOT_IMPLEMENTED: a control that we did not say we take
OWN_PROCESS = 0x10
SPECIFIC = 1066  # ERROR_SERVICE_SPECIFIC_ERROR: the service's own exit code counts
WRONG, BROKEN = 2, 1  # exit codes: an option or a file is wrong; a defect. The same as of the commands
GOODBYE_MS = 30_000  # the last batch, its acknowledgement, and closing of all ways in take less
NOT_A_SERVICE = 1063  # ERROR_FAILED_SERVICE_CONTROLLER_CONNECT

Body = Callable[[threading.Event], None]  # lives until the event is set
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Windows:
    """The two modules of pywin32."""

    servicemanager: Any
    win32service: Any
    leave: Callable[[int], object] = os._exit  # ends the process at once


def this_windows() -> Windows:
    """Those of this system.

    Raises:
        ImportError: this is no Windows, or pywin32 is missing.
    """
    return Windows(import_module("servicemanager"), import_module("win32service"))


class Service:
    """One run of the service. ``arguments`` begin with its name, as the service manager has it."""

    def __init__(self, windows: Windows, body: Body, arguments: Sequence[str]) -> None:
        self._windows, self._body = windows, body
        self._stop = threading.Event()
        self._handle = windows.servicemanager.RegisterServiceCtrlHandler(arguments[0], self._control, True)  # noqa: FBT003 the extended handler's arguments

    def SvcRun(self) -> None:  # noqa: N802 the name that pywin32 calls
        """The body, and what became of it."""
        self._tell(RUNNING)
        log.info("%s is running", NAME)
        code = self._lived()
        if code:
            self._tell(STOPPED, code=code)
            self._windows.leave(code)  # pywin32 would tell after us that all went well
        else:
            log.info("%s has stopped", NAME)
            self._tell(STOP_PENDING, hint_ms=GOODBYE_MS)  # that it has stopped is told by pywin32, when we are back

    def _lived(self) -> int:
        try:
            self._body(self._stop)
        except AgentError as error:
            log.error("%s", error)  # noqa: TRY400 a sentence for people, who need no trace
            return WRONG
        except Exception:
            log.exception("%s ended by a defect", NAME)
            return BROKEN
        return 0

    def _control(self, control: int, _kind: int, _data: object) -> int:
        """What the service manager wants; 0, or a Win32 error."""
        if control in {STOP, PRESHUTDOWN}:
            self._tell(STOP_PENDING, hint_ms=GOODBYE_MS)
            self._stop.set()
        elif control != INTERROGATE:
            return NOT_ASKED_FOR
        return 0

    def _tell(self, state: int, *, code: int = 0, hint_ms: int = 0) -> None:
        accepted = ACCEPTED if state == RUNNING else 0
        checkpoint = int(state == STOP_PENDING)
        status = (OWN_PROCESS, state, accepted, SPECIFIC if code else 0, code, checkpoint, hint_ms)
        self._windows.win32service.SetServiceStatus(self._handle, status)


def host(windows: Windows, body: Body) -> None:
    """Be the service until it is stopped.

    Raises:
        AgentError: somebody started us who is not the service manager.
    """
    manager = windows.servicemanager
    manager.Initialize(NAME, manager.__file__)
    manager.PrepareToHostSingle(lambda arguments: Service(windows, body, arguments))
    try:
        manager.StartServiceCtrlDispatcher()
    except windows.win32service.error as error:
        if error.winerror != NOT_A_SERVICE:
            raise
        msg = "only Windows' service manager starts this (sc start barwatch-agent); barwatch-agent run is for people"
        raise AgentError(msg) from error
