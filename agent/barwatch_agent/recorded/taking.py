"""Taking the reads of a recording: passes of the plan over a machine, as a running agent takes them."""

import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import groupby

from barwatch_agent.accounts import Accounts, Kept
from barwatch_agent.build import Machine
from barwatch_agent.clock import NS, Clock
from barwatch_agent.reads import Read, Target
from barwatch_agent.recorded.series import MAX_EVIDENCE, RecordedReads, RecordedSeries, Run, TakenEvidence
from barwatch_agent.recorded.watched import sampler, watched
from barwatch_agent.sampler import Schedule, Watch
from barwatch_proto.pci import Address
from barwatch_proto.snapshot import Setting
from barwatch_proto.telemetry import Evidence
from barwatch_proto.words import Access, State

US = 1_000  # nanoseconds
MIB = 1 << 20
RUN_BYTES = 70  # of text, at most, besides its reason
VALUE_BYTES = 21
TIME_BYTES = 14
FEW = 3  # reads of one value in a row: writing it so often is shorter than another run


@dataclass(frozen=True, slots=True)
class Span:
    """How long reads are taken: so many seconds, at least one pass, unless stopped before or out of room."""

    seconds: float
    stop: threading.Event
    room_bytes: int = 4 * MIB  # of text; evidence takes half of it at most


@dataclass(frozen=True, slots=True)
class Taken:
    """The reads, and what there was no room for."""

    reads: RecordedReads
    evidence_left_out: int
    is_full: bool  # the text would have become too long, so the passes ended early


def take_reads(machine: Machine, clock: Clock, span: Span, on_pass: Callable[[float], None]) -> Taken:
    """Passes of the plan over the machine as it is now. ``on_pass`` hears the seconds since the beginning."""
    snapshot = machine.inventory.look()
    machine.second_look.know(snapshot)
    readers = [reader for reader in machine.readers if reader.status().state is not State.ABSENT]
    accounts = Accounts(Kept())
    watch = watched(snapshot, readers, machine.locate(snapshot.topology), accounts)
    passes = sampler(accounts, machine.second_look, clock)
    closed = [reader.access for reader in machine.readers if reader not in readers]
    notes = _Notes(watch, closed, clock.now_ns(), span.room_bytes)
    began_ns = clock.elapsed_ns()
    for due in _beats(watch, clock, span):
        at_ns = clock.now_ns()
        notes.take(due, at_ns, passes.sample(watch, partial(_is_due, due)))
        for episode in accounts.drain().episodes:
            if episode.evidence is not None:
                notes.take_evidence(episode.series, episode.evidence)
        on_pass((clock.elapsed_ns() - began_ns) / NS)
        if notes.is_full:
            break
    return notes.taken(machine.inventory.ways_in())


def _beats(watch: Watch, clock: Clock, span: Span) -> Iterator[frozenset[float]]:
    """The periods that are due, each time that any is, until the span is over."""
    schedule, began_ns = Schedule(), clock.elapsed_ns()
    schedule.plan({target.register.every_s for lane in watch.lanes for target, _ in lane.slots}, began_ns)
    while True:
        yield schedule.take(clock.elapsed_ns())
        next_ns = schedule.next_ns()
        if next_ns is None or next_ns - began_ns >= span.seconds * NS:
            return
        if clock.wait(span.stop, (next_ns - clock.elapsed_ns()) / NS):
            return


def _is_due(due: frozenset[float], target: Target) -> bool:
    return target.register.every_s in due


@dataclass(slots=True)
class _Line:
    """One series so far, as runs of equal reads."""

    target: Target
    access: Access
    runs: list[Run] = field(default_factory=list)

    def add(self, read: Read | None) -> int:
        """One more read, None when the circuit breaker left it out; how many bytes of text it may cost."""
        now = Run(None, 1) if read is None else _run(read)
        last = self.runs[-1] if self.runs else None
        if last is not None and replace(last, count=1) == now:
            self.runs[-1] = replace(last, count=last.count + 1)
            return 0
        self.runs.append(now)
        is_another_value = last is not None and now.values and last.outcome is now.outcome
        return VALUE_BYTES if is_another_value else RUN_BYTES + len(now.reason or "")

    def series(self) -> RecordedSeries:
        """As it is kept."""
        target, register = self.target, self.target.register
        return RecordedSeries(
            function=target.function.address,
            register=register.name,
            access=self.access,
            bar=target.bar,
            offset=target.offset,
            width=target.width,
            every_s=register.every_s,
            expect=target.expect,
            mask=register.mask,
            is_canary=register.is_canary,
            record=register.record,
            problem=target.problem,
            runs=tuple(_packed(self.runs)),
        )


