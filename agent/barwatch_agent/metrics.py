"""The agent's own Prometheus metrics. What is not known yet is not exported."""

from collections import Counter as Tally
from collections.abc import Iterable, Sequence
from functools import partial

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from barwatch_proto.snapshot import Snapshot
from barwatch_proto.version import __version__
from barwatch_proto.words import Access, Outcome

PASS_BUCKETS = (0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.5, 1, 5)


class AgentMetrics:
    """One registry full of them."""

    def __init__(self) -> None:
        self.registry = CollectorRegistry()

        def counter(name: str, text: str, labels: Sequence[str] = ()) -> Counter:
            return Counter(name, text, labels, namespace="barwatch", subsystem="agent", registry=self.registry)

        def gauge(name: str, text: str, labels: Sequence[str] = ()) -> Gauge:
            return Gauge(name, text, labels, namespace="barwatch", subsystem="agent", registry=self.registry)

        gauge("build_info", "Version of the agent; always 1.", ["version"]).labels(__version__).set(1)
        self._reads = counter("reads", "Reads by what they came to.", ["access", "outcome"])
        self._skipped = counter("reads_skipped", "Reads left out by the circuit breaker.", ["access"])
        self.pass_seconds = Histogram(
            "barwatch_agent_pass_seconds",
            "Time of one pass over all accesses.",
            buckets=PASS_BUCKETS,
            registry=self.registry,
        )
        self._open = gauge("episodes_open", "Episodes that last.", ["access", "outcome"])
        self._functions = gauge("functions", "PCI functions in the current snapshot.")
        self._settings = gauge("settings", "Settings in the current snapshot by state.", ["state"])
        self.snapshots = counter("snapshots", "Snapshots that differed from the one before.")
        self.scan_failures = counter("scan_failures", "Looks at the machine that failed as a whole.")
        self._gaps = counter("gaps", "Known losses by cause.", ["cause"])
        self.spool_bytes = gauge("spool_bytes", "Bytes that wait for their acknowledgement.")
        self.spool_batches = gauge("spool_batches", "Batches that wait for their acknowledgement.")
        self.spool_failures = counter("spool_failures", "Times the spool could not be written.")
        self.acknowledged = counter("batches_acknowledged", "Batches that the collector has committed.")
        self.refused = counter("batches_refused", "Batches that the collector would not take.")
        self.sent_bytes = counter("batch_bytes", "Bytes of batches sent, repetitions included.")
        self.connected = gauge("uplink_connected", "Whether the collector has welcomed us: 0 or 1.")
        self.uplink_failures = counter("uplink_failures", "Streams that ended other than by our wish.")
        self._last_acknowledged = partial(
            gauge, "last_acknowledged_timestamp_seconds", "When the collector last acknowledged a batch."
        )
        self._last_acknowledged_gauge: Gauge | None = None
        self._by_outcome = {(a, o): self._reads.labels(a.value, o.value) for a in Access for o in Outcome}
        self._by_access = {access: self._skipped.labels(access.value) for access in Access}

    def on_reads(self, access: Access, outcome: Outcome | None, count: int) -> None:
        """So many reads; None for those that were left out."""
        if outcome is None:
            self._by_access[access].inc(count)
        else:
            self._by_outcome[access, outcome].inc(count)

    def on_snapshot(self, snapshot: Snapshot) -> None:
        """A snapshot that differs from the one before."""
        self.snapshots.inc()
        self._functions.set(len(snapshot.topology.functions))
        self._settings.clear()
        for state, count in Tally(setting.state for setting in snapshot.settings).items():
            self._settings.labels(state.value).set(count)

    def on_episodes(self, episodes: Iterable[tuple[Access, Outcome]]) -> None:
        """The episodes that last now."""
        self._open.clear()
        for (access, outcome), count in Tally(episodes).items():
            self._open.labels(access.value, outcome.value).set(count)

    def on_gap(self, cause: str) -> None:
        """One known loss."""
        self._gaps.labels(cause).inc()

    def on_acknowledged(self, batches: int, at_ns: int) -> None:
        """The collector has committed so many more batches."""
        self.acknowledged.inc(batches)
        if self._last_acknowledged_gauge is None:
            self._last_acknowledged_gauge = self._last_acknowledged()
        self._last_acknowledged_gauge.set(at_ns / 1e9)
