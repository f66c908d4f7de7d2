"""The kernel access while its driver is not part of the product yet."""

from typing import TYPE_CHECKING

from barwatch_agent.access.kernel import KernelReader
from barwatch_agent.reads import Reply
from barwatch_proto.words import Access, Outcome, State

if TYPE_CHECKING:
    from tests.agent.access.conftest import Machine

NOT_INSTALLED = "the barwatch driver is not installed: /dev/barwatch does not exist"


def test_without_the_driver_the_access_is_absent_and_every_register_unreachable(machine: "Machine") -> None:
    reader = KernelReader(machine.roots)

    assert reader.access is Access.KERNEL
    assert (reader.status().name, reader.status().state) == ("kernel_access", State.ABSENT)
    assert reader.status().reason == NOT_INSTALLED
    assert (
        reader.read([machine.target(), machine.target(4)])
        == [Reply(outcome=Outcome.UNREACHABLE, reason=NOT_INSTALLED)] * 2
    )


def test_a_driver_that_this_agent_cannot_speak_to_is_not_taken_for_absent(machine: "Machine") -> None:
    machine.roots.dev.mkdir()
    (machine.roots.dev / "barwatch").touch()
    reader = KernelReader(machine.roots)

    assert reader.status().state is State.UNREADABLE
    assert reader.read([machine.target()])[0].outcome is Outcome.UNREACHABLE
    assert "does not speak" in (reader.status().reason or "")
