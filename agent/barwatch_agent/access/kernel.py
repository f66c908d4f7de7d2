"""The ``kernel`` access: the barwatch driver's device. This version finds out whether it is there, and no more."""

from collections.abc import Sequence

from barwatch_agent.reads import Reply, Target
from barwatch_agent.roots import Roots
from barwatch_proto.snapshot import Setting
from barwatch_proto.words import Access, Outcome, State


class KernelReader:
    """Says of every register why the kernel does not read it for us."""

    def __init__(self, roots: Roots) -> None:
        self._device = roots.dev / "barwatch"

    @property
    def access(self) -> Access:
        """The driver."""
        return Access.KERNEL

    def status(self) -> Setting:
        """Absent without the driver's device; unreadable with it, since this agent does not speak to it."""
        state = State.UNREADABLE if self._device.exists() else State.ABSENT
        return Setting("kernel_access", state, "/dev/barwatch", reason=self._reason())

    def read(self, targets: Sequence[Target]) -> list[Reply]:
        """Unreachable, each of them."""
        reason = self._reason()
        return [Reply(outcome=Outcome.UNREACHABLE, reason=reason) for _ in targets]

    def close(self) -> None:
        """Nothing is open."""

    def _reason(self) -> str:
        if self._device.exists():
            return "this version of the agent does not speak to the barwatch driver"
        return "the barwatch driver is not installed: /dev/barwatch does not exist"
