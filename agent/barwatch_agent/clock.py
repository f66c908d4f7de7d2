"""Time as an argument: the agent asks a Clock, and tests bring one that they can turn."""

import sys
import time
from threading import Event
from typing import Protocol

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
    """The clocks of the operating system."""

    def now_ns(self) -> int:
        """CLOCK_REALTIME."""
        return time.time_ns()  # noqa: TID251 the one place where the wall clock comes in

    def elapsed_ns(self) -> int:
        """CLOCK_MONOTONIC, which Linux stops during suspend."""
        return time.monotonic_ns()

    def asleep_ns(self) -> int:
        """CLOCK_BOOTTIME counts during suspend, CLOCK_MONOTONIC does not."""
        if sys.platform == "linux":
            return time.clock_gettime_ns(time.CLOCK_BOOTTIME) - time.monotonic_ns()
        else:  # noqa: RET505 mypy knows a platform by its branch
            return 0

    def wait(self, event: Event, seconds: float) -> bool:
        """A real wait."""
        return event.wait(max(0.0, seconds))
