"""A recording as a machine: unpacked for a while, played to its end, shown or streamed to a collector."""

import logging
import tempfile
import threading
import uuid
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path

from barwatch_agent.accounts import Accounts, Kept
from barwatch_agent.build import Line, Machine, build_line, build_machine
from barwatch_agent.clock import NS, Clock
from barwatch_agent.config import Config
from barwatch_agent.errors import ConfigError
from barwatch_agent.identity import lock
from barwatch_agent.journal import tell_absence
from barwatch_agent.metrics import AgentMetrics
from barwatch_agent.recorded.dumping import dump
from barwatch_agent.recorded.host import RecordedHost
from barwatch_agent.recorded.playing import US, PlayedClock, Player
from barwatch_agent.recorded.replay_report import Replayed
from barwatch_agent.recorded.series import RecordedReads
from barwatch_agent.recorded.taking import Span, take_reads
from barwatch_proto.snapshot import Snapshot
from barwatch_proto.telemetry import Episode

GOODBYE_S = 3.0  # how long the last messages may take
POLL_S = 0.05
PATIENCE_S = 5.0  # after this a person is told what is waited for
URGENT_NS = 1 * NS  # what happened is told at once, but not more often than this
FLUSH_NS = 10 * NS  # of the recording: as a running agent does
REPLAYS = uuid.UUID("6b7f7c1e-6a4e-5c55-9d0c-6a2f5a3f9d11")  # names in it are those of replayed hosts

log = logging.getLogger(__name__)
OnSeconds = Callable[[float], None]


@dataclass(frozen=True, slots=True)
class RecordedMachine:
    """A recorded host, unpacked, with its reads: those of the recording, or one pass over what it shows."""

    host: RecordedHost
    machine: Machine
    config: Config
    reads: RecordedReads
    clock: Clock

    def beginning(self, moved_ns: int) -> tuple[PlayedClock, Snapshot]:
        """Its clock, moved by so many nanoseconds, and the machine when the recording began."""
        clock = PlayedClock(self.clock, moved_ns, self.reads.began_at_ns)
        seen, at_ns = self.machine.inventory.look(), clock.now_ns()
        states = tuple(replace(state, taken_at_ns=at_ns) for state in seen.states)
        return clock, replace(seen, taken_at_ns=at_ns, states=states)


@contextmanager
def unpacked(host: RecordedHost, options: Mapping[str, object], clock: Clock) -> Iterator[RecordedMachine]:
    """The recorded host as a machine in a temporary folder, as long as the block lasts.

    Raises:
        ConfigError: it has no PCI functions, or an option is wrong.
    """
    with tempfile.TemporaryDirectory(prefix="barwatch-replay-", ignore_cleanup_errors=True) as folder:
        roots = host.unpack(Path(folder) / "host")
        config = Config(sysfs=str(roots.sys), user_mapping="sysfs", **options)  # type: ignore[arg-type]
        machine = build_machine(config, clock)
        try:
            reads = host.reads or take_reads(machine, clock, Span(0, threading.Event()), _unheard).reads
        finally:
            for reader in machine.readers:
                reader.close()
        inventory = replace(machine.inventory, ways_in=lambda: reads.ways_in)
        yield RecordedMachine(host, replace(machine, inventory=inventory), config, reads, clock)


def play(recorded: RecordedMachine, on_seconds: OnSeconds) -> Replayed:
    """All passes at once, and what they came to."""
    reads, accounts = recorded.reads, Accounts(Kept())
    clock, snapshot = recorded.beginning(0)
    player = Player(reads, snapshot, accounts, clock)
    for number in range(reads.passes):
        player.play(number)
        on_seconds(reads.pass_us(number) * US / NS)
    drained = accounts.drain()
    series = {each.id: each for each in drained.series}
    return Replayed(
        player.at_the_end(recorded.machine.inventory, clock), reads, series, drained.episodes, player.missing
    )


def _counted(told: Episode, now: Episode) -> Episode:
    """An episode that lasts is told at 1, 2, 4, 8 ... reads; here with all of them."""
    return replace(told, reads=now.reads, last_at_ns=now.last_at_ns)


