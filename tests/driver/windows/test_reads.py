"""The Windows driver reads, under Wine, on a simulated machine: see fixtures.py."""

import json
from collections.abc import Callable
from typing import Any

import pytest
from tests.driver.windows.fixtures import INSIDE

from barwatch_agent.driver.abi import Status

pytestmark = [pytest.mark.xdist_group("wine"), pytest.mark.timeout(300)]
EXPECTED = 0x7666
UNFILTERED = 0x210  # BW_UNREACHABLE_UNFILTERED


def test_a_read_says_what_the_register_holds_or_why_it_was_not_read(inside: Callable[..., Any]) -> None:
    said = inside("reads")

    assert said["without a policy"] == [Status.DENIED_POLICY, 0]
    assert said["widths"] == [[Status.OK, 0x66], [Status.OK, EXPECTED], [Status.OK, EXPECTED], [Status.OK, 0x7666]]
    counted = {name: said["info"][name] for name in ("ok", "denied", "unreachable", "fault", "wrong", "functions")}
    assert counted == {"ok": 6, "denied": 2, "unreachable": 4, "fault": 0, "wrong": 3, "functions": 2}
    assert said["misaligned"] == [Status.WRONG_ALIGNMENT, 0]
    assert said["last bytes"] == [Status.OK, 0xFFFFFFFF]
    assert said["past the end"][0] == Status.WRONG_ALIGNMENT
    assert said["far past the end"] == [Status.OK, 0xFFFFFFFF]
    assert said["upper half"] == said["ports"] == [Status.UNREACHABLE_NO_BAR, 0]
    assert said["no such bar"] == [Status.WRONG_BAR, 0]
    assert said["nobody there"] == said["other segment"] == [UNFILTERED, 0]
    assert said["not in the policy"] == [Status.DENIED_POLICY, 0]


def test_others_may_inject_what_the_register_holds(
    machine: Callable[..., Any], inject: Callable[[str, int], None], windows_python: Callable[..., Any]
) -> None:
    """The fixtures for end-to-end tests: the driver stays loaded between programs, and the machine as it is."""
    inject("user", 0xFFFFFFFF)
    first = windows_python(INSIDE / "both.py").stdout
    machine("fill", "both", "0xff")
    second = windows_python(INSIDE / "both.py").stdout

    assert json.loads(first) == {"kernel": [Status.OK, EXPECTED], "user": 0xFFFFFFFF}
    assert json.loads(second) == {"kernel": [Status.OK, 0xFFFFFFFF], "user": 0xFFFFFFFF}
