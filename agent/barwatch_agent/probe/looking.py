"""One look: topology, settings, every register of the plan by every access, and a second look at what fails."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from barwatch_agent.access import RegisterReader, replies
from barwatch_agent.clock import Clock
from barwatch_agent.inventory import Inventory
from barwatch_agent.probe.judging import Card, Judged, group, judge
from barwatch_agent.reads import Read, Target, read_of
from barwatch_agent.second_look import SecondLook, Trouble
from barwatch_proto.fingerprint import topology_fingerprint
from barwatch_proto.pci import Address
from barwatch_proto.snapshot import Setting, Snapshot
from barwatch_proto.telemetry import Evidence
from barwatch_proto.topology import Function, Topology
from barwatch_proto.words import Access, State

MAX_SECOND_LOOKS = 16  # functions: each may cost completion timeouts, and a person waits


@dataclass(frozen=True, slots=True)
class Look:
    """What one look found."""

    snapshot: Snapshot
    ways_in: Mapping[Access, Setting]  # how each access is here
    targets: tuple[Target, ...]  # functions by address, registers as in the plan
    reads: tuple[Read, ...]
    evidence: Mapping[str, Evidence] = field(default_factory=dict)  # by function key, of functions that failed
    judged: tuple[Judged, ...] = ()  # every read that was not ok

    def cards(self) -> tuple[Card, ...]:
        """The verdicts, equal ones of one function together; what fails comes first."""
        return group(self.judged)

    def failures(self) -> Mapping[str, Sequence[Card]]:
        """The cards of the functions that fail, by function key, in the order of their addresses."""
        found: dict[str, list[Card]] = {}
        for card in self.cards():
            if card.is_failure:
                found.setdefault(card.function.key, []).append(card)
        return found

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


@dataclass(slots=True)
class Eyes:
    """Looks at one machine, as often as it is asked. Without ``second_look`` nothing is read again."""

    inventory: Inventory
    readers: Sequence[RegisterReader]
    locate: Callable[[Topology], Sequence[Target]]
    clock: Clock
    second_look: SecondLook | None = None
    _is_first: bool = True

    def look(self) -> Look:
        """Everything once. An access that is not installed reads nothing; its setting says so."""
        snapshot = self.inventory.look()
        targets = tuple(self.locate(snapshot.topology))
        status = {reader.access: reader.status() for reader in self.readers}
        ways_in = {access: status[access] for access in Access if access in status}  # as people read them
        is_open = [reader for reader in self.readers if ways_in[reader.access].state is not State.ABSENT]
        reads = tuple(read for reader in is_open for read in self._read(reader, targets))
        evidence = self._evidence(snapshot, targets, reads, is_open)
        return Look(snapshot, ways_in, targets, reads, evidence, judge(reads, evidence))

    def _read(self, reader: RegisterReader, targets: Sequence[Target]) -> list[Read]:
        asked = [target for target in targets if reader.access in target.register.accesses]
        at_ns = self.clock.now_ns()
        answers = replies(reader, asked)
        return [read_of(target, reader.access, at_ns, reply) for target, reply in zip(asked, answers, strict=True)]

    def _evidence(
        self, snapshot: Snapshot, targets: Sequence[Target], reads: Sequence[Read], readers: Sequence[RegisterReader]
    ) -> Mapping[str, Evidence]:
        """By function key, of the functions that failed; error counters are compared with the look before."""
        if self.second_look is None:
            return {}
        if self._is_first:
            self.second_look.know(snapshot)
            self._is_first = False
        failed = dict.fromkeys(read.target.function.key for read in reads if read.outcome.is_failure)
        routes = {route[-1].key: route for route in snapshot.topology.routes()} if failed else {}
        found = {
            key: self.second_look.take(_trouble(routes[key], targets, reads), readers)
            for key in list(failed)[:MAX_SECOND_LOOKS]
        }
        self.second_look.know(snapshot)
        return found


def look(
    inventory: Inventory,
    readers: Sequence[RegisterReader],
    locate: Callable[[Topology], Sequence[Target]],
    clock: Clock,
    second_look: SecondLook | None = None,
) -> Look:
    """Look once."""
    return Eyes(inventory, readers, locate, clock, second_look).look()


def _trouble(route: Sequence[Function], targets: Sequence[Target], reads: Sequence[Read]) -> Trouble:
    key = route[-1].key
    own = [read for read in reads if read.target.function.key == key]
    return Trouble(
        route=route,
        registers=[target for target in targets if target.function.key == key],
        reads=own,
        names=frozenset(read.target.register.name for read in own if read.outcome.is_failure),
    )
