"""The ways in to registers: one reader for each access, chosen once when the agent is built."""

from collections.abc import Sequence
from typing import Protocol

from barwatch_agent.errors import ReaderGone
from barwatch_agent.reads import Reply, Target
from barwatch_proto.snapshot import Setting
from barwatch_proto.words import Access, Outcome


class RegisterReader(Protocol):
    """One way in. A batch in, a reply for each target out, in the same order.

    A refused, unreachable or faulting target is a Reply and does not stop the others.
    """

    @property
    def access(self) -> Access:
        """Which way in this is."""

    def status(self) -> Setting:
        """Whether this way in works here: a setting called ``kernel_access``, ``user_access`` or ``config_access``."""

    def read(self, targets: Sequence[Target]) -> list[Reply]:
        """One read per target."""

    def close(self) -> None:
        """Let go of descriptors, mappings and processes."""


def replies(reader: RegisterReader, targets: Sequence[Target]) -> list[Reply]:
    """Replies in the order of the targets; those that cannot be located are not handed to the reader."""
    located = [target for target in targets if target.problem is None]
    try:
        answers = iter(reader.read(located))
    except ReaderGone as gone:
        answers = iter([Reply(outcome=Outcome.UNREACHABLE, reason=str(gone))] * len(located))
    return [
        next(answers) if target.problem is None else Reply(outcome=Outcome.UNREACHABLE, reason=target.problem)
        for target in targets
    ]
