"""The agent's life: look at the machine, sample, book, spool, and tell the uplink; until stopped."""

import logging
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from enum import Enum

from barwatch_agent.access import RegisterReader
from barwatch_agent.clock import NS, Clock
from barwatch_agent.errors import SpoolError
from barwatch_agent.inventory import Inventory, StateChanges
from barwatch_agent.journal import Journal, tell_absence
from barwatch_agent.metrics import AgentMetrics
from barwatch_agent.reads import Target
from barwatch_agent.sampler import Sampler, Schedule, Watch, watch
from barwatch_agent.uplink import Uplink
from barwatch_proto.fingerprint import topology_fingerprint
from barwatch_proto.snapshot import Snapshot
from barwatch_proto.telemetry import Refused
from barwatch_proto.topology import Topology
from barwatch_proto.words import State

URGENT_S = 1.0  # episodes and snapshots go out at once, but not more often than this
MAX_SERIES = 900_000  # the collector takes numbers up to a million in one epoch
SUSPEND_NS = 5 * NS  # a shorter sleep is no gap
GOODBYE_S = 3.0  # how long a stopping agent waits for its last acknowledgement

log = logging.getLogger(__name__)


class Ending(Enum):
    """Why the agent's life ended."""

    STOPPED = "stopped"
    REWOUND = "rewound"  # the spool was set back in time: it has to begin a new epoch


@dataclass(frozen=True, slots=True)
class Periods:
    """How often things happen, in seconds."""

    flush_s: float = 10.0
    rescan_s: float = 60.0


