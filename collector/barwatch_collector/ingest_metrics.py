"""What the way in counts, as Prometheus metrics in a registry of the caller's."""

from dataclasses import dataclass, field
from enum import Enum

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram

from barwatch_collector.arrivals import Result

COMMIT_BUCKETS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)


class Ended(Enum):
    """How a stream ended; a label of ``barwatch_collector_streams_total``."""

    CLOSED = "closed"  # by the agent, or by us in good order
    REFUSED = "refused"  # by us: not such an agent, not this protocol, not this message
    BROKEN = "broken"  # by a lost connection, or a message over the limit


@dataclass(slots=True)
class IngestMetrics:
    """Registers itself; one per registry."""

    registry: CollectorRegistry
    batches: Counter = field(init=False)
    wire_bytes: Counter = field(init=False)
    series_updates: Counter = field(init=False)
    commit_seconds: Histogram = field(init=False)
    commit_failures: Counter = field(init=False)
    agents_connected: Gauge = field(init=False)
    streams: Counter = field(init=False)

    def __post_init__(self) -> None:
        """Makes every label value exist, so that a rate over it has a beginning."""
        name, registry = "barwatch_collector_", self.registry
        self.batches = Counter(name + "batches", "Batches by what became of them.", ["result"], registry=registry)
        self.wire_bytes = Counter(name + "bytes", "Bytes on the wire of committed batches.", registry=registry)
        self.series_updates = Counter(name + "series_updates", "Series whose counters moved.", registry=registry)
        self.commit_seconds = Histogram(
            name + "commit_seconds", "Time of one commit of a group.", buckets=COMMIT_BUCKETS, registry=registry
        )
        self.commit_failures = Counter(
            name + "commit_failures", "Commits that the database did not take.", registry=registry
        )
        self.agents_connected = Gauge(name + "agents_connected", "Agents with a live stream.", registry=registry)
        self.streams = Counter(name + "streams", "Streams that ended, by how.", ["result"], registry=registry)
        for result in Result:
            self.batches.labels(result.value)
        for ended in Ended:
            self.streams.labels(ended.value)
