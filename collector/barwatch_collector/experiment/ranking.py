"""Options by what they tell for what they cost (step 24)."""

from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np

from barwatch_collector.correlate.literal import all_hold
from barwatch_collector.correlate.table import Codes, Floats
from barwatch_collector.experiment.beliefs import Beliefs
from barwatch_collector.experiment.gain import gains
from barwatch_collector.experiment.lab import Kind, Lab
from barwatch_collector.experiment.options import Options, options
from barwatch_collector.experiment.together import joined

MOST_COMPARED = 200  # options of a kind, the best; of those with the same predictions one is kept


@dataclass(frozen=True, slots=True, eq=False)
class Choice:
    """One option with its figures."""

    kind: Kind
    cell: Codes
    row: int
    donor: int
    hours: float
    gain: float  # bits

    @property
    def rank(self) -> tuple[float, float]:
        """Sorts the best first: bits per hour, then bits."""
        return -self.gain / self.hours, -self.gain


def ranking(beliefs: Beliefs, lab: Lab, tries: int) -> list[Choice]:
    """The best options, no two of which every hypothesis predicts alike."""
    every = [one for part in options(beliefs, lab) for one in _chosen(beliefs, part, tries)]
    return _different(beliefs, sorted(every, key=_rank))


def proofs(beliefs: Beliefs, lab: Lab, hypothesis: int, tries: int) -> list[Choice]:
    """Options that put one failing cell outside of a cause, or else a good one inside, the cheapest first (step 36).

    A hypothesis that is all but certain from what was found is proven on a pair that differs in nothing else.
    """
    inside = all_hold(beliefs.conjunctions[hypothesis], beliefs.table)
    fails = beliefs.table.failures > 0
    found = []
    for part in options(beliefs, lab):
        if part.kind is Kind.UNTESTED or not len(part):
            continue
        crosses = np.flatnonzero(beliefs.holds_on(part.cells)[hypothesis] != inside[part.row])
        fit = crosses[inside[part.row[crosses]] == fails[part.row[crosses]]]
        found += list(_best(part.of(fit), _gain(beliefs, part.of(fit), tries)))
    return _different(beliefs, sorted(found, key=lambda one: (not fails[one.row], one.hours, *one.rank)))


def _rank(choice: Choice) -> tuple[float, float]:
    return choice.rank


def _different(beliefs: Beliefs, every: list[Choice]) -> list[Choice]:
    """The first of those that all hypotheses predict alike."""
    if not every:
        return []
    inside = beliefs.holds_on(np.array([one.cell for one in every]))
    _, first = np.unique(np.packbits(inside, axis=0), axis=1, return_index=True)
    return [every[at] for at in np.sort(first)]


def _chosen(beliefs: Beliefs, single: Options, tries: int) -> Iterator[Choice]:
    gain = _gain(beliefs, single, tries)
    yield from _best(single, gain)
    several = joined(beliefs, single, gain, tries)
    yield from _best(several, _gain(beliefs, several, tries))


def _gain(beliefs: Beliefs, part: Options, tries: int) -> Floats:
    return gains(beliefs, beliefs.holds_on(part.cells), tries)[0]


def _best(part: Options, gain: Floats) -> Iterator[Choice]:
    for at in np.argsort(-gain / part.hours, kind="stable")[:MOST_COMPARED]:
        yield Choice(part.kind, part.cells[at], int(part.row[at]), int(part.donor[at]), float(part.hours[at]),
                     float(gain[at]))  # fmt: skip
