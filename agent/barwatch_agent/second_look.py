"""The second look at a function in trouble: its evidence, and its registers read again.

Configuration spaces are taken before and after the repetitions: what changed in between explains what comes and goes.
"""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Event

from barwatch_agent.access import RegisterReader, replies
from barwatch_agent.clock import Clock
from barwatch_agent.evidence import Witness
from barwatch_agent.reads import Read, Target, read_of
from barwatch_proto.pci import all_ones
from barwatch_proto.snapshot import Snapshot
from barwatch_proto.telemetry import ConfigSpace, Evidence, MappedBar, Reread, SeenRegister
from barwatch_proto.topology import Function, FunctionState
from barwatch_proto.words import State

REREADS = 2
REREAD_PAUSE_S = 0.001
MAX_REGISTERS = 32  # of one function, to be read again: a dead BAR takes all of its registers along
MAX_READS = 96  # of the pass, as they were


@dataclass(frozen=True, slots=True)
class Trouble:
    """A function of which reads were not ok."""

    route: Sequence[Function]  # root port first, the function last
    registers: Sequence[Target]  # all of the function
    reads: Sequence[Read]  # of the function in this pass
    names: frozenset[str]  # registers whose episodes opened

    def chosen(self) -> list[Target]:
        """Canaries first, then the registers in trouble."""
        ordered = sorted(self.registers, key=lambda target: not target.register.is_canary)
        return [t for t in ordered if t.register.is_canary or t.register.name in self.names][:MAX_REGISTERS]

    def seen(self, chosen: Sequence[Target]) -> list[Read]:
        """Reads of the pass in their order: those of the chosen registers, and others, which say what still answers."""
        names = {target.register.name for target in chosen}
        ranked = sorted(enumerate(self.reads), key=lambda each: each[1].target.register.name not in names)
        return [read for _, read in sorted(ranked[:MAX_READS], key=lambda each: each[0])]


@dataclass(slots=True)
class SecondLook:
    """Takes evidence. ``mapped_start`` tells where a target's BAR was when it was mapped, or None."""

    witness: Witness
    clock: Clock
    mapped_start: Callable[[Target], int | None] = lambda _: None
    _states: Mapping[str, FunctionState] = field(default_factory=dict)
    _is_virtual_machine: bool | None = None

    def know(self, snapshot: Snapshot) -> None:
        """How the machine was when it was looked at: error counters are compared with it."""
        self._states = {state.key: state for state in snapshot.states}
        guest = next((each for each in snapshot.settings if each.name == "virtual_machine"), None)
        self._is_virtual_machine = (
            {State.OFF: False, State.ON: True, State.VALUE: True}.get(guest.state) if guest else None
        )

    def take(self, trouble: Trouble, readers: Sequence[RegisterReader]) -> Evidence:
        """Everything that is known of the trouble."""
        taken_at_ns = self.clock.now_ns()
        before = self.witness.look(trouble.route)
        chosen = trouble.chosen()
        mapped = tuple(self._mapped(chosen))  # now: what faults when it is read again is mapped anew
        rereads = tuple(self._again(chosen, readers))
        after = self.witness.look(trouble.route)
        seen = trouble.seen(chosen)
        registers = {target.register.name: target for target in (*chosen, *(read.target for read in seen))}
        return Evidence(
            taken_at_ns=taken_at_ns,
            route=tuple(self._risen(*pair) for pair in zip(trouble.route, before, strict=True)),
            rereads=rereads,
            after=tuple(late for early, late in zip(before, after, strict=True) if late.data != early.data),
            reads=tuple(_reread(read) for read in seen),
            registers=tuple(seen_register(target) for target in registers.values()),
            mapped=mapped,
            is_virtual_machine=self._is_virtual_machine,
        )

    def _again(self, chosen: Sequence[Target], readers: Sequence[RegisterReader]) -> list[Reread]:
        """The registers twice, a millisecond apart, by every access."""
        found: list[Reread] = []
        for _ in range(REREADS):
            self.clock.wait(Event(), REREAD_PAUSE_S)
            for reader in readers:
                targets = [target for target in chosen if reader.access in target.register.accesses]
                for target, reply in zip(targets, replies(reader, targets), strict=True):
                    found.append(_reread(read_of(target, reader.access, self.clock.now_ns(), reply)))
        return found

    def _risen(self, function: Function, space: ConfigSpace) -> ConfigSpace:
        known = self._states.get(function.key)
        if known is None:
            return space
        uncorrectable = _sum(known.aer_nonfatal, known.aer_fatal)
        return dataclasses.replace(
            space,
            correctable_rise=_rise(space.correctable_errors, known.aer_correctable),
            uncorrectable_rise=_rise(space.uncorrectable_errors, uncorrectable),
        )

    def _mapped(self, chosen: Sequence[Target]) -> list[MappedBar]:
        by_bar = {target.bar: target for target in chosen if target.bar is not None}
        starts = {bar: self.mapped_start(target) for bar, target in by_bar.items()}
        return [MappedBar(bar, start) for bar, start in starts.items() if start is not None]


def _reread(read: Read) -> Reread:
    return Reread(read.target.register.name, read.access, read.taken_at_ns, read.outcome, read.value, read.reason)


def seen_register(target: Target) -> SeenRegister:
    """The register as evidence tells it."""
    register = target.register
    is_expected = target.expect not in {None, all_ones(target.width) if register.mask is None else register.mask}
    return SeenRegister(register.name, target.bar, target.offset, target.width, register.is_canary, is_expected)


def _sum(nonfatal: int | None, fatal: int | None) -> int | None:
    return None if nonfatal is None or fatal is None else nonfatal + fatal


def _rise(now: int | None, before: int | None) -> int | None:
    """None when not known; a counter that began anew has risen by what it shows."""
    if now is None or before is None:
        return None
    return now - before if now >= before else now
