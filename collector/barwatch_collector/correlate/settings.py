"""How an analysis is run."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Settings:
    """What the caller may choose; the same settings and table give the same report (step 38)."""

    seed: int = 1
    permutations: int = 1_000
    width: float = 1.0  # w of step 10: how much of the penalty counts
    placebos: int = 5  # step 26
    strata: str | None = None  # column within which outcomes are moved (step 16); None: between all units
    parents: tuple[tuple[str, str], ...] = ()  # step 33: column, and the column that says less of the same
    suspects: tuple[
        str, ...
    ] = ()  # step 22: columns that people think of first; told first when they are not the cause
    names: tuple[str, ...] = ()  # of the units, by their numbers; empty when they have none
