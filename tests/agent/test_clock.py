"""The clocks of Windows, with calls that a test answers: a machine that sleeps and wakes."""

import ctypes
from types import SimpleNamespace

from barwatch_agent.clock import SystemClock, WindowsClock, system_clock

HOUR_NS = 3600 * 1_000_000_000


class FakeKernel32:
    """A machine that has worked and slept so long."""

    def __init__(self, awake_ns=0, asleep_ns=0):
        self.awake_ns, self.asleep_ns = awake_ns, asleep_ns
        self.library = SimpleNamespace(
            QueryUnbiasedInterruptTime=ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.POINTER(ctypes.c_uint64))(self._awake),
            GetTickCount64=ctypes.CFUNCTYPE(ctypes.c_uint64)(self._ticks),
        )

    def _awake(self, count):
        count[0] = self.awake_ns // 100
        return 1

    def _ticks(self):
        return (self.awake_ns + self.asleep_ns) // 1_000_000


def test_windows_sleep_is_no_time_that_passed():
    machine = FakeKernel32(awake_ns=HOUR_NS)
    clock = WindowsClock(machine.library)
    before, slept_before = clock.elapsed_ns(), clock.asleep_ns()
    machine.asleep_ns += 8 * HOUR_NS
    machine.awake_ns += 1_000_000

    assert clock.elapsed_ns() - before == 1_000_000
    assert clock.asleep_ns() - slept_before == 8 * HOUR_NS


def test_ticks_that_lag_behind_are_no_negative_sleep():
    machine = FakeKernel32(awake_ns=15_999_999)
    clock = WindowsClock(machine.library)

    assert clock.asleep_ns() == 0


def test_this_system_s_clocks_go_forward_and_know_of_no_negative_sleep():
    clock = system_clock()
    first = clock.elapsed_ns()

    assert isinstance(clock, SystemClock)
    assert clock.elapsed_ns() >= first > 0
    assert clock.asleep_ns() >= 0
