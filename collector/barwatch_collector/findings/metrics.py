"""What the correlator counts, as Prometheus metrics in a registry of the caller's."""

from dataclasses import dataclass, field

from prometheus_client import CollectorRegistry, Counter, Gauge


@dataclass(slots=True)
class FindingMetrics:
    """Registers itself; one per registry."""

    registry: CollectorRegistry
    findings: Counter = field(init=False)
    explained: Gauge = field(init=False)
    seconds: Counter = field(init=False)
    problems: Counter = field(init=False)

    def __post_init__(self) -> None:
        """Makes the metrics; a failure class has its value from its first analysis on."""
        name, registry = "barwatch_collector_", self.registry
        what = "Findings that say something else than the one before."
        self.findings = Counter(name + "findings", what, ["failure"], registry=registry)
        what = "Explanations of a failure class that are not by chance; 0: its failures are not explained."
        self.explained = Gauge(name + "explanations", what, ["failure"], registry=registry)
        what = "Time that analyses of the fleet took."
        self.seconds = Counter(name + "analysis_seconds", what, registry=registry)
        self.problems = Counter(name + "analysis_problems", "Analyses that came to nothing.", registry=registry)
