"""What may be the cause, how likely each is, and what each predicts."""

from collections.abc import Iterator
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from barwatch_collector.correlate.literal import Conjunction, conjunction_text, truth_of_levels
from barwatch_collector.correlate.table import Bools, Codes, Floats, Ints, Table

SOMETHING_ELSE = "something else"
MOST_LITERALS = 3
Words = NDArray[np.uint64]


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One conjunction as the cause, or that it is something else."""

    conjunction: Conjunction | None  # None: something else, which no conjunction here says
    text: str
    chance: float
    rate_inside: float  # of cells, the posterior mean; for something else that of all cells
    rate_outside: float


@dataclass(frozen=True, slots=True, eq=False)
class Beliefs:
    """Hypotheses as arrays; the last of each is "something else", for which every cell is outside."""

    table: Table  # whose columns and codes the literals speak of
    conjunctions: tuple[Conjunction, ...]
    chance: Floats  # sums to 1
    inside: Floats  # hypotheses x 2: the beta distribution of the rate
    outside: Floats

    def __len__(self) -> int:
        return len(self.chance)

    @property
    def entropy(self) -> float:
        """Bits that are not known."""
        known = self.chance[self.chance > 0]
        return max(0.0, float(-(known * np.log2(known)).sum()))

    def hypotheses(self) -> Iterator[Hypothesis]:
        """All of them, the likeliest first."""
        means = [each[:, 0] / each.sum(axis=1) for each in (self.inside, self.outside)]
        for index in np.argsort(-self.chance, kind="stable"):
            inside, outside = (float(mean[index]) for mean in means)
            yield Hypothesis(self.conjunction(index), self.text(index), float(self.chance[index]), inside, outside)

    def conjunction(self, index: int) -> Conjunction | None:
        """The literals of one hypothesis; None for something else."""
        return self.conjunctions[index] if index < len(self.conjunctions) else None

    def text(self, index: int) -> str:
        """As a sentence says it."""
        conjunction = self.conjunction(index)
        return SOMETHING_ELSE if conjunction is None else conjunction_text(conjunction, self.table)

    def likeliest(self, most: int) -> "Beliefs":
        """So many of them and something else, as likely to each other as they were."""
        if len(self.conjunctions) <= most:
            return self
        kept = np.sort(np.argsort(-self.chance[:-1], kind="stable")[:most])
        chance = np.append(self.chance[kept], self.chance[-1])
        at = np.append(kept, len(self) - 1)
        conjunctions = tuple(self.conjunctions[index] for index in kept)
        return replace(self, conjunctions=conjunctions, chance=chance / chance.sum(), inside=self.inside[at],
                       outside=self.outside[at])  # fmt: skip

    def holds_on(self, cells: Codes) -> Bools:
        """Hypotheses x cells: where each says that a cell is inside of its cause.

        Args:
            cells: cells x columns, the codes of the table.
        """
        literals = sorted({literal for conjunction in self.conjunctions for literal in conjunction})
        place = {literal: at for at, literal in enumerate(literals)}
        truth = np.ones((len(literals) + 1, len(cells)), np.bool_)
        for literal, at in place.items():
            true = truth_of_levels(literal, len(self.table.columns[literal.column].levels))
            truth[at] = true[cells[:, literal.column]]
        members = np.full((len(self.conjunctions), MOST_LITERALS), len(literals))
        for at, conjunction in enumerate(self.conjunctions):
            members[at, : len(conjunction)] = [place[literal] for literal in conjunction]
        inside = truth[members[:, 0]]
        for more in members.T[1:]:
            inside &= truth[more]
        return np.concatenate((inside, np.zeros((1, len(cells)), np.bool_)))

    def predicted(self, repeats: int) -> tuple[Floats, Floats]:
        """Of each hypothesis, how likely a cell inside and one outside of its cause fails in any of so many tries."""
        return fails_in(self.inside, repeats), fails_in(self.outside, repeats)

    def after(self, cell: Codes, *, fails: bool, repeats: int = 1) -> "Beliefs":
        """What is believed once a cell has been tried: Bayes' rule, for the hypotheses and for their rates.

        Args:
            cell: its code for each column.
            fails: whether any of the tries failed.
            repeats: how many tries there were.
        """
        inside = self.holds_on(cell[None, :])[:, 0]
        at_in, at_out = self.predicted(repeats)
        failing = np.where(inside, at_in, at_out)
        chance = self.chance * (failing if fails else 1 - failing)
        seen = np.array([1.0, 0.0]) if fails else np.array([0.0, repeats])
        is_null = np.arange(len(self)) == len(self) - 1
        return replace(self, chance=chance / chance.sum(), inside=self.inside + np.outer(inside | is_null, seen),
                       outside=self.outside + np.outer(~inside, seen))  # fmt: skip


def codes_of(table: Table) -> Codes:
    """Rows x columns."""
    return np.column_stack([column.codes for column in table.columns])


def names_of(units: Ints, cells: Codes) -> Words:
    """A number for each cell of a unit; two different of a million have the same with a chance of 1e-7."""
    factors = np.random.default_rng(0).integers(1, 2**63, cells.shape[1] + 1, np.uint64) | np.uint64(1)
    name = units.astype(np.uint64) * factors[-1]
    for column, factor in zip(cells.T, factors, strict=False):
        name = (name + column.astype(np.uint64)) * factor
    return np.asarray(name, np.uint64)


def origins(beliefs: Beliefs, observed: Table) -> Ints:
    """Of each row of the beliefs' table, the first like it in the table that was searched.

    A search joins rows that no literal tells apart and puts them in the order of their units, so what is known of the
    rows that were searched (the card, the plug) must be looked up for a ``Lab``.
    """
    cells = codes_of(beliefs.table)
    searched = names_of(observed.units, codes_of(observed)[:, : cells.shape[1]])
    known, first = np.unique(searched, return_index=True)
    return np.asarray(first[np.searchsorted(known, names_of(beliefs.table.units, cells))])


def fails_in(rates: Floats, repeats: int) -> Floats:
    """How likely at least one of so many tries fails: 1 - E[(1-p)^r] of beta distributed p; for one try the mean."""
    a, b = rates[:, :1], rates[:, 1:]
    one_more = np.arange(repeats)
    return np.asarray(1 - ((b + one_more) / (a + b + one_more)).prod(axis=1))