class _Notes:
    """What the passes came to so far."""

    def __init__(self, watch: Watch, closed: Sequence[Access], began_at_ns: int, room_bytes: int) -> None:
        self._began_at_ns = began_at_ns
        self._room_bytes, self._used_bytes, self._evidence_bytes = room_bytes, 0, 0
        self._lines = {
            account.series.id: _Line(target, lane.reader.access)
            for lane in watch.lanes
            for target, account in lane.slots
        }
        self._by_access: Mapping[Access, Sequence[_Line]] = {
            lane.reader.access: [self._lines[account.series.id] for _, account in lane.slots] for lane in watch.lanes
        }
        asked = {(id(line.target), line.access): line for line in self._lines.values()}
        self._series = [  # in the order of the plan; of an access that is not there, too
            asked.get((id(target), access)) or _Line(target, access)
            for targets in watch.registers.values()
            for target in targets
            for access in (*self._by_access, *closed)
            if access in target.register.accesses
        ]
        self._taken_us: dict[Access, list[int]] = {access: [] for access in self._by_access}
        self._due: dict[float, list[int]] = {}
        self._evidence: dict[tuple[int, Address], TakenEvidence] = {}
        self._left_out: set[tuple[int, Address]] = set()
        self._pass = -1

    @property
    def is_full(self) -> bool:
        """Whether the text has no room for another pass."""
        return self._used_bytes > self._room_bytes

    def take(self, due: frozenset[float], began_at_ns: int, reads: Sequence[Read]) -> None:
        """One pass: what was due, when it began, and the reads that were made."""
        self._pass += 1
        for every_s in due:
            self._due.setdefault(every_s, []).append(self._pass)
        made = {(id(read.target), read.access): read for read in reads}
        for access, lines in self._by_access.items():
            mine = [line for line in lines if line.target.register.every_s in due]
            found = [made.get((id(line.target), access)) for line in mine]
            taken_at_ns = next((read.taken_at_ns for read in found if read is not None), began_at_ns)
            before = self._taken_us[access][-1:] or [0]
            self._taken_us[access].append(max((taken_at_ns - self._began_at_ns) // US, *before))  # the clock may be set
            costs = (line.add(read) for line, read in zip(mine, found, strict=True))
            self._used_bytes += TIME_BYTES + sum(costs)

    def take_evidence(self, series: int, evidence: Evidence) -> None:
        """Evidence of the pass that was just taken; that of one function serves all of its registers."""
        address = self._lines[series].target.function.address
        key = (self._pass, address)
        if key in self._evidence:
            return
        self._evidence_bytes += _text_bytes(evidence)
        if self._evidence_bytes > self._room_bytes // 2 or len(self._evidence) >= MAX_EVIDENCE:
            self._left_out.add(key)
            return
        self._used_bytes += _text_bytes(evidence)
        self._evidence[key] = TakenEvidence(self._pass, address, evidence)

    def taken(self, ways_in: Sequence[Setting]) -> Taken:
        """All of it."""
        reads = RecordedReads(
            began_at_ns=self._began_at_ns,
            taken_us={access: tuple(times) for access, times in self._taken_us.items()},
            due={every_s: tuple(passes) for every_s, passes in sorted(self._due.items())},
            ways_in=tuple(ways_in),
            series=tuple(line.series() for line in self._series),
            evidence=tuple(self._evidence.values()),
        )
        return Taken(reads, len(self._left_out), self.is_full)


def _run(read: Read) -> Run:
    return Run(read.outcome, 1, () if read.value is None else (read.value,), read.reason)


def _packed(runs: Sequence[Run]) -> Iterator[Run]:
    """Short runs of one outcome with other values each time as one run with a value for each read."""
    for _, group in groupby(runs, lambda run: (run.outcome, bool(run.values) and run.count <= FEW, run.reason)):
        members = list(group)
        values = tuple(value for run in members for value in run.values * run.count)
        if len(members) == 1 or members[0].count > FEW or not values:
            yield from members
        else:
            yield Run(members[0].outcome, len(values), values)


def _text_bytes(evidence: Evidence) -> int:
    """About how long evidence is as text."""
    spaces = sum(4 * len(space.data) + 400 for space in (*evidence.route, *evidence.after))
    return spaces + 150 * (len(evidence.rereads) + len(evidence.reads) + len(evidence.registers))
