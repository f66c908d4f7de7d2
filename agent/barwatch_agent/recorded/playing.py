"""Playing the reads of a recording: the sampler reads them pass by pass, and books them as a running agent does."""

import dataclasses
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from barwatch_agent.access import RegisterReader
from barwatch_agent.accounts import Account, Accounts
from barwatch_agent.clock import Clock
from barwatch_agent.errors import ConfigError
from barwatch_agent.inventory import Inventory
from barwatch_agent.probe import Look, look
from barwatch_agent.reads import Read, Reply, Target, classify
from barwatch_agent.recorded.series import RecordedReads, RecordedSeries
from barwatch_agent.recorded.watched import Tireless, sampler, watched
from barwatch_agent.sampler import Lane, Watch
from barwatch_agent.second_look import SecondLook, Trouble
from barwatch_proto.pci import Address
from barwatch_proto.snapshot import Setting, Snapshot
from barwatch_proto.telemetry import ConfigSpace, Evidence, Reread
from barwatch_proto.topology import Function, Topology
from barwatch_proto.words import Access, Outcome, State

US = 1_000  # nanoseconds
LEFT_OUT = Reply(outcome=Outcome.UNREACHABLE, reason="never read: the function kept failing")
Key = tuple[Address, str, Access]  # function, register, access


@dataclass(slots=True)
class PlayedClock:
    """The time of the recording, moved to now; it stands still between reads."""

    real: Clock
    moved_ns: int  # from a time of the recording to the time that is told
    began_at_ns: int  # of the recording
    at_us: int = 0  # since then

    def now_ns(self) -> int:
        """When the read is told to have been taken."""
        return self.began_at_ns + self.moved_ns + self.at_us * US

    def elapsed_ns(self) -> int:
        """Time since the recording began."""
        return self.at_us * US

    def asleep_ns(self) -> int:
        """A recording never sleeps."""
        return 0

    def wait(self, event: threading.Event, seconds: float) -> bool:
        """A real wait."""
        return self.real.wait(event, seconds)


@dataclass(slots=True)
class _Stage:
    """The pass that is played now."""

    replies: dict[Key, Reply | None] = field(default_factory=dict)
    taken_us: dict[Access, int] = field(default_factory=dict)
    evidence: dict[Address, Evidence] = field(default_factory=dict)


@dataclass(slots=True)
class PlayedReader:
    """One access as it was when it was recorded."""

    access: Access
    clock: PlayedClock
    stage: _Stage
    setting: Setting

    def status(self) -> Setting:
        """As recorded."""
        return self.setting

    def read(self, targets: Sequence[Target]) -> list[Reply]:
        """What the reader got in this pass."""
        self.clock.at_us = max(self.clock.at_us, self.stage.taken_us.get(self.access, 0))
        keys = ((target.function.address, target.register.name, self.access) for target in targets)
        return [self.stage.replies[key] or LEFT_OUT for key in keys]

    def close(self) -> None:
        """Nothing is open."""


class _Nobody:
    """A witness who was not there: a recording has its evidence, or has none."""

    def look(self, route: Sequence[Function]) -> tuple[ConfigSpace, ...]:  # noqa: ARG002 the one answer
        """Nothing."""
        return ()


@dataclass(slots=True)
class PlayedLook(SecondLook):
    """Evidence as it was recorded; only the reads of the pass where none was."""

    stage: _Stage = field(default_factory=_Stage)
    moved_ns: int = 0

    def take(self, trouble: Trouble, readers: Sequence[RegisterReader]) -> Evidence:  # noqa: ARG002 nothing is read
        """Everything that the recording has of the trouble, its times moved with all others."""
        found = self.stage.evidence.get(trouble.route[-1].address)
        if found is None:
            reads = tuple(_reread(read) for read in trouble.reads if read.target.register.name in trouble.names)
            return Evidence(self.clock.now_ns(), reads=reads)
        return dataclasses.replace(
            found,
            taken_at_ns=found.taken_at_ns + self.moved_ns,
            rereads=tuple(self._moved(reread) for reread in found.rereads),
            reads=tuple(self._moved(reread) for reread in found.reads),
        )

    def _moved(self, reread: Reread) -> Reread:
        return dataclasses.replace(reread, taken_at_ns=reread.taken_at_ns + self.moved_ns)


