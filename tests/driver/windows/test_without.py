"""The driver where Windows refuses it something, under Wine on a simulated machine: see fixtures.py."""

from collections.abc import Callable
from typing import Any

import pytest

from barwatch_agent.driver.abi import Status

pytestmark = [pytest.mark.xdist_group("wine"), pytest.mark.timeout(300)]


def test_without_process_notification_there_is_no_map_and_everything_else(inside: Callable[..., Any]) -> None:
    """INFO does not offer it, and the command is as unknown as to a driver that never had it."""
    said = inside("without", "notification")

    assert said == {"features": 1, "map": 1, "read": [Status.OK, 0x7666]}


def test_without_a_control_device_functions_start_as_if_there_were_no_driver(inside: Callable[..., Any]) -> None:
    """A filter that does not load makes its device fail: the driver loads, and keeps off the stacks."""
    said = inside("without", "control")

    assert said == {"error": 2, "started": 2, "asked": 0, "afterwards": [Status.OK, 0x7666]}
