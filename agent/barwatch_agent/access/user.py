"""The ``user`` access: BARs mapped into a process of their own, as an application would map them."""

import ctypes
from collections.abc import Hashable, Iterable, Mapping, Sequence
from typing import Protocol

from barwatch_agent.access.mapped import MappedStarts, start_in_sysfs
from barwatch_agent.access.mapping import Answer, MappingClient, Request
from barwatch_agent.access.open_files import OpenFiles
from barwatch_agent.access.reachable import Reachability
from barwatch_agent.access.ways_to_map import WayToMap, start_of
from barwatch_agent.reads import Reply, Target
from barwatch_agent.roots import Roots
from barwatch_proto.pci import Address
from barwatch_proto.snapshot import Setting
from barwatch_proto.words import Access, Outcome

WORD_BYTES = ctypes.sizeof(ctypes.c_void_p)  # what the CPU loads at once


class Places(Protocol):
    """Where functions and their BARs are now, as the operating system has it."""

    def refusals(self, addresses: Iterable[Address]) -> dict[Address, str]:
        """The functions among these that must not be touched, and why."""

    def identity(self, address: Address) -> Hashable | None:
        """What tells a function from another one at its address, as it was last looked at; None: it was not there."""

    def start_now(self, target: Target) -> int | None:
        """Where the target's BAR is now; None when nobody knows."""

    def close(self) -> None:
        """Close what is open."""


class SysfsPlaces:
    """As sysfs has it."""

    def __init__(self, roots: Roots) -> None:
        self._roots = roots
        self._files = OpenFiles()
        self._reachability = Reachability(roots, self._files)

    def refusals(self, addresses: Iterable[Address]) -> dict[Address, str]:
        """As for every access."""
        return self._reachability.refusals(addresses)

    def identity(self, address: Address) -> Hashable | None:
        """Device and inode of the function's folder."""
        return self._reachability.identity(address)

    def start_now(self, target: Target) -> int | None:
        """From the file ``resource``."""
        return start_in_sysfs(self._roots, target)

    def close(self) -> None:
        """Files of sysfs."""
        self._files.close()


class MappingReader:
    """Reads BAR registers with one load each in the mapping process."""

    def __init__(self, places: Places, way: WayToMap, client: MappingClient | None = None) -> None:
        self._way = way
        self._client = client or MappingClient()
        self._places = places
        self._mapped = MappedStarts(places.start_now)

    @property
    def access(self) -> Access:
        """A mapping in a user process."""
        return Access.USER

    def read(self, targets: Sequence[Target]) -> list[Reply]:
        """One read per target."""
        refusals = self._places.refusals({target.function.address for target in targets})
        self._mapped.begin()
        tried = [self._request(target, refusals) for target in targets]
        answers = iter(self._client.read([each for each in tried if isinstance(each, Request)]))
        return [
            self._reply(target, next(answers))
            if isinstance(each, Request)
            else Reply(outcome=Outcome.UNREACHABLE, reason=each)
            for target, each in zip(targets, tried, strict=True)
        ]

    def status(self) -> Setting:
        """Whether the way to map works here."""
        return self._way.status()

    def mapped_start(self, target: Target) -> int | None:
        """Where the target's BAR was when the mapping process mapped it; None when it did not."""
        return self._mapped.start(target, self._places.identity(target.function.address))

    def close(self) -> None:
        """End the mapping process."""
        self._client.close()
        self._places.close()

    def _request(self, target: Target, refusals: Mapping[Address, str]) -> Request | str:
        """What the mapping process is asked for, or why it is not asked."""
        if target.problem is not None:
            return target.problem
        if target.bar is None:
            return "not a register in a BAR"
        if start_of(target) is None:
            return f"BAR {target.bar} is not assigned"
        if target.function.address in refusals:
            return refusals[target.function.address]
        if target.width > WORD_BYTES:
            return f"this CPU does not load {target.width} bytes at once"
        return self._way.request(target)

    def _reply(self, target: Target, answer: Answer | Reply) -> Reply:
        """What the mapping process's answer says about the target."""
        if isinstance(answer, Reply):
            return answer
        if answer.error:
            return self._way.refused(target, answer.error)
        self._mapped.note(self._client.pid, target, self._places.identity(target.function.address))
        return Reply(answer.value, duration_ns=answer.duration_ns)


class UserReader(MappingReader):
    """The same on Linux."""

    def __init__(self, roots: Roots, way: WayToMap, client: MappingClient | None = None) -> None:
        super().__init__(SysfsPlaces(roots), way, client)
