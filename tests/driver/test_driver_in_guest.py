"""The real module in a real kernel: a guest of the lab, with functions that are there, move, sleep and go."""

import errno
import json
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.lab.guest import Guest
from tests.lab.hosts import Host
from tests.lab.parts import Parts, build_parts, missing_packages

INSIDE = Path(__file__).parent / "inside"
DRIVER = Path(__file__).parents[2] / "driver"
PARAMETERS = "/sys/module/lab_faults/parameters"
IDENTIFICATION = 0x010000ED  # docs/specs/edu.rst of QEMU
ONES = 0xFFFFFFFF
DENIED_POLICY, DENIED_OWNER, DENIED_LOCKDOWN, DENIED_LIMIT = 0x101, 0x102, 0x103, 0x105
GONE, OUTSIDE_CONFIG, NO_BRIDGE = 0x201, 0x20D, 0x20C

pytestmark = [pytest.mark.xdist_group("guest"), pytest.mark.timeout(300)]


@pytest.fixture(scope="module")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Parts:
    if missing := missing_packages():
        pytest.skip(f"no guest without Debian packages (apt-get install {' '.join(missing)}): the driver did not run")
    return build_parts(tmp_path_factory.mktemp("parts"))


@pytest.fixture(scope="module")
def module(parts: Parts, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """barwatch.ko for the guest's kernel."""
    copy = shutil.copytree(DRIVER, tmp_path_factory.mktemp("module") / "driver")
    command = ["make", "-s", "-C", copy / "linux", f"KDIR={parts.kernel.build}"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return copy / "linux/barwatch.ko"


@pytest.fixture(scope="module")
def host(parts: Parts, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guest]:
    guest = Guest(Host.load("desktop"), parts, tmp_path_factory.mktemp("guest"))
    try:
        guest.wait_until_up()
        guest.run("echo 1 >/sys/bus/pci/devices/" + guest.address("card") + "/enable")
        yield guest
    finally:
        guest.end()


@pytest.fixture
def guest(host: Guest, module: Path) -> Iterator[Guest]:
    """The module freshly loaded, so without a policy; unloaded afterwards, with nothing in the kernel's log."""
    host.complaints()
    host.run(f"rmmod barwatch 2>/dev/null; insmod {module}")
    yield host
    host.run("rmmod barwatch")
    assert host.complaints() == []


@pytest.fixture
def inside(guest: Guest) -> Callable[..., Any]:
    """Runs one of inside/ in the guest: ``inside("reads", address)`` gives what it prints."""

    def run(script: str, *arguments: str) -> Any:
        words = [sys.executable, "-B", f"{INSIDE / script}.py", *arguments]
        return json.loads(guest.run(shlex.join(words)))

    return run


def test_a_register_is_read_where_a_rule_lists_it_and_nowhere_else(guest: Guest, inside: Callable[..., Any]) -> None:
    """The first register of edu tells what it is; everything that no rule lists is denied, and denies nothing else."""
    card = guest.address("card")
    answer = inside("reads", card)

    assert answer["without"] == [[DENIED_POLICY, 0]]
    assert answer["loaded"][:2] == [0, 0]
    assert answer["replies"] == [
        [0, IDENTIFICATION],
        [0, 0],  # the liveness register, before anything was written to it
        *([DENIED_POLICY, 0] for _ in range(3)),
        *([status, 0] for status in (0x403, 0x405, 0x404, 0x401)),
        [DENIED_POLICY, 0],
        [GONE, 0],
        [0, IDENTIFICATION],
    ]
    assert len(answer["took_ns"]) == 256
    assert all(took > 0 for took in answer["took_ns"])
    assert answer["config"][0] == [0, 0x11E81234, card]
    assert answer["config"][1][0] == 0
    assert answer["config"][1][2] == guest.address("slot-1")
    assert [status for status, _, _ in answer["config"][2:]] == [NO_BRIDGE, OUTSIDE_CONFIG]
    start = guest.seen("card").regions[0]
    assert answer["bars"] == [0, [[start, 1 << 20, start], *([0, 0, 0] for _ in range(5))]]


def test_a_policy_that_is_wrong_changes_nothing_and_a_locked_one_stays(
    inside: Callable[..., Any], guest: Guest
) -> None:
    answer = inside("reads", guest.address("card"))

    assert answer["wrong"][:2] == [0x406, 1]
    assert answer["still"] == IDENTIFICATION
    assert answer["locked"][0] == 0
    assert answer["relocked"] == errno.EPERM
    assert answer["info"]["policy_state"] == 2
    assert answer["info"]["policy_rules"] == 1
    assert answer["info"]["policy_digest"] == answer["locked"][2]


def test_a_struct_that_is_longer_must_be_zero_where_it_is_unknown(inside: Callable[..., Any], guest: Guest) -> None:
    """Every struct and item too short, too long with zeros, too long with rubbish, to every command."""
    assert inside("sizes", guest.address("card")) == []


def test_a_mapped_page_can_be_read_and_nothing_else(inside: Callable[..., Any], guest: Guest) -> None:
    """Nothing happens to the function: the page is as before, also when it is mapped again."""
    answer = inside("mapped", guest.address("card"), "true")

    assert (answer["status"], answer["beyond"]) == (0, DENIED_POLICY)
    assert answer["refusals"] == [errno.ENXIO, errno.EACCES, errno.EACCES, errno.EACCES, errno.EINVAL, errno.EINVAL]
    assert answer["before"] == answer["after"] == answer["afresh"] == f"{IDENTIFICATION:#010x}"
    assert answer["mmap_again"] is None
    assert answer["info"]["maps_killed"] == 0


def test_a_mapping_does_not_outlive_its_policy(inside: Callable[..., Any], guest: Guest) -> None:
    answer = inside("mapped", guest.address("card"), "policy")

    assert (answer["before"], answer["after"]) == (f"{IDENTIFICATION:#010x}", "SIGBUS")
    assert answer["mmap_again"] == errno.ENXIO
    assert answer["afresh"] == f"{IDENTIFICATION:#010x}"


def test_a_mapping_ends_when_its_bar_was_found_elsewhere(inside: Callable[..., Any], guest: Guest) -> None:
    """The kernel's read finds the register where it is now, and takes back the page where it was."""
    card = guest.address("card")
    answer = inside("mapped", card, f"echo '{card} 0' >{PARAMETERS}/move")

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

    guest.run(f"echo 1 >/sys/bus/pci/rescan; echo 1 >{device}/enable")
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


def test_a_function_with_a_driver_is_left_alone_unless_a_rule_shares_it(
    inside: Callable[..., Any], guest: Guest
) -> None:
    guest.run("modprobe pci-stub ids=1234:11e8")
    answer = inside("reads", guest.address("card"))
    guest.run("rmmod pci-stub")

    assert answer["replies"][0] == [DENIED_OWNER, 0]
    assert answer["config"][0][:2] == [0, 0x11E81234]


def test_a_function_that_does_not_decode_is_read(inside: Callable[..., Any], guest: Guest) -> None:
    """The bus answers all ones for it: data, and not the driver's word."""
    card = guest.address("card")
    guest.lay_floor("card")
    answer = inside("mapped", card, f"setpci -s {card} COMMAND=0:2")
    guest.run(f"setpci -s {card} COMMAND=2:2")

    assert answer["before"] == f"{IDENTIFICATION:#010x}"
    assert answer["kernel"] == [0, ONES]
    assert answer["after"] == f"{ONES:#010x}"


def test_a_function_in_d3hot_is_read(inside: Callable[..., Any], guest: Guest) -> None:
    """Whatever the bus says: only in D3cold would reading wake it."""
    disk = guest.address("disk")
    guest.run(f"echo 1 >/sys/bus/pci/devices/{disk}/enable")
    answer = inside("mapped", disk, f"echo '{disk} 3' >{PARAMETERS}/power")
    state = guest.run(f"cat /sys/bus/pci/devices/{disk}/power_state")
    guest.run(f"echo '{disk} 0' >{PARAMETERS}/power")

    assert state.strip() == "D3hot"
    assert answer["kernel"][0] == 0


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


def test_who_may_open_may_read_and_only_root_may_load_a_policy(inside: Callable[..., Any], guest: Guest) -> None:
    """With a mode that lets everybody write, the driver itself says no; also to a handle of root's that leaked."""
    closed = errno.EACCES

    assert inside("ordinary_user", guest.address("card")) == {
        "600": [closed, closed, errno.EPERM],
        "640": [IDENTIFICATION, closed, errno.EPERM],
        "666": [IDENTIFICATION, errno.EPERM, errno.EPERM],
    }


def test_bad_requests_from_several_processes_leave_the_kernel_calm(inside: Callable[..., Any], guest: Guest) -> None:
    answer = inside("fuzz", guest.address("card"), "5")

    assert answer["codes"] == [0, 0, 0]
    assert (answer["info"]["handles"], answer["info"]["maps"]) == (1, 0)


def test_a_module_in_use_stays(inside: Callable[..., Any], guest: Guest) -> None:
    """A handle keeps it loaded, and so does a page that is mapped after its handle was closed."""
    assert "in use" in guest.run("exec 5</dev/barwatch; rmmod barwatch 2>&1 || true")

    said, value = inside("held", guest.address("card"))

    assert "in use" in said
    assert value == "ed000001"


def test_a_module_can_go_and_come_fifty_times(guest: Guest, module: Path) -> None:
    guest.run(f"for i in {{1..50}}; do rmmod barwatch && insmod {module} && : </dev/barwatch || exit 1; done")


def test_a_kernel_that_is_locked_down_shows_configuration_and_no_register(
    parts: Parts, module: Path, tmp_path: Path
) -> None:
    """As sysfs does, which lets no BAR be mapped then. Lockdown cannot be lifted, so this guest is another one."""
    guest = Guest(Host.load("desktop"), parts, tmp_path)
    try:
        guest.wait_until_up()
        lock = "mount -t securityfs none /sys/kernel/security && echo integrity >/sys/kernel/security/lockdown"
        guest.run(f"rmmod barwatch 2>/dev/null; insmod {module} && {lock}")
        words = [sys.executable, "-B", f"{INSIDE / 'reads'}.py", guest.address("card")]
        answer = json.loads(guest.run(shlex.join(words)))

        assert answer["without"] == [[DENIED_LOCKDOWN, 0]]
        assert answer["replies"][0] == [DENIED_LOCKDOWN, 0]
        assert answer["config"][0][:2] == [0, 0x11E81234]
        assert guest.complaints() == []
    finally:
        guest.end()
