"""One look at one machine, without a collector: topology, settings, and every register of the plan by every access."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass

from barwatch_agent.access import RegisterReader, replies
from barwatch_agent.clock import Clock
from barwatch_agent.inventory import Inventory
from barwatch_agent.reads import Read, Target, read_of
from barwatch_proto.fingerprint import topology_fingerprint
from barwatch_proto.pci import Address
from barwatch_proto.snapshot import Setting, Snapshot
from barwatch_proto.topology import Topology
from barwatch_proto.words import Access, State


@dataclass(frozen=True, slots=True)
class Look:
    """What one look found."""

    snapshot: Snapshot
    ways_in: Mapping[Access, Setting]  # how each access is here
    targets: tuple[Target, ...]  # functions by address, registers as in the plan
    reads: tuple[Read, ...]

    def by_target(self) -> Mapping[tuple[str, str], Mapping[Access, Read]]:
        """The reads of each register, by function key and register name."""
        found: dict[tuple[str, str], dict[Access, Read]] = {}
        for read in self.reads:
            found.setdefault((read.target.function.key, read.target.register.name), {})[read.access] = read
        return found

    def fingerprints(self) -> Mapping[Address, str]:
        """The topology fingerprint of each function."""
        return {route[-1].address: topology_fingerprint(route) for route in self.snapshot.topology.routes()}

    def closed_ways_in(self) -> frozenset[Access]:
        """The accesses that this machine does not have."""
        return frozenset(access for access, setting in self.ways_in.items() if setting.state is State.ABSENT)

    def unread(self) -> Mapping[str, Sequence[str]]:
        """What could not be read and why, with where: addresses and names of settings."""
        found: dict[str, list[str]] = {}
        for where, reason in self._unread():
            found.setdefault(reason, []).append(where)
        return found

    def _unread(self) -> Iterator[tuple[str, str]]:
        topology, settings = self.snapshot.topology, self.snapshot.settings
        closed = [setting for setting in self.ways_in.values() if setting.state is State.ABSENT]
        yield from (("topology", problem) for problem in topology.problems)
        yield from ((str(each.address), problem) for each in topology.functions for problem in each.problems)
        yield from ((each.name, each.reason or "") for each in settings if each.state is State.UNREADABLE)
        yield from ((each.name, each.reason or "") for each in closed)
        yield from (
            (str(read.target.function.address), f"{read.access.value}: {read.outcome.value}: {read.reason}")
            for read in self.reads
            if read.reason
        )


def look(
    inventory: Inventory,
    readers: Sequence[RegisterReader],
    locate: Callable[[Topology], Sequence[Target]],
    clock: Clock,
) -> Look:
    """Look once. An access that is not installed reads nothing; its setting says so."""
    snapshot = inventory.look()
    targets = tuple(locate(snapshot.topology))
    status = {reader.access: reader.status() for reader in readers}
    ways_in = {access: status[access] for access in Access if access in status}  # as people read them
    reads = tuple(
        read
        for reader in readers
        if ways_in[reader.access].state is not State.ABSENT
        for read in _reads(reader, [target for target in targets if reader.access in target.register.accesses], clock)
    )
    return Look(snapshot, ways_in, targets, reads)


def _reads(reader: RegisterReader, targets: Sequence[Target], clock: Clock) -> list[Read]:
    at_ns = clock.now_ns()
    answers = replies(reader, targets)
    return [read_of(target, reader.access, at_ns, reply) for target, reply in zip(targets, answers, strict=True)]