@dataclass(frozen=True, slots=True)
class Pace:
    """How fast a recording is streamed, and what ends it early."""

    speed: float  # so many times as fast; 0: as fast as it goes
    stop: threading.Event
    on_seconds: OnSeconds


def stream(recorded: RecordedMachine, config: Config, state: Path, pace: Pace) -> str:
    """Play into an agent's journal and stream it, until all is acknowledged; what a person is told at the end.

    Times are moved so that the recording ends when the playing does, whatever the speed: no read is told to be of the
    future.

    Raises:
        ConfigError: the state folder is wrong, or was set back in time.
    """
    reads, real = recorded.reads, recorded.clock
    length_ns = reads.length_us * US
    lasts_ns = int(length_ns / pace.speed) if pace.speed else 0
    clock, snapshot = recorded.beginning(real.now_ns() + lasts_ns - length_ns - reads.began_at_ns)
    with lock(state):
        _give_identity(state, recorded)
        line = build_line(config, state, clock, AgentMetrics(), snapshot.host)
        line.uplink.clock = real  # it waits in real time, and the collector compares its time with its own
        thread = threading.Thread(target=line.uplink.run, name="uplink", daemon=True)
        thread.start()
        try:
            _play_into(line, reads, snapshot, clock, pace)
            _await_acknowledgement(line, real, pace.stop)
        finally:
            line.uplink.stop()
            thread.join(GOODBYE_S)
            line.uplink.cancel()
            thread.join(GOODBYE_S)
        return _said(line, reads)


def _play_into(line: Line, reads: RecordedReads, snapshot: Snapshot, clock: PlayedClock, pace: Pace) -> None:
    """Pass after pass at their times; the journal is flushed when something happened, else now and then."""
    journal, began_ns, flushed_ns = line.journal, clock.real.elapsed_ns(), 0
    tell_absence(journal)
    journal.tell_snapshot(snapshot)
    player = Player(reads, snapshot, journal.accounts, clock)
    for number in range(reads.passes):
        at_ns = reads.pass_us(number) * US
        due_ns = began_ns + int(at_ns / pace.speed) if pace.speed else began_ns
        if clock.wait(pace.stop, (due_ns - clock.real.elapsed_ns()) / NS):
            break
        player.play(number)
        pace.on_seconds(at_ns / NS)
        is_urgent = journal.has_news() or journal.accounts.has_episode_news()
        if at_ns - flushed_ns >= (URGENT_NS if is_urgent else FLUSH_NS):
            journal.flush()
            flushed_ns = at_ns
    journal.flush(is_last=True)


def _await_acknowledgement(line: Line, clock: Clock, stop: threading.Event) -> None:
    patient_until_ns = clock.elapsed_ns() + int(PATIENCE_S * NS)
    while line.journal.spool.waiting_batches and not clock.wait(stop, POLL_S):
        if line.uplink.is_rewound.is_set():
            msg = "the collector knows more of this state folder than it does: name a new one with --state"
            raise ConfigError(msg)
        if clock.elapsed_ns() > patient_until_ns:
            log.warning("waiting for the collector to acknowledge %d batches", line.journal.spool.waiting_batches)
            patient_until_ns += int(PATIENCE_S * NS)


def _said(line: Line, reads: RecordedReads) -> str:
    waiting = line.journal.spool.waiting_batches
    passes = "1 pass" if reads.passes == 1 else f"{reads.passes} passes"
    said = f"streamed: {passes} over {sum(bool(each.runs) for each in reads.series)} series"
    if line.refused:
        return f"{said}; the collector refused {len(line.refused)} batches: {line.refused[0].reason}"
    return f"{said}; {waiting} batches are not acknowledged" if waiting else f"{said}; all of it is acknowledged"


def _give_identity(state: Path, recorded: RecordedMachine) -> None:
    """The same recording under the same name is the same host, however often it is replayed."""
    file = state / "agent-id"
    if not file.exists():
        name = f"{recorded.config.hostname}\n{dump(recorded.host)}"
        file.write_text(f"{uuid.uuid5(REPLAYS, name)}\n")


def _unheard(_seconds: float) -> None:
    """Nobody waits for one pass."""
