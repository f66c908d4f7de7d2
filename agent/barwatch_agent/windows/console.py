"""What Windows' console tells the programs in it: Ctrl-C, Ctrl-Break, and that it is being closed.

Source: Microsoft Learn, "HandlerRoutine callback function", "SetConsoleCtrlHandler function".
"""

import ctypes
import threading
from collections.abc import Callable

from barwatch_agent.windows.calls import POINTER, U32, Library, bound

CTRL_C, CTRL_BREAK = 0, 1  # whatever comes after them ends the process: closed, logged off, shut down


def _for_ever() -> None:
    threading.Event().wait()


class StopByConsole(threading.Event):
    """An event that the console sets.

    Python's own signals would not do: a thread that waits for an event learns of Ctrl-C when it has waited to the end,
    and a closed console's programs are gone as soon as they say that they know. So ``hold`` does not come back: Windows
    waits some five seconds for it, the main thread ends the process earlier.
    """

    def __init__(self, kernel32: Library, hold: Callable[[], object] = _for_ever) -> None:
        super().__init__()
        self._hold = hold
        self._handler = ctypes.CFUNCTYPE(U32, U32)(self._told)  # kept: Windows calls it
        bound(kernel32, "SetConsoleCtrlHandler", U32, POINTER, U32)(self._handler, True)  # noqa: FBT003 add it

    def _told(self, event: int) -> int:
        """In a thread that Windows made for this; that it was dealt with."""
        self.set()
        if event not in {CTRL_C, CTRL_BREAK}:
            self._hold()
        return 1
