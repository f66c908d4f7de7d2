"""The real module in a real kernel: who may use it, what it withstands, and what it leaves behind."""

import errno
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.driver.in_guest import complaints, run_inside
from tests.lab.guest import Guest
from tests.lab.hosts import Host
from tests.lab.parts import Parts

IDENTIFICATION = 0x010000ED  # docs/specs/edu.rst of QEMU
DENIED_LOCKDOWN = 0x103
FUZZ_SECONDS = "8"
CYCLES, CYCLES_AT_ONCE = int(os.environ.get("BARWATCH_CYCLES", "100")), 25  # noqa: TID251 - longer runs by hand

pytestmark = [pytest.mark.xdist_group("driver-guest"), pytest.mark.timeout(300 + CYCLES)]


def test_who_may_open_may_read_and_only_root_may_load_a_policy(inside: Callable[..., Any], guest: Guest) -> None:
    """With a mode that lets everybody write, the driver itself says no; also to a handle of root's that leaked."""
    closed = errno.EACCES

    assert inside("ordinary_user", guest.address("card")) == {
        "600": [closed, closed, errno.EPERM],
        "640": [IDENTIFICATION, closed, errno.EPERM],
        "666": [IDENTIFICATION, errno.EPERM, errno.EPERM],
    }


def test_bad_requests_from_several_processes_leave_the_kernel_calm(inside: Callable[..., Any], guest: Guest) -> None:
    """Also while the function is removed, found again, moved and given to a driver."""
    guest.run("modprobe pci-stub")
    answer = inside("fuzz", guest.address("card"), FUZZ_SECONDS)
    guest.run("rmmod pci-stub")

    assert answer["codes"] == [0, 0, 0]
    assert answer["disturbed"] > 0
    assert (answer["info"]["handles"], answer["info"]["maps"]) == (1, 0)


def test_a_module_in_use_stays(inside: Callable[..., Any], guest: Guest) -> None:
    """A handle keeps it loaded, and so does a page that is mapped after its handle was closed."""
    assert "in use" in guest.run("exec 5</dev/barwatch; rmmod barwatch 2>&1 || true")

    said, value = inside("held", guest.address("card"))

    assert "in use" in said
    assert value == "ed000001"


def test_nothing_is_left_behind_when_the_module_goes(inside: Callable[..., Any], guest: Guest, module: Path) -> None:
    """Load, open, map, read, remove the function, unload, again and again: BARWATCH_CYCLES says how often.

    Debian's kernels have neither kmemleak nor KASAN, so objects of slabs and mapped areas are counted: one that is
    forgotten in each cycle shows as many times. What is counted varies by some that CPUs keep for themselves.
    """
    guest.run("rmmod barwatch")
    before = inside("cycles", guest.address("card"), str(module), str(CYCLES_AT_ONCE))["held"]
    found = before
    for _ in range(0, CYCLES, CYCLES_AT_ONCE):
        found = inside("cycles", guest.address("card"), str(module), str(CYCLES_AT_ONCE))["held"]
    guest.run(f"insmod {module}")

    grown = {name: found[name] - count for name, count in before.items() if name in found and found[name] > count}
    print(f"{CYCLES} cycles; grown: {grown}")  # noqa: T201 - pytest -rP shows it
    assert {name: more for name, more in grown.items() if more > CYCLES // 2} == {}


def test_a_kernel_that_is_locked_down_shows_configuration_and_no_register(
    parts: Parts, module: Path, tmp_path: Path
) -> None:
    """As sysfs does, which lets no BAR be mapped then; here a page from before is taken back, too.

    Lockdown cannot be lifted, so this guest is another one.
    """
    guest = Guest(Host.load("desktop"), parts, tmp_path)
    try:
        guest.wait_until_up()
        card = guest.address("card")
        guest.run(f"rmmod barwatch 2>/dev/null; insmod {module}; echo 1 >/sys/bus/pci/devices/{card}/enable")
        locked = run_inside(guest, "mapped", card, "echo integrity >/sys/kernel/security/lockdown")
        answer = run_inside(guest, "reads", card)

        assert locked["before"] == f"{IDENTIFICATION:#010x}"
        assert locked["kernel"] == [DENIED_LOCKDOWN, 0]
        assert (locked["after"], locked["map_again"]) == ("SIGBUS", DENIED_LOCKDOWN)
        assert answer["replies"][0] == [DENIED_LOCKDOWN, 0]
        assert answer["config"][0][:2] == [0, 0x11E81234]
        assert complaints(guest) == []
    finally:
        guest.end()
