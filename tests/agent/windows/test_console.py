"""What Windows' console tells: with a kernel32 that the test answers, and in real CPython for Windows under Wine."""

import ctypes
import json
import threading
from types import SimpleNamespace

import pytest
from tests.agent.windows.conftest import INSIDE

from barwatch_agent.windows.console import StopByConsole

CTRL_C, CTRL_BREAK, CLOSE, LOGOFF = 0, 1, 2, 5


class FakeKernel32:
    """A console that tells what the test says."""

    def __init__(self):
        self.handlers = []
        kind = ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.c_void_p, ctypes.c_uint32)
        self.library = SimpleNamespace(SetConsoleCtrlHandler=kind(self._set))

    def _set(self, handler, add):
        assert add == 1
        self.handlers.append(ctypes.CFUNCTYPE(ctypes.c_uint32, ctypes.c_uint32)(handler))
        return 1


@pytest.mark.parametrize("event", [CTRL_C, CTRL_BREAK])
def test_a_key_stops_at_once_and_is_dealt_with(event):
    fake = FakeKernel32()
    stop = StopByConsole(fake.library, lambda: pytest.fail("nothing ends the process"))
    (told,) = fake.handlers

    assert not stop.is_set()
    assert told(event) == 1
    assert stop.is_set()


@pytest.mark.parametrize("event", [CLOSE, LOGOFF])
def test_a_console_that_is_closed_is_kept_waiting_until_the_process_has_ended(event):
    fake, has_ended = FakeKernel32(), threading.Event()
    stop = StopByConsole(fake.library, has_ended.wait)
    thread = threading.Thread(target=fake.handlers[0], args=(event,))
    thread.start()

    assert stop.wait(60)
    assert thread.is_alive()
    has_ended.set()
    thread.join(60)
    assert not thread.is_alive()


@pytest.mark.xdist_group("wine")
@pytest.mark.timeout(600)
@pytest.mark.parametrize(("event", "is_held"), [(CTRL_C, False), (CTRL_BREAK, False), (CLOSE, True)])
def test_the_commands_stop_when_windows_tells_them(windows_packages, windows_agent, event, is_held):  # noqa: ARG001 - is imported
    process = windows_agent(INSIDE / "console.py", str(event))
    text, _ = process.communicate(timeout=200)

    assert (process.returncode, json.loads(text)) == (0, {"stopped": True, "is_held": is_held})
