"""Time as an argument: the agent asks a Clock, and tests bring one that they can turn."""

import ctypes
import sys
import time
from threading import Event
from typing import Any, Protocol

NS = 1_000_000_000


class Clock(Protocol):
    """What the agent needs to know about time."""

    def now_ns(self) -> int:
        """Wall clock, nanoseconds since 1970."""

    def elapsed_ns(self) -> int:
        """A clock that never jumps and stands still while the machine sleeps."""

    def asleep_ns(self) -> int:
        """How long the machine has been suspended since boot; 0 where nothing tells."""

    def wait(self, event: Event, seconds: float) -> bool:
        """Wait until the event is set, at most so long; whether it is set."""


class SystemClock:
    """The clocks of Linux."""

    def now_ns(self) -> int:
        """CLOCK_REALTIME."""
        return time.time_ns()  # noqa: TID251 the one place where the wall clock comes in

    def elapsed_ns(self) -> int:
        """CLOCK_MONOTONIC, which Linux stops during suspend."""
        return time.monotonic_ns()

    def asleep_ns(self) -> int:
        """CLOCK_BOOTTIME counts during suspend, CLOCK_MONOTONIC does not."""
        if sys.platform == "linux":
            return max(0, time.clock_gettime_ns(time.CLOCK_BOOTTIME) - time.monotonic_ns())
        else:  # noqa: RET505 mypy knows a platform by its branch
            return 0

    def wait(self, event: Event, seconds: float) -> bool:
        """A real wait."""
        return event.wait(max(0.0, seconds))


class WindowsClock(SystemClock):
    """The clocks of Windows, of which Python's monotonic one goes on while the machine sleeps.

    Source: Microsoft Learn, "QueryUnbiasedInterruptTime function", "GetTickCount64 function".
    """

    def __init__(self, kernel32: Any) -> None:  # noqa: ANN401 what ctypes.WinDLL makes
        self._awake, self._ticks = kernel32.QueryUnbiasedInterruptTime, kernel32.GetTickCount64
        self._awake.argtypes, self._awake.restype = [ctypes.POINTER(ctypes.c_uint64)], ctypes.c_uint32
        self._ticks.argtypes, self._ticks.restype = [], ctypes.c_uint64

    def elapsed_ns(self) -> int:
        """Time that Windows worked since it was started, told in units of 100 ns."""
        count = ctypes.c_uint64()
        self._awake(ctypes.byref(count))
        return count.value * 100

    def asleep_ns(self) -> int:
        """GetTickCount64 counts sleep and hibernation too, in milliseconds and by steps of some 16."""
        return max(0, int(self._ticks()) * 1_000_000 - self.elapsed_ns())


def system_clock() -> Clock:
    """The clocks of this operating system."""
    if sys.platform == "win32":
        return WindowsClock(ctypes.WinDLL("kernel32"))
    else:  # noqa: RET505 mypy knows a platform by its branch
        return SystemClock()
