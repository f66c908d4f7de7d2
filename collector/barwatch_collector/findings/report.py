"""A report as it goes over the wire and as JSON, version 1: keys are added, never renamed.

Rates, shares and p are from 0 to 1, scores are nats; null is a number that is not known. No numpy here: the barwatch
command prints reports without it.
"""

from dataclasses import dataclass

DOCUMENT_VERSION = 1


@dataclass(frozen=True, slots=True)
class Range:
    """A number with its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Literal:
    """One condition; the operator is ``=``, ``in``, ``<=``, ``>`` or ``between`` (both ends inside)."""

    attribute: str
    operator: str
    values: tuple[str, ...]
    text: str


@dataclass(frozen=True, slots=True)
class Side:
    """Units on one side of a condition."""

    units: int
    failing: int
    rate: Range | None  # failing units of all; null where there are none
    of_cells: float | None  # share of a unit's cells that fail, each unit counting once


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another conjunction that the table does not rule out."""

    literals: tuple[Literal, ...]
    text: str
    same_rows: bool  # then no test of this table can tell them apart
    inside: Side
    outside: Side
    score: float
    missing: str  # the observation that would tell them apart


@dataclass(frozen=True, slots=True)
class Stability:
    """What leaving out one unit changes."""

    share: float
    driven_by: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Adjusted:
    """What is left within strata."""

    stratum: str
    odds_ratio: Range | None
    p: float | None
    verdict: str


@dataclass(frozen=True, slots=True)
class Paired:
    """Units on both sides that fail on one only."""

    only_inside: int
    only_outside: int
    p: float


@dataclass(frozen=True, slots=True)
class Explanation:
    """One conjunction with everything that speaks for it and against it."""

    literals: tuple[Literal, ...]
    text: str
    sentence: str
    level: str
    inside: Side
    outside: Side
    score: float
    score_at_half: float
    p: float | None
    q: float
    posterior: float
    risk_ratio: Range | None
    coverage: float
    stability: Stability
    halves: float | None
    fitted: bool
    adjusted: Adjusted | None
    paired: Paired | None
    alternatives: tuple[Alternative, ...]
    nearly_same: tuple[str, ...]
    unknown: Side | None = None  # units outside that a missing value leaves open; null: none


@dataclass(frozen=True, slots=True)
class Rejected:
    """What goes along with the failures and is not their cause."""

    text: str
    why: str
    inside: Side
    alone: Side
    neither: Side


@dataclass(frozen=True, slots=True)
class Gap:
    """A missing value that goes along with the failures."""

    text: str
    inside: Side
    outside: Side
    p: float


@dataclass(frozen=True, slots=True)
class Document:
    """The whole report; explanations and candidates are in the order of their importance."""

    version: int
    engine: str
    input: str
    seed: int
    conclusion: str
    explanations: tuple[Explanation, ...]
    candidates: tuple[Explanation, ...]
    rejected: tuple[Rejected, ...]
    gaps: tuple[Gap, ...]
    unexplained: int
    unit: str
    units: int
    failing: int
    rows: int
    rows_left_out: int
    cells: int
    columns: int
    unused: tuple[str, ...]
    permutations: int
    least_p: float
    noise_dominated: bool