@dataclass(slots=True)
class Agent:
    """All parts, put together by build.py. ``locate`` finds the plan's registers in a topology.

    ``bus`` tells which functions are there, by any names, and costs nearly nothing: hot-plug shows in it at once.
    """

    bus: Callable[[], tuple[str, ...]]
    periods: Periods
    clock: Clock
    inventory: Inventory
    readers: Sequence[RegisterReader]
    locate: Callable[[Topology], Sequence[Target]]
    sampler: Sampler
    journal: Journal
    uplink: Uplink
    metrics: AgentMetrics
    refused: list[Refused] = field(default_factory=list)  # filled by the uplink's thread
    _schedule: Schedule = field(default_factory=Schedule)
    _states: StateChanges = field(default_factory=StateChanges)
    _snapshot: Snapshot | None = None
    _watch: Watch = field(default_factory=lambda: Watch((), {}, {}))
    _bus: tuple[str, ...] = ()
    _rescan_ns: int = 0
    _flush_ns: int = 0
    _asleep_ns: int = 0

    def run(self, stop: threading.Event) -> Ending:
        """Live until stopped, or until the collector knows more of our spool than we do."""
        tell_absence(self.journal)
        self._asleep_ns = self.clock.asleep_ns()
        thread = threading.Thread(target=self.uplink.run, name="uplink", daemon=True)
        thread.start()
        try:
            while not stop.is_set() and not self.uplink.is_rewound.is_set():
                self._beat()
                self.clock.wait(stop, (self._next_ns() - self.clock.elapsed_ns()) / NS)
            if stop.is_set():
                self._say_goodbye()
        finally:
            self.uplink.stop()
            thread.join(GOODBYE_S)
            self.uplink.cancel()
            thread.join(GOODBYE_S)
            for reader in self.readers:
                reader.close()
        return Ending.STOPPED if stop.is_set() else Ending.REWOUND

    def _beat(self) -> None:
        """Whatever is due now."""
        self._notice_sleep()
        bus = self.bus()
        if bus != self._bus or self.clock.elapsed_ns() >= self._rescan_ns:
            self._rescan(bus)
        due = self._schedule.take(self.clock.elapsed_ns())
        is_urgent = False
        if due:
            with self.metrics.pass_seconds.time():
                self.sampler.sample(self._watch, lambda target: target.register.every_s in due)
            is_urgent = self.sampler.accounts.has_episode_news()
        wait_s = URGENT_S if is_urgent or self.journal.has_news() else self.periods.flush_s
        if self.clock.elapsed_ns() >= self._flush_ns + int(wait_s * NS):
            self._flush()

    def _rescan(self, bus: tuple[str, ...]) -> None:
        """Look at the machine; a look that fails as a whole leaves the last snapshot standing."""
        self._rescan_ns = self.clock.elapsed_ns() + int(self.periods.rescan_s * NS)
        try:
            snapshot = self.inventory.look()
        except OSError as error:
            self.metrics.scan_failures.inc()
            log.warning("the machine could not be looked at: %s", error)
            return
        self._bus = bus
        self.sampler.second_look.know(snapshot)
        changed = self._states.since_last(snapshot.states)
        if self._snapshot is None or snapshot.id != self._snapshot.id:
            self._begin(snapshot)
        elif changed:
            self.journal.tell_states(changed)

    def _begin(self, snapshot: Snapshot) -> None:
        """From now on everything counts under this snapshot."""
        log.info("snapshot %s: %d functions", snapshot.id, len(snapshot.topology.functions))
        self._snapshot = snapshot
        self.journal.tell_snapshot(snapshot)
        self.metrics.on_snapshot(snapshot)
        targets = self.locate(snapshot.topology)
        routes = {route[-1].key: route for route in snapshot.topology.routes()}
        prints = {key: topology_fingerprint(route) for key, route in routes.items()}
        open_ways = [reader for reader in self.readers if reader.status().state is not State.ABSENT]
        accounts = self.sampler.accounts.begin(
            snapshot.id,
            [
                (target, reader.access, prints[target.function.key])
                for reader in open_ways
                for target in targets
                if reader.access in target.register.accesses
            ],
            snapshot.taken_at_ns,
        )
        self._watch = watch(open_ways, targets, accounts, routes)
        if self.sampler.accounts.next_series > MAX_SERIES:
            self.uplink.is_rewound.set()
        self.sampler.breaker.forget_all()
        self._schedule.plan({target.register.every_s for target in targets}, self.clock.elapsed_ns())

    def _flush(self) -> None:
        self._flush_ns = self.clock.elapsed_ns()
        self._tell_refused()
        try:
            self.journal.flush()
        except SpoolError as error:
            self.metrics.spool_failures.inc()
            log.error("the spool could not be written, nothing is lost yet: %s", error)  # noqa: TRY400 no trace needed
        self.metrics.spool_bytes.set(self.journal.spool.waiting_bytes)
        self.metrics.spool_batches.set(self.journal.spool.waiting_batches)
        self.metrics.on_episodes(self.sampler.accounts.open_episodes())

    def _tell_refused(self) -> None:
        """Gaps for the batches that nobody would take."""
        while self.refused:
            refused = self.refused.pop()
            now_ns = self.clock.now_ns()
            self.journal.tell_gap("refused", now_ns, now_ns, 1, f"batch {refused.sequence}: {refused.reason}"[:500])

    def _notice_sleep(self) -> None:
        """A suspended machine reads nothing: a gap, not a failure."""
        slept_ns = self.clock.asleep_ns() - self._asleep_ns
        if slept_ns >= SUSPEND_NS:
            now_ns = self.clock.now_ns()
            self.journal.tell_gap("asleep", now_ns - slept_ns, now_ns)
        self._asleep_ns += slept_ns

    def _next_ns(self) -> int:
        flush_ns = self._flush_ns + int(self.periods.flush_s * NS)
        due_ns = self._schedule.next_ns()
        return min(flush_ns, self._rescan_ns, due_ns if due_ns is not None else flush_ns)

    def _say_goodbye(self) -> None:
        """The last batch, and a moment for its acknowledgement; whatever is left goes out at the next start."""
        self._tell_refused()
        try:
            self.journal.flush(is_last=True)
        except SpoolError as error:
            log.error("the spool could not be written at the end: %s", error)  # noqa: TRY400 no trace needed
        deadline = self.clock.elapsed_ns() + int(GOODBYE_S * NS)
        while self.journal.spool.waiting_batches and self.clock.elapsed_ns() < deadline:
            self.clock.wait(threading.Event(), 0.05)
