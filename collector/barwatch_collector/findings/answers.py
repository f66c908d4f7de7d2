"""What questions about findings answer: frozen, and plain enough for JSON."""

from dataclasses import dataclass

from barwatch_collector.experiment.told import Belief, OutcomeOf
from barwatch_collector.findings.report import Document
from barwatch_collector.questions.asked import Span
from barwatch_proto.triage import FailureClass
from barwatch_proto.words import Access


@dataclass(frozen=True, slots=True)
class ExplainedFailure:
    """One class of failures, explained."""

    failure: str  # FailureClass, or "any" for all together
    failing_hosts: int
    report: Document


@dataclass(frozen=True, slots=True)
class Explained:
    """The answer: the classes with the most failing hosts first."""

    span: Span
    hosts: int  # that were read
    cells: int
    failures: tuple[ExplainedFailure, ...]


@dataclass(frozen=True, slots=True)
class Proposal:
    """One experiment: what to do, what it costs, what it tells."""

    kind: str  # "access", "setting", "card", "route", "box", "untested" or "unit"
    text: str
    hours: float  # of a person
    gain_bits: float
    tries: int  # reads of the cell
    fails: OutcomeOf
    works: OutcomeOf


@dataclass(frozen=True, slots=True)
class ExperimentsFor:
    """What to try next for one class of failures."""

    failure: str  # FailureClass, or "any" for all together
    failing_hosts: int
    conclusion: str
    unknown_bits: float
    is_settled: bool
    likeliest: tuple[Belief, ...]
    proposals: tuple[Proposal, ...]  # the most bits per hour first


@dataclass(frozen=True, slots=True)
class Experiments:
    """The answer: the classes with the most failing hosts first."""

    span: Span
    failures: tuple[ExperimentsFor, ...]


@dataclass(frozen=True, slots=True)
class Share:
    """Hosts of the fleet with a value, and how many of them fail."""

    hosts: int
    failing: int


@dataclass(frozen=True, slots=True)
class Difference:
    """One attribute that is not the same on both."""

    attribute: str
    sentence: str
    function: str | None  # which pair of functions; None: of the hosts
    left: str | None  # None: not known
    right: str | None
    fleet_left: Share  # all hosts with the value of the left one
    fleet_right: Share
    p: float | None  # Fisher's, that both values fail alike; not corrected for the many that were looked at
    weight: float


@dataclass(frozen=True, slots=True)
class ReadsOfOne:
    """How one side answers to one access."""

    attempts: int
    failures: int
    failure: FailureClass | None  # the class that is worst; None: none fails, or not judged yet
    is_failing: bool


@dataclass(frozen=True, slots=True)
class Pair:
    """One device that both have, and how it is read on each; None: not read this way."""

    function: str
    access: Access
    left: ReadsOfOne | None
    right: ReadsOfOne | None


@dataclass(frozen=True, slots=True)
class Contrast:
    """The answer: two hosts as they are at the end of the span."""

    span: Span
    failure: str  # FailureClass whose failures the fleet's shares count, or "any"
    left: str  # host name
    right: str
    reads: tuple[Pair, ...]
    differences: tuple[Difference, ...]
