"""What the engine answers: frozen, and all that a text, a document or a page needs."""

from dataclasses import dataclass
from enum import Enum

from barwatch_collector.correlate.exact import Interval
from barwatch_collector.correlate.literal import Conjunction

ENGINE_VERSION = "3"  # changes when the same input may give another answer


class Level(Enum):
    """How sure a finding is (step 36); proof by experiment is not a matter of one table."""

    STRONG = "strong"  # not by chance, not by one unit, and not by the model
    SUGGESTIVE = "suggestive"  # not by chance, but the model, or noise, may be behind it
    UNDECIDABLE = "undecidable"  # chance, or one unit, explains it as well


@dataclass(frozen=True, slots=True)
class Side:
    """Units on one side of an explanation."""

    units: int
    failing: int  # units with a failing cell on this side
    rate: Interval  # failing units of all, with Wilson's interval
    of_cells: float  # share of a unit's cells on this side that fail, each unit counting once


@dataclass(frozen=True, slots=True)
class Alternative:
    """Another conjunction that the table does not rule out."""

    conjunction: Conjunction
    text: str
    inside: Side
    outside: Side
    score: float
    has_same_rows: bool  # then no test of this table can tell them apart
    missing: str  # the observation that would tell them apart (step 37)


@dataclass(frozen=True, slots=True)
class Adjusted:
    """What is left of an explanation within strata (step 14)."""

    stratum: str  # column
    odds: Interval | None  # None when no stratum has both sides and both outcomes
    p: float | None  # as above
    verdict: str  # "holds", "vanishes" or "not separable"


@dataclass(frozen=True, slots=True)
class Paired:
    """Units seen on both sides, that fail on one of them only (step 15)."""

    only_inside: int
    only_outside: int
    p: float


@dataclass(frozen=True, slots=True)
class Stability:
    """What leaving out one unit changes (step 17)."""

    share: float  # of the runs, in which the explanation stays among the best three
    driven_by: tuple[str, ...]  # units without which it does not


@dataclass(frozen=True, slots=True)
class Explanation:
    """One conjunction with everything that speaks for it and against it (steps 18 to 22)."""

    conjunction: Conjunction
    text: str
    sentence: str
    level: Level
    inside: Side
    outside: Side
    unknown: Side | None  # those outside that a missing value leaves open; None when there are none
    score: float  # nats above the model without a cause, penalty deducted
    score_at_half: float  # the same with half of the penalty: what ranks first there and not here is worth a look
    p: float | None  # familywise; None when chance could not be asked
    q: float
    posterior: float
    risk_ratio: Interval | None  # None when no unit is outside
    covered: float  # share of the failing units
    stability: Stability
    halves: float | None  # share of random halves of the units on which it is first; None in large fleets (step 27)
    adjusted: Adjusted | None  # None when the table has no column that others depend on
    paired: Paired | None  # None when no unit is on both sides
    alternatives: tuple[Alternative, ...]
    is_fitted: bool  # whether a cut or value set was chosen to fit: then the sides look better than they are
    nearly_same: tuple[str, ...]  # literals that differ on few rows only: phi of .95 and more


@dataclass(frozen=True, slots=True)
class Rejected:
    """An attribute that goes along with the failures and is not their cause (step 22)."""

    text: str
    inside: Side  # with the attribute
    alone: Side  # with the attribute, of units that no explanation touches; where there are none, of their other cells
    neither: Side  # without both, as above
    why: str


@dataclass(frozen=True, slots=True)
class Gap:
    """A missing value that goes along with the failures: a gap in the data, never a cause (step 31)."""

    text: str
    inside: Side
    outside: Side
    p: float  # Fisher's, times the number of columns


@dataclass(frozen=True, slots=True)
class Report:
    """The whole answer for one table."""

    engine_version: str
    input_hash: str
    seed: int
    unit_word: str
    rows: int
    cells: int
    units: int
    failing_units: int
    columns: int
    unused: tuple[str, ...]
    conclusion: str
    explanations: tuple[Explanation, ...]
    candidates: tuple[Explanation, ...]  # the best of what could not be decided
    rejected: tuple[Rejected, ...]
    gaps: tuple[Gap, ...]
    unexplained_units: int
    permutations: int
    least_p: float  # the smallest that permutations of so few units can give
    is_noise_dominated: bool
