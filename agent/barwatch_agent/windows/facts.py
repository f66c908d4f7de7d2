"""What Windows told, undecoded: devices with their properties and resources, and facts of the whole machine."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Protocol

DN_HAS_PROBLEM = 0x400  # cfg.h: the device did not start, and a problem code says why


@dataclass(frozen=True, slots=True)
class Refusal:
    """That Windows did not tell, with its own number for why."""

    code: int  # NTSTATUS, Win32 error or TBS result, whichever the call answers with
    words: str = ""  # more, for people

    def __str__(self) -> str:
        """The number, and the words where there are any."""
        return f"{self.code:#x} {self.words}".rstrip()

    @property
    def reason(self) -> str:
        """For people: without a number where there is none."""
        return f"Windows answers {self}" if self.code else self.words or "Windows gives no answer, and no error"


Fact = bytes | Refusal
Facts = Mapping[str, Fact]  # by the names in `sources`; one that was never asked for is missing


@dataclass(frozen=True, slots=True)
class Property:
    """The value of one device property: its DEVPROPTYPE, and its bytes."""

    kind: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Resource:
    """One resource that the Plug and Play manager assigned: its RESOURCEID, and the descriptor as it came."""

    kind: int
    data: bytes


@dataclass(frozen=True, slots=True)
class Devnode:
    """One device of the device tree."""

    instance_id: str  # as the enumerator wrote it; unique on this machine
    properties: Mapping[str, Property] = field(default_factory=dict)  # by the names in `properties`
    resources: Sequence[Resource] | None = None  # in the order of the list; None: they could not be read
    status: int | None = None  # DN_ flags
    problem: int | None = None  # problem code; None: not asked for, 0: none
    problems: tuple[str, ...] = ()  # what could not be read, and why


class Source(Protocol):
    """A machine that runs Windows."""

    def names(self) -> Sequence[str]:
        """Instance ids of the functions that are present: one call, and no look at any of them.

        Raises:
            OSError: nothing is listed.
        """

    def devices(self) -> tuple[Sequence[Devnode], Sequence[str]]:
        """The functions that are present, and what went wrong with others."""

    def device(self, instance_id: str, names: Iterable[str], *, with_resources: bool) -> Devnode:
        """One device as it is now, with the properties of these names; without resources, they are None.

        Raises:
            OSError: it is gone.
        """

    def facts(self) -> Facts:
        """All facts of the machine; a call that fails is a Refusal and does not stop the others."""

    def corrected_errors(self) -> Fact:
        """PCI Express errors that were corrected since Windows was started: a line of address and count for each."""
