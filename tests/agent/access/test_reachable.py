"""Whether a function may be touched now."""

from collections.abc import Iterator
from typing import TYPE_CHECKING

import pytest

from barwatch_agent.access.open_files import OpenFiles
from barwatch_agent.access.reachable import Reachability
from barwatch_proto.pci import Address

if TYPE_CHECKING:
    from tests.agent.access.conftest import Machine


@pytest.fixture
def reachability(machine: "Machine") -> Iterator[Reachability]:
    files = OpenFiles()
    yield Reachability(machine.roots, files)
    files.close()


def test_a_function_in_d0_behind_bridges_that_are_awake_may_be_touched(
    machine: "Machine", reachability: Reachability
) -> None:
    assert reachability.refusal(machine.address) is None


@pytest.mark.parametrize("state", ["D3hot", "unknown", "error"])
def test_only_d3cold_is_refused(machine: "Machine", reachability: Reachability, state: str) -> None:
    (machine.folder / "power_state").write_text(f"{state}\n")

    assert reachability.refusal(machine.address) is None


def test_a_function_in_d3cold_is_not_woken(machine: "Machine", reachability: Reachability) -> None:
    (machine.folder / "power_state").write_text("D3cold\n")

    assert reachability.refusal(machine.address) == (
        "the function is in D3cold: it has no power, and a read would wake it"
    )


@pytest.mark.parametrize(("number", "bridge"), [(0, "0000:00:1c.0"), (1, "0000:01:00.0")])
@pytest.mark.parametrize("status", ["suspended", "suspending"])
def test_no_bridge_upstream_is_woken(
    machine: "Machine", reachability: Reachability, number: int, bridge: str, status: str
) -> None:
    machine.bridge(number).write_text(f"{status}\n")

    assert reachability.refusal(machine.address) == (
        f"the bridge {bridge} upstream is suspended, and a read would wake it"
    )


def test_a_bridge_that_wakes_up_is_noticed_at_the_next_pass(machine: "Machine", reachability: Reachability) -> None:
    machine.bridge(1).write_text("suspended\n")
    before = reachability.refusal(machine.address)
    machine.bridge(1).write_text("active\n")

    assert before is not None
    assert reachability.refusal(machine.address) is None


def test_a_function_that_is_not_in_sysfs_is_gone(reachability: Reachability) -> None:
    assert reachability.refusal(Address(0, 9, 0, 0)) == "the function is gone: 0000:09:00.0 is not in sysfs"


def test_a_function_that_was_pulled_is_gone(machine: "Machine", reachability: Reachability) -> None:
    before = reachability.refusal(machine.address)
    machine.unplug()

    assert before is None
    assert reachability.refusal(machine.address) == "the function is gone: 0000:03:00.0 is not in sysfs"


def test_a_kernel_without_power_state_and_runtime_status_refuses_nothing(
    machine: "Machine", reachability: Reachability
) -> None:
    (machine.folder / "power_state").unlink()
    machine.bridge(0).unlink()

    assert reachability.refusal(machine.address) is None


def test_what_was_known_of_a_function_that_left_is_not_believed_of_the_one_that_came(
    machine: "Machine", reachability: Reachability
) -> None:
    (machine.folder / "power_state").write_text("D3cold\n")
    before = reachability.refusal(machine.address)
    kept = machine.folder.rename(machine.folder.with_name("pulled"))  # keeps its inode from being used again
    machine.plug()

    assert before is not None
    assert kept.exists()
    assert reachability.refusal(machine.address) is None


def test_only_the_functions_that_must_not_be_touched_are_listed(machine: "Machine", reachability: Reachability) -> None:
    missing = Address(0, 9, 0, 0)

    assert set(reachability.refusals([machine.address, missing, missing])) == {missing}
