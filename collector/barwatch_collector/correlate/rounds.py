"""One search of a fleet, and what chance finds in it."""

from dataclasses import dataclass

import numpy as np

from barwatch_collector.correlate.classes import Classes
from barwatch_collector.correlate.fleet import Fleet
from barwatch_collector.correlate.literal import Conjunction, Literal
from barwatch_collector.correlate.penalty import NONE
from barwatch_collector.correlate.permute import Chance
from barwatch_collector.correlate.settings import Settings
from barwatch_collector.correlate.table import Bools, Floats

SHOWN = 3.0  # nats below the best: what is shown with it (step 19)
TOP = 3  # where a placebo has no business (step 26)


@dataclass(frozen=True, slots=True, eq=False)
class Round:
    """Classes of one search, with what is needed to judge them."""

    fleet: Fleet
    classes: Classes
    costs: Floats  # penalty of each class
    chance: Chance | None  # None when the fleet is too small to ask, or nobody wants to know
    root: int | None  # column that others depend on
    settings: Settings

    @property
    def is_placebo(self) -> Bools:
        """Of each class, whether one of its literals is one."""
        made_up = np.array([column.is_placebo for column in self.fleet.table.columns], np.bool_)
        items = self.classes.items
        of_item = made_up[self.fleet.items.column]
        found: Bools = ((items != NONE) & of_item[items]).any(axis=1)
        return found

    @property
    def best_mass(self) -> float:
        """Of the best class that is no placebo; -inf when there is none."""
        return float(self.classes.mass[~self.is_placebo].max(initial=-np.inf))

    @property
    def to_ask(self) -> tuple[float, float]:
        """The score of the best class, and the least of those close to it; -inf when there is none."""
        score = self.classes.score[self.close]
        return (float(score[0]), float(score.min())) if len(score) else (-np.inf, -np.inf)

    @property
    def close(self) -> list[int]:
        """The best class and those within a few nats of it that are better than no cause; without placebos."""
        mass = self.classes.mass
        near = (mass >= self.best_mass - SHOWN) & (mass > 0) & ~self.is_placebo
        return [int(index) for index in np.flatnonzero(near)]

    @property
    def is_noise_dominated(self) -> bool:
        """Whether a placebo is among the best, and close to them (step 26)."""
        top = self.classes.mass[:TOP]
        return bool((self.is_placebo[:TOP] & (top >= self.best_mass - SHOWN) & (top > 0)).any())

    @property
    def permutations(self) -> int:
        """How often chance was asked."""
        return 0 if self.chance is None else len(self.chance.best)

    def conjunction(self, index: int) -> Conjunction:
        """The literals of a class; of two cuts of one column, the span between them."""
        literals = [self.fleet.items.literals[item] for item in self.classes.items[index] if item != NONE]
        made: dict[int, Literal] = {}
        for one in literals:
            same = made.get(one.column)
            made[one.column] = one if same is None else _between(same, one)
        return tuple(made.values())


def _between(one: Literal, other: Literal) -> Literal:
    """What both say: they are spans, because two names of one column never hold together."""
    first, last = max(one.codes[0], other.codes[0]), min(one.codes[-1], other.codes[-1])
    return Literal(one.column, (first, last), is_span=True)