def targets_of(reads: RecordedReads, topology: Topology) -> tuple[tuple[Target, ...], tuple[Address, ...]]:
    """The registers that were read, on the functions of the topology; and functions that it does not have.

    Raises:
        ConfigError: an outcome is not what its value says.
    """
    functions = topology.by_address()
    ways: dict[tuple[Address, str], list[RecordedSeries]] = {}
    for series in reads.series:
        ways.setdefault((series.function, series.register), []).append(series)
    missing = tuple(dict.fromkeys(address for address, _ in ways if address not in functions))
    targets = []
    for (address, _), members in ways.items():
        if address in functions:
            targets.append(members[0].target(functions[address], tuple(series.access for series in members)))
            for series in members:
                _check_outcomes(series, targets[-1])
    return tuple(targets), missing


class Player:
    """Plays pass after pass into accounts, which may be those of an agent."""

    def __init__(self, reads: RecordedReads, snapshot: Snapshot, accounts: Accounts, clock: PlayedClock) -> None:
        self._reads = reads
        self._stage = _Stage()
        self._look = PlayedLook(_Nobody(), clock, stage=self._stage, moved_ns=clock.moved_ns)
        self._readers = [PlayedReader(access, clock, self._stage, way_in(reads, access)) for access in _accesses(reads)]
        self.targets, self.missing = targets_of(reads, snapshot.topology)
        open_ways = [reader for reader in self._readers if reader.access in reads.taken_us]
        self._watch = watched(snapshot, open_ways, self.targets, accounts)
        self._slots = [(lane, [(_key(slot[0], lane), slot) for slot in lane.slots]) for lane in self._watch.lanes]
        self._sampler = sampler(accounts, self._look, clock, Tireless())
        self._due = {every_s: frozenset(passes) for every_s, passes in reads.due.items()}
        self._replies = [((each.function, each.register, each.access), each, each.replies()) for each in reads.series]

    def play(self, number: int) -> None:
        """One pass; they are played in their order, each once."""
        self._set_stage(number)
        lanes = tuple(Lane(lane.reader, list(self._answering(slots))) for lane, slots in self._slots)
        self._sampler.sample(Watch(lanes, self._watch.routes, self._watch.registers), _always)

    def at_the_end(self, inventory: Inventory, clock: Clock) -> Look:
        """What a look finds where each register gives its last reply, and each function its last evidence."""
        self._stage.replies = {key: _last(series) for key, series, _ in self._replies}
        self._stage.evidence = {each.function: each.evidence for each in self._reads.evidence}
        return look(inventory, self._readers, lambda _: self.targets, clock, self._look)

    def _set_stage(self, number: int) -> None:
        """What the readers give in this pass."""
        reads, stage = self._reads, self._stage
        due = {every_s for every_s, passes in self._due.items() if number in passes}
        stage.taken_us = {access: times[number] for access, times in reads.taken_us.items()}
        stage.evidence = {each.function: each.evidence for each in reads.evidence if each.taken_in == number}
        stage.replies = {
            key: next(replies) for key, series, replies in self._replies if series.runs and series.every_s in due
        }

    def _answering(self, slots: Sequence[tuple[Key, tuple[Target, Account]]]) -> Iterator[tuple[Target, Account]]:
        """The slots that were read in this pass; those that the circuit breaker left out are counted as such."""
        for key, slot in slots:
            if self._stage.replies.get(key) is not None:
                yield slot
            elif key in self._stage.replies:
                slot[1].skip()


def _accesses(reads: RecordedReads) -> list[Access]:
    """Those that read, in their order, and those of which it is told that they were not there."""
    told = {setting.name for setting in reads.ways_in}
    return [
        *reads.taken_us,
        *(each for each in Access if each not in reads.taken_us and f"{each.value}_access" in told),
    ]


def _last(series: RecordedSeries) -> Reply | None:
    """The last reply that there is; None when every read was left out."""
    run = next((run for run in reversed(series.runs) if run.outcome is not None), None)
    return None if run is None else run.reply(-1)


def way_in(reads: RecordedReads, access: Access) -> Setting:
    """How an access was when it was recorded."""
    name = f"{access.value}_access"
    found = next((setting for setting in reads.ways_in if setting.name == name), None)
    return found or Setting(name, State.VALUE, "a recorded host", value="recorded")


def _key(target: Target, lane: Lane) -> Key:
    return target.function.address, target.register.name, lane.reader.access


def _check_outcomes(series: RecordedSeries, target: Target) -> None:
    for run in series.runs:
        for value in run.values:
            if classify(value, target) is not run.outcome:
                said, told = run.outcome and run.outcome.value, classify(value, target).value
                where = f"{series.register} of {series.function} by {series.access.value}"
                msg = f"reads of {where}: the outcome is {said!r}, and a value of {value:#x} is {told!r} there"
                raise ConfigError(msg)


def _always(_target: Target) -> bool:
    return True


def _reread(read: Read) -> Reread:
    return Reread(read.target.register.name, read.access, read.taken_at_ns, read.outcome, read.value, read.reason)
