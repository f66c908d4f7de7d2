"""Handles of the control device, under Wine on a simulated machine: see fixtures.py."""

import errno
from collections.abc import Callable
from typing import Any

import pytest

from barwatch_agent.driver.abi import Status

pytestmark = [pytest.mark.xdist_group("wine"), pytest.mark.timeout(300)]


def test_a_handle_too_many_is_refused_and_counted(inside: Callable[..., Any]) -> None:
    """The open fails; Wine 8 gives a handle that is good for nothing instead (ERROR_INVALID_HANDLE)."""
    said = inside("handles", "many")

    assert said["error"] in {errno.EMFILE, 6}
    assert (said["refused"], said["afterwards"]) == (1, 1)


def test_a_handle_in_another_process_reads_and_does_not_map(inside: Callable[..., Any]) -> None:
    """The page stays the first process's until the other has closed the handle, and is unmapped where it is."""
    said = inside("handles", "duplicated")

    assert said["read"] == [Status.OK, 0x7666]
    assert said["map"] == 5  # ERROR_ACCESS_DENIED
    assert said["still mapped"] == 0x7666
    assert (said["then"], said["wrong"]) == ("fault", 0)


def test_a_request_of_another_driver_without_a_file_is_refused(inside: Callable[..., Any]) -> None:
    assert inside("handles", "without_file") == {"status": 0xC0000008, "handles": 1}  # STATUS_INVALID_HANDLE


def test_a_driver_that_goes_leaves_open_handles_without_a_device(inside: Callable[..., Any]) -> None:
    said = inside("handles", "left_open")

    assert isinstance(said["error"], int)
    assert (said["state"], said["handles"]) == (0, 1)


SIZES = {  # Win32 errors
    "right": 0,
    "too short": 87,
    "longer with zeros": 0,
    "longer with rubbish": 24,
    "huge": 24,
    "way in cut": 998,
    "way out cut": 998,
    "nothing": 998,
    "three bytes": 998,
    "flag": 50,
}


def test_every_command_too_short_too_long_and_with_rubbish(inside: Callable[..., Any]) -> None:
    """The same table as on Linux, in the words of Windows: barwatch_ioctl.h."""
    said = inside("sizes")

    assert said["sizes"] == dict.fromkeys(("0", "1", "2", "3", "4", "5"), SIZES)
    assert said["batches"] == {
        "no items": 87,
        "too many": 87,
        "most": 0,
        "short items": 87,
        "longer items": 0,
        "rubbish in an item": 24,
        "count beyond the buffer": 998,
        "odd items": 0,
        "unknown command": 1,
        "other access": 1,
        "other method": 1,
    }
    assert said["refused"] > 50
