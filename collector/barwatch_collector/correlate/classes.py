"""Conjunctions that are true on the same cells are one explanation (steps 11, 13 and 19)."""

from dataclasses import dataclass
from itertools import combinations

import numpy as np

from barwatch_collector.correlate.exact import fisher
from barwatch_collector.correlate.fleet import Fleet
from barwatch_collector.correlate.score import bayes_factor
from barwatch_collector.correlate.search import NONE, Found, Search
from barwatch_collector.correlate.table import Bools, Floats, Ints

WORTH = float(np.log(3))  # nats: a literal that gains less must pass the exact test
LEVEL = 0.05
MOST_CLASSES = 100  # that share the posterior
MOST_TRIED = 400  # conjunctions that are tested for being minimal, the best first


@dataclass(frozen=True, slots=True, eq=False)
class Classes:
    """Productive conjunctions with different cells, the best first."""

    items: Ints  # conjunctions x 3, as found
    truth: Bools  # conjunctions x patterns
    score: Floats

    def __len__(self) -> int:
        return len(self.score)


def classes_of(search: Search, fleet: Fleet, found: Found) -> Classes:
    """One conjunction for each set of cells, without those that a part of them explains as well."""
    found = found.best(len(found)).above(-np.inf)
    chosen: list[int] = []
    seen: set[bytes] = set()
    truths = []
    for index in range(min(len(found), MOST_TRIED)):
        truth = search.truth_of(found.items[index : index + 1])[0]
        name = np.packbits(truth).tobytes()
        if name in seen or not is_productive(search, fleet, found.items[index], float(found.score[index])):
            continue
        seen.add(name)
        chosen.append(index)
        truths.append(truth)
        if len(chosen) == MOST_CLASSES:
            break
    patterns = fleet.items.truth.shape[1]
    return Classes(found.items[chosen], np.array(truths, np.bool_).reshape(-1, patterns), found.score[chosen])


def is_productive(search: Search, fleet: Fleet, items: Ints, score: float) -> bool:
    """Whether what each literal takes away is healthier than what it leaves (step 11).

    Source: productive rules, Webb, Machine Learning 68 (2007).
    """
    literals = items[items != NONE]
    if len(literals) == 1:
        return True
    parts = [np.array([*part, *[NONE] * (4 - len(literals))]) for part in combinations(literals, len(literals) - 1)]
    parts_truth = search.truth_of(np.array(parts))
    part_score = bayes_factor(fleet.count(parts_truth)) - search.cost_of(np.array(parts))
    doubtful = np.flatnonzero(score - part_score <= WORTH)
    if not len(doubtful):
        return True
    inside = search.truth_of(items[None, :])
    whole = fleet.count(inside)
    rest = fleet.count(parts_truth[doubtful] & ~inside)
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
    whole = fleet.count(classes.truth)
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
    return part.shares(truth, part.failed)
