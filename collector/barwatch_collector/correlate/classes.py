"""Conjunctions that are true on the same cells are one explanation (steps 11, 13 and 19)."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from barwatch_collector.correlate.exact import fisher
from barwatch_collector.correlate.fleet import Fleet
from barwatch_collector.correlate.penalty import NONE
from barwatch_collector.correlate.score import bayes_factor
from barwatch_collector.correlate.search import Found, Search
from barwatch_collector.correlate.table import Bools, Floats, Ints

WORTH = float(np.log(3))  # nats of the Bayes factor: a literal that gains less must pass the exact test
LEVEL = 0.05
MOST_CLASSES = 100  # that share the posterior
MOST_TRIED = 400  # conjunctions that are tested for being minimal, the best first


@dataclass(frozen=True, slots=True, eq=False)
class Classes:
    """Productive conjunctions with different cells, the most probable first."""

    items: Ints  # conjunctions x 3: of each class the wording that scores best
    truth: Bools  # conjunctions x patterns
    score: Floats  # of that wording, which chance is asked about
    mass: Floats  # of all wordings together: the logarithm of the sum of what their scores are logarithms of

    def __len__(self) -> int:
        return len(self.score)


def classes_of(search: Search, fleet: Fleet, found: Found) -> Classes:
    """One conjunction for each set of cells, without those that a part of them explains as well.

    The more ways there are to say where a set of cells is, the likelier is one of them to be the cause.
    """
    found = found.best(min(len(found), MOST_TRIED)).above(-np.inf)
    truth = search.truth_of(found.items)
    _, first, of = np.unique(np.packbits(truth, axis=1), axis=0, return_index=True, return_inverse=True)
    highest = found.score[first]
    wordings = np.bincount(of.ravel(), np.exp(found.score - highest[of.ravel()]), len(first))
    mass = highest + np.log(np.maximum(wordings, 1.0))
    order = first[np.lexsort((first, -mass))]
    chosen = [index for index in order if is_productive(search, fleet, found.items[index])][:MOST_CLASSES]
    mass_of = dict(zip(first.tolist(), mass.tolist(), strict=True))
    masses = np.array([mass_of[int(index)] for index in chosen], float)
    return Classes(found.items[chosen], truth[chosen], found.score[chosen], masses)


def is_productive(search: Search, fleet: Fleet, items: Ints) -> bool:
    """Whether what each literal takes away is healthier than what it leaves (step 11).

    Source: productive rules, Webb, Machine Learning 68 (2007).
    """
    literals = items[items != NONE]
    if len(literals) == 1:
        return True
    parts = [[*part, *[NONE] * (len(items) - len(part))] for part in combinations(literals, len(literals) - 1)]
    inside, parts_truth = search.truth_of(items[None, :]), search.truth_of(np.array(parts))
    gain = bayes_factor(fleet.evidence(inside)) - bayes_factor(fleet.evidence(parts_truth))
    doubtful = np.flatnonzero(gain <= WORTH)
    if not len(doubtful):
        return True
    whole, rest = fleet.count(inside), fleet.count(parts_truth[doubtful] & ~inside)
    p = fisher(whole.n, whole.f, whole.n + rest.n, whole.f + rest.f)
    return bool((p <= LEVEL).all())


def posterior(scores: Floats) -> tuple[Floats, float]:
    """Of each class, and of there being no cause, among these and none (step 19)."""
    highest = max(0.0, float(scores.max(initial=0.0)))
    weights, null = np.exp(scores - highest), float(np.exp(-highest))
    return weights / (weights.sum() + null), null / float(weights.sum() + null)


def stability(fleet: Fleet, classes: Classes, costs: Floats, of: int, units: Ints) -> tuple[float, Ints]:
    """The share of leave-one-out runs in which a class stays among the best three, and the units that it fails without.

    Source: step 17. Scores of all classes without one unit follow from their counts; the search is not repeated.
    """
    cells = np.isin(fleet.unit, units)
    truth = classes.truth[:, fleet.pattern[cells]]
    share = _shares_of(fleet, truth, cells)
    whole = fleet.evidence(classes.truth)
    n, f = whole.n[:, None] - share[0], whole.f[:, None] - share[1]
    all_n, all_f = whole.all_n[:, None] - share[0] - share[2], whole.all_f[:, None] - share[1] - share[3]
    scores = bayes_factor(type(whole)(n, f, all_n, all_f)) - costs[:, None]
    better = (scores > scores[of]).sum(axis=0)
    lost = (better >= 3) | ~np.isfinite(scores[of])  # noqa: PLR2004 among the best three
    return float(1 - lost.mean()) if len(lost) else 1.0, np.sort(units)[lost]


def _shares_of(fleet: Fleet, truth: Bools, cells: Bools) -> Floats:
    """What each of the units of these cells adds to the counts of each class."""
    if fleet.is_flat:
        return fleet.shares(truth, fleet.failed[cells])
    part = Fleet(fleet.table.of(cells), fleet.failed[cells], fleet.pattern[cells], fleet.items, ())
    return part.shares(truth, part.failed, fleet.alike)
