"""A collector in this process and the fleet that reports to it: real batches through the real ingest, store and API."""

import asyncio
import socket
import threading
import time
import uuid
from collections.abc import Coroutine, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import uvicorn
from prometheus_client import CollectorRegistry

from barwatch_collector.api import build_api
from barwatch_collector.findings.worker import Worker
from barwatch_collector.ingest import Ingest
from barwatch_collector.ingest_metrics import IngestMetrics
from barwatch_collector.judge import Judge, JudgeMetrics
from barwatch_collector.metrics import register_store_metrics
from barwatch_collector.store.sql import open_store
from barwatch_collector.store.verdicts import VerdictStore
from barwatch_collector.writer import Answer, Session
from barwatch_proto import codec
from barwatch_proto.fingerprint import function_key, topology_fingerprint
from barwatch_proto.pci import Address, PortType
from barwatch_proto.snapshot import HostFacts, Snapshot
from barwatch_proto.telemetry import PROTOCOL_VERSION, Batch, CounterRun, Counts, Episode, Gap, Hello, Series
from barwatch_proto.topology import Function, Topology
from barwatch_proto.words import Access, Outcome

SECOND_NS = 1_000_000_000
LAB_SPEED = 30  # lab seconds per second: the fleet's metrics are made anew every ten of them
PORT = Function(Address(0, 0, 1, 0), None, "port", 0x8086, 0x1901, 0x060400, port_type=PortType.ROOT_PORT)


@dataclass(frozen=True, slots=True)
class Machine:
    """One host of the lab: the card it has, and what a second of reads of it comes to by each access."""

    hostname: str
    vendor: int
    is_tunnelled: bool
    reads: Mapping[Access, Outcome]
    is_connected: bool = True
    gaps: tuple[str, ...] = ()


FINE = {Access.USER: Outcome.OK, Access.CONFIG: Outcome.OK, Access.KERNEL: Outcome.DENIED}
BOXED = {Access.USER: Outcome.ALL_ONES, Access.CONFIG: Outcome.OK, Access.KERNEL: Outcome.OK}
BROKEN = {Access.USER: Outcome.MISMATCH, Access.CONFIG: Outcome.OK, Access.KERNEL: Outcome.UNREACHABLE}
MACHINES = (
    Machine("desk-1", 0x10DE, is_tunnelled=False, reads=FINE),
    Machine("desk-2", 0x10DE, is_tunnelled=False, reads=FINE, gaps=("asleep",)),
    Machine("lap-1", 0x10DE, is_tunnelled=True, reads=BOXED, gaps=("killed",)),
    Machine("lap-2", 0x10DE, is_tunnelled=True, reads=BOXED),
    Machine("lap-3", 0x10DE, is_tunnelled=True, reads=BOXED, is_connected=False, gaps=("spool_full",)),
    Machine("server", 0x1AF4, is_tunnelled=False, reads=BROKEN),
)


@dataclass(slots=True)
class Reporter:
    """The agent of one machine: what it has told so far."""

    machine: Machine
    session: Session
    agent_id: str
    sequence: int = 0
    reads: int = 0

    def first(self, now_ns: int) -> Batch:
        """Snapshot, series, episodes and gaps."""
        snapshot, series = _described(self.machine, now_ns)
        outcomes = list(self.machine.reads.values())
        bad = [(number, outcome) for number, outcome in enumerate(outcomes, 1) if outcome is not Outcome.OK]
        self.sequence += 1
        return Batch(
            sequence=self.sequence,
            snapshots=(snapshot,),
            series=series,
            episodes=tuple(Episode(number, number, now_ns, outcome, 1, now_ns) for number, outcome in bad),
            gaps=tuple(Gap(number, cause, now_ns, now_ns) for number, cause in enumerate(self.machine.gaps, 1)),
        )

    def next(self, now_ns: int) -> Batch:
        """Another hundred reads of everything."""
        self.sequence += 1
        self.reads += 100
        outcomes = enumerate(self.machine.reads.values(), 1)
        runs = tuple(CounterRun(number, 1, Counts(**{outcome.value: self.reads})) for number, outcome in outcomes)
        return Batch(sequence=self.sequence, counted_until_ns=now_ns, counters=runs)


def _described(machine: Machine, now_ns: int) -> tuple[Snapshot, tuple[Series, ...]]:
    key = function_key((machine.vendor, 1, None, None), None, 0, ("01.0", "00.0"))
    card = Function(
        Address(0, 1, 0, 0), PORT.address, key, machine.vendor, 1, 0x030000, is_tunnelled=machine.is_tunnelled
    )
    snapshot = Snapshot(now_ns, HostFacts(machine.hostname, "linux"), Topology((PORT, card)), ())
    route = topology_fingerprint((PORT, card))
    series = tuple(
        Series(number, snapshot.id, key, card.address, route, "id", access, None, 0, 4, is_canary=True)
        for number, access in enumerate(machine.reads, 1)
    )
    return snapshot, series


