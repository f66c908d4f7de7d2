"""The kernel access: all registers of a pass in one call to the driver."""

import errno
import os
from typing import TYPE_CHECKING

import pytest
from tests.agent.driver_device import Silicon

from barwatch_agent.access.kernel import KernelReader
from barwatch_agent.driver.abi import Command, PolicyState, Status
from barwatch_agent.driver.connection import Driver
from barwatch_agent.driver.linux import open_device
from barwatch_agent.reads import Reply
from barwatch_proto.words import Access, Outcome, State

if TYPE_CHECKING:
    from tests.agent.access.conftest import Machine


@pytest.fixture
def silicon() -> Silicon:
    return Silicon()


@pytest.fixture
def reader(machine: "Machine", silicon: Silicon) -> KernelReader:
    return KernelReader(Driver(machine.roots.dev / "barwatch", lambda _: silicon.device()))


def test_a_pass_is_one_call_and_each_register_has_its_own_reply(
    machine: "Machine", silicon: Silicon, reader: KernelReader
) -> None:
    good, gone, problem = machine.target(0), machine.target(4), machine.target(8, problem="no such structure")
    silicon.put(good.function.address, 0, 0, 0x7666)
    silicon.put(gone.function.address, 0, 4, Status.UNREACHABLE_LINK_DOWN)
    silicon.calls.clear()

    found = reader.read([gone, problem, good, machine.target(12), machine.target(bar=None)])

    assert found == [
        Reply(outcome=Outcome.UNREACHABLE, reason="a link upstream is down"),
        Reply(outcome=Outcome.UNREACHABLE, reason="no such structure"),
        Reply(0x7666, duration_ns=90),
        Reply(outcome=Outcome.DENIED, reason="no rule of the driver's policy grants it"),
        Reply(outcome=Outcome.UNREACHABLE, reason="not a register in a BAR"),
    ]
    assert silicon.calls == [Command.READ]


def test_all_ones_from_the_bus_are_a_value(machine: "Machine", silicon: Silicon, reader: KernelReader) -> None:
    silicon.put(machine.target().function.address, 0, 0, 0xFFFFFFFF)

    assert reader.read([machine.target()]) == [Reply(0xFFFFFFFF, duration_ns=90)]


def test_without_a_policy_the_reason_says_what_to_do(machine: "Machine", silicon: Silicon) -> None:
    silicon.policy = PolicyState.NONE
    reader = KernelReader(Driver(machine.roots.dev / "barwatch", lambda _: silicon.device()))
    state = reader.status().state
    (reply,) = reader.read([machine.target()])

    assert state is State.OFF
    assert reply.outcome is Outcome.DENIED
    assert "barwatch-agent policy load" in (reply.reason or "")


@pytest.mark.parametrize(("error", "outcome"), [(errno.EACCES, Outcome.DENIED), (errno.EIO, Outcome.UNREACHABLE)])
def test_a_call_that_fails_fails_each_register_and_the_next_pass_opens_anew(
    machine: "Machine", silicon: Silicon, reader: KernelReader, error: int, outcome: Outcome
) -> None:
    silicon.put(machine.target().function.address, 0, 0, 0x7666)
    silicon.error = error
    failed = reader.read([machine.target(), machine.target(4)])
    silicon.error = 0

    assert [reply.outcome for reply in failed] == [outcome, outcome]
    assert os.strerror(error) in (failed[0].reason or "")
    assert reader.read([machine.target()])[0].value == 0x7666


def test_without_the_driver_the_access_is_absent(machine: "Machine") -> None:
    reader = KernelReader(Driver(machine.roots.dev / "barwatch", open_device))

    assert reader.access is Access.KERNEL
    assert (reader.status().name, reader.status().state) == ("kernel_access", State.ABSENT)
    assert "not installed" in (reader.status().reason or "")
    assert reader.read([machine.target()])[0].outcome is Outcome.UNREACHABLE


def test_a_file_that_is_no_driver_is_not_taken_for_one(machine: "Machine") -> None:
    machine.roots.dev.mkdir()
    (machine.roots.dev / "barwatch").touch()
    reader = KernelReader(Driver(machine.roots.dev / "barwatch", open_device))

    assert reader.status().state is State.UNREADABLE
    assert "ENOTTY" in (reader.status().reason or "")
    assert reader.read([machine.target()])[0].outcome is Outcome.UNREACHABLE
