"""The real module in a real kernel: pages that a process has mapped, and when they are taken back."""

import errno
from collections.abc import Callable
from typing import Any

import pytest
from tests.driver.in_guest import put_in_place
from tests.lab.guest import Guest

FAULTS = "/sys/module/lab_faults/parameters"
IDENTIFICATION = 0x010000ED  # docs/specs/edu.rst of QEMU
DENIED_POLICY, DENIED_LIMIT, GONE = 0x101, 0x105, 0x201

pytestmark = [pytest.mark.xdist_group("driver-guest"), pytest.mark.timeout(300)]


def test_a_mapped_page_can_be_read_and_nothing_else(inside: Callable[..., Any], guest: Guest) -> None:
    """Nothing happens to the function: the page is as before, also when it is mapped again."""
    answer = inside("mapped", guest.address("card"), "true")

    assert (answer["status"], answer["beyond"]) == (0, DENIED_POLICY)
    assert answer["refusals"] == [errno.ENXIO, errno.EACCES, errno.EACCES, errno.EACCES, errno.EINVAL, errno.EINVAL]
    assert answer["before"] == answer["after"] == answer["afresh"] == f"{IDENTIFICATION:#010x}"
    assert answer["mmap_again"] is None
    assert answer["info"]["maps_killed"] == 0


def test_nothing_leads_from_a_page_to_more(inside: Callable[..., Any], guest: Guest) -> None:
    """Not to a store, not to another page, not to a child, not to a debugger, not to another place of its own."""
    answer = inside("escapes", guest.address("card"))

    assert answer["names"] == {
        "mprotect to write": "EACCES",
        "mprotect to execute": "EACCES",
        "mremap to grow": "EFAULT",
        "mremap to double": "EFAULT",
        "madvise for children": "EINVAL",
        "madvise for core dumps": "EINVAL",
        "madvise to punch a hole": "EACCES",
        "read by /proc": "EIO",
        "write by /proc": "EIO",
        "read by process_vm_readv": "EFAULT",
        "write by process_vm_writev": "EFAULT",
    }
    assert (answer["store"], answer["load in a child"]) == ("SIGSEGV", "SIGSEGV")
    assert answer["protect and unprotect"] is None
    assert answer["value"] == answer["moved"] == "ed000001"


def test_a_mapping_does_not_outlive_its_policy(inside: Callable[..., Any], guest: Guest) -> None:
    answer = inside("mapped", guest.address("card"), "policy")

    assert (answer["before"], answer["after"]) == (f"{IDENTIFICATION:#010x}", "SIGBUS")
    assert answer["mmap_again"] == errno.ENXIO
    assert answer["afresh"] == f"{IDENTIFICATION:#010x}"


def test_a_mapping_ends_when_its_bar_was_found_elsewhere(inside: Callable[..., Any], guest: Guest) -> None:
    """The kernel's read finds the register where it is now, and takes back the page where it was."""
    card = guest.address("card")
    answer = inside("mapped", card, f"echo '{card} 0' >{FAULTS}/move")

    assert answer["kernel"] == [0, IDENTIFICATION]
    assert answer["generation_is_new"]
    assert (answer["before"], answer["after"]) == (f"{IDENTIFICATION:#010x}", "SIGBUS")
    assert answer["afresh"] == f"{IDENTIFICATION:#010x}"
    assert answer["info"]["bars_moved"] == 1


def test_a_mapping_of_a_removed_function_faults(inside: Callable[..., Any], guest: Guest) -> None:
    """Also after another one came to the same place: a new function is a new mapping."""
    device = f"/sys/bus/pci/devices/{guest.address('card')}"
    answer = inside("mapped", guest.address("card"), f"echo 1 >{device}/remove")

    assert answer["kernel"] == [GONE, 0]
    assert (answer["before"], answer["after"]) == (f"{IDENTIFICATION:#010x}", "SIGBUS")
    assert (answer["mmap_again"], answer["map_again"]) == (errno.ENXIO, GONE)
    assert answer["info"]["functions"] == 0

    put_in_place(guest, "card")
    answer = inside("mapped", guest.address("card"), f"echo 1 >{device}/remove; echo 1 >/sys/bus/pci/rescan")
    assert (answer["after"], answer["map_again"]) == ("SIGBUS", 0)


def test_a_driver_that_comes_takes_the_pages_back(inside: Callable[..., Any], guest: Guest) -> None:
    """A rule that shares lets them be mapped again, once the driver is there."""
    bind = "modprobe pci-stub ids=1234:11e8"
    answer = inside("mapped", guest.address("card"), bind)
    guest.run("rmmod pci-stub")

    assert (answer["before"], answer["after"]) == (f"{IDENTIFICATION:#010x}", "SIGBUS")
    assert answer["kernel"] == [0, IDENTIFICATION]
    assert answer["afresh"] == f"{IDENTIFICATION:#010x}"


def test_every_limit_is_kept_and_counted(inside: Callable[..., Any], guest: Guest) -> None:
    answer = inside("limits", guest.address("card"))

    assert answer["maps"] == [0] * 64 + [DENIED_LIMIT]
    assert answer["after"] == 0
    assert answer["pages"] == [0]
    assert (answer["handles"], answer["errno"]) == (63, errno.EMFILE)
    assert answer["info"]["handles"] == 1
    assert answer["info"]["handles_refused"] == 1
    assert answer["info"]["limited"] == 1
    assert answer["info"]["maps_killed"] == 64
