"""What is to be explained, and how thoroughly."""

from dataclasses import dataclass, field

from barwatch_proto.triage import FailureClass
from barwatch_proto.words import Access

ANY = "any"  # all failure classes together


@dataclass(frozen=True, slots=True)
class Which:
    """Which failures are to be explained, and by which ways in."""

    failure: FailureClass | None = None  # None: all of them together
    accesses: frozenset[Access] = frozenset()  # empty: all


@dataclass(frozen=True, slots=True)
class How:
    """Which failures, and how often chance is asked."""

    which: Which = field(default_factory=Which)
    permutations: int = 1_000
    seed: int = 1


def name_of(failure: FailureClass | None) -> str:
    """The word for a class, or for all of them."""
    return ANY if failure is None else failure.value
