"""What an experiment tells, plain enough for whoever prints it: no numpy here."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Belief:
    """One possible cause, and how likely it is before and after an outcome; both from 0 to 1."""

    text: str
    before: float
    after: float


@dataclass(frozen=True, slots=True)
class OutcomeOf:
    """What follows when the cell that is tried fails, or when it does not."""

    chance: float
    left: tuple[Belief, ...]  # the likeliest then
    ruled_out: tuple[str, ...]  # what it speaks against, the likeliest before first