@dataclass(slots=True)
class LabFleet:
    """Use it as a context manager; ``advance`` lets every connected machine read on."""

    database: Path
    registry: CollectorRegistry = field(default_factory=CollectorRegistry)
    url: str = ""  # of the collector's HTTP
    reporters: list[Reporter] = field(default_factory=list)
    _began_ns: int = field(default_factory=time.monotonic_ns)
    _stack: ExitStack = field(default_factory=ExitStack)
    _loop: asyncio.AbstractEventLoop = field(default_factory=asyncio.new_event_loop)
    _ingest: Ingest = field(init=False)

    def __enter__(self) -> Self:
        with ExitStack() as stack:  # whatever began before an error ends
            store = stack.enter_context(open_store(f"sqlite:///{self.database}"))
            stack.enter_context(_running(self._loop))
            metrics = IngestMetrics(self.registry)
            register_store_metrics(self.registry, store.engine, self.now_ns, self.connected)
            self._ingest = Ingest(store, metrics, self.now_ns)
            self._wait(self._ingest.__aenter__())
            stack.callback(lambda: self._wait(self._ingest.__aexit__()))
            for machine in MACHINES:
                self._enrol(machine)
            metrics.agents_connected.set(len(self.connected()))
            self._be_a_nuisance()
            Judge(VerdictStore(store.engine), JudgeMetrics(self.registry)).judge()
            self.advance()
            worker = stack.enter_context(Worker(f"sqlite:///{self.database}"))
            app = build_api(store.engine, self.registry, self.now_ns, self.connected, worker)
            self.url = stack.enter_context(_served(app))
            self._stack = stack.pop_all()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    def now_ns(self) -> int:
        """The lab's clock: it runs faster than ours, from the first of October 2026."""
        return 1_790_812_800 * SECOND_NS + LAB_SPEED * (time.monotonic_ns() - self._began_ns)

    def connected(self) -> frozenset[str]:
        """Ids of the agents that have a stream."""
        return frozenset(reporter.agent_id for reporter in self.reporters if reporter.machine.is_connected)

    def advance(self) -> None:
        """Every connected machine reports another hundred reads."""
        for reporter in self.reporters:
            if reporter.machine.is_connected or not reporter.reads:
                self._send(reporter, reporter.next(self.now_ns()))

    def _enrol(self, machine: Machine) -> None:
        agent_id = str(uuid.uuid4())
        names = (agent_id, str(uuid.uuid4()), str(uuid.uuid4()), machine.hostname)
        hello = Hello(PROTOCOL_VERSION, *names, "0.1.0", "linux", self.now_ns())
        session = self._wait(self._ingest.open(hello))
        assert isinstance(session, Session)
        reporter = Reporter(machine, session, agent_id)
        self.reporters.append(reporter)
        self._send(reporter, reporter.first(self.now_ns()))

    def _be_a_nuisance(self) -> None:
        """A batch that comes twice, and one that nobody can store."""
        reporter = self.reporters[0]
        self._send(reporter, Batch(sequence=1))
        self._send(reporter, Batch(sequence=0))

    def _send(self, reporter: Reporter, batch: Batch) -> Answer:
        async def submitted() -> Answer:
            return await self._ingest.submit(reporter.session, batch, len(codec.encode(batch)))

        answer: Answer = self._wait(submitted())
        return answer

    def _wait(self, work: Coroutine[Any, Any, Any]) -> Any:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(30)


@contextmanager
def _running(loop: asyncio.AbstractEventLoop) -> Iterator[None]:
    thread = threading.Thread(target=loop.run_forever, name="lab-loop")
    thread.start()
    try:
        yield
    finally:
        loop.call_soon_threadsafe(loop.stop)
        thread.join()
        loop.close()


@contextmanager
def _served(app: Any) -> Iterator[str]:
    """The URL of an application that a server on a thread serves, on a port that nobody else has."""
    with socket.create_server(("127.0.0.1", 0)) as listening:
        server = uvicorn.Server(uvicorn.Config(app, log_level="warning", lifespan="off", ws="none"))
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listening]}, name="lab-http")
        thread.start()
        try:
            yield f"http://127.0.0.1:{listening.getsockname()[1]}"
        finally:
            server.should_exit = True
            thread.join()
