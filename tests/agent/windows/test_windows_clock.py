"""The agent's clock in real CPython for Windows, under Wine; tests/agent/test_clock.py lets a machine sleep."""

import json

import pytest
from tests.agent.windows.conftest import INSIDE

from barwatch_agent.run import SUSPEND_NS

pytestmark = [pytest.mark.xdist_group("wine"), pytest.mark.timeout(600)]


def test_windows_own_clocks_go_forward_and_tell_of_no_sleep_where_there_was_none(windows_python):
    done = windows_python(INSIDE / "clock.py")
    said = json.loads(done.stdout)

    assert said["kind"] == "WindowsClock"
    assert said["moved_on_ns"] > 0
    assert said["slept_meanwhile_ns"] < SUSPEND_NS
