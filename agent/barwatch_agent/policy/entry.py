"""One [[rule]] table as written: the keys that exist and their types."""

from enum import Enum
from typing import TYPE_CHECKING

import msgspec

from barwatch_agent.driver.abi import Right

if TYPE_CHECKING:
    from collections.abc import Sequence


class RightWord(Enum):
    """A right as a file names it. There is none for writing: no driver that we hand out has it."""

    READ = "read"
    MAP = "map"
    CONFIG = "config"
    SHARED = "shared"


class Entry(msgspec.Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The keys of a rule; README.md says what each means."""

    summary: str
    rights: tuple[RightWord, ...]
    vendor: int | None = None
    device: int | tuple[int, ...] | None = None
    subsystem: str | None = None
    class_: str | None = msgspec.field(default=None, name="class")
    bar: int | None = None
    offset: int | None = None
    length: int | None = None
    widths: tuple[int, ...] | None = None

    @property
    def devices(self) -> "Sequence[int]":
        """The device ids, one or several."""
        if self.device is None:
            return ()
        return (self.device,) if isinstance(self.device, int) else self.device

    @property
    def right(self) -> Right:
        """The rights, or-ed."""
        found = Right(0)
        for word in self.rights:
            found |= Right[word.name]
        return found

    @property
    def is_about_a_bar(self) -> bool:
        """Whether the rule grants bytes of a BAR, and not configuration space alone."""
        return bool(self.right & (Right.READ | Right.MAP))


class PolicyFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The top level of a policy file."""

    rule: list[dict[str, object]]
