"""What the judge counts, as Prometheus metrics in a registry of the caller's."""

from dataclasses import dataclass, field
from enum import Enum

from prometheus_client import CollectorRegistry, Counter

from barwatch_proto.triage import FailureClass


class Problem(Enum):
    """What went wrong; a label of ``barwatch_collector_verdict_problems_total``."""

    EVIDENCE = "evidence"  # it cannot be decoded
    TRIAGE = "triage"  # a fault of ours
    STORE = "store"  # it did not answer


@dataclass(slots=True)
class JudgeMetrics:
    """Registers itself; one per registry."""

    registry: CollectorRegistry
    verdicts: Counter = field(init=False)
    problems: Counter = field(init=False)

    def __post_init__(self) -> None:
        """Makes every label value exist, so that a rate over it has a beginning."""
        name, registry = "barwatch_collector_", self.registry
        self.verdicts = Counter(name + "verdicts", "Verdicts made, by what they say.", ["failure"], registry=registry)
        what = "What went wrong while verdicts were made."
        self.problems = Counter(name + "verdict_problems", what, ["problem"], registry=registry)
        for failure in FailureClass:
            self.verdicts.labels(failure.value)
        for problem in Problem:
            self.problems.labels(problem.value)

    def went_wrong(self, problem: Problem) -> None:
        """Counts it."""
        self.problems.labels(problem.value).inc()
