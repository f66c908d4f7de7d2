"""From a search to hypotheses: every short conjunction that may be the cause, each with its chance (step 19)."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from itertools import islice, product

import numpy as np

from barwatch_collector.correlate.fleet import Fleet
from barwatch_collector.correlate.literal import Conjunction, Literal
from barwatch_collector.correlate.rounds import Round
from barwatch_collector.correlate.score import FEWEST_FAILING, INSIDE, OUTSIDE, Counts, WholeCounts, bayes_factor
from barwatch_collector.correlate.search import Search
from barwatch_collector.correlate.table import Floats, Ints
from barwatch_collector.experiment.beliefs import Beliefs
from barwatch_collector.lineage import lineage

MOST = 3_000  # conjunctions,
FEWEST = 200  # and fewer in a large fleet,
COUNTED = 2e7  # conjunctions x patterns, so that counting them takes no longer than the search
MOST_WORDS = 500  # that say the same of one conjunction: the product of the aliases of its literals
NEGLIGIBLE = 12.0  # nats below the best: one in 160,000
MARGIN = 2 * NEGLIGIBLE  # the same, as long as cells are counted and not units
WORK = 1e10  # products up to which all pairs are counted; in larger fleets the classes of the search are all there is
NONE = -1  # no further item, where a conjunction has less than three
AT_ONCE = 20_000_000  # truth values that are in memory together


def beliefs_of(made: Round) -> Beliefs:
    """What a search leaves as possible causes: its classes, and all that one or two literals can say.

    The weight of a conjunction is that of its score, with the penalty of the search; literals that are true on the same
    cells share it by their mechanism weights (step 34). So a class has the weight of all conjunctions with its cells.
    """
    fleet, search = made.fleet, Search(made.fleet, made.settings.width)
    most = int(np.clip(COUNTED / max(1, fleet.items.truth.shape[1]), FEWEST, MOST))
    items = _real(np.unique(np.concatenate((_short(fleet, search, most), made.classes.items)), axis=0), made)
    counts = _counted(fleet, search, items)
    scores = bayes_factor(counts) - search.cost_of(items)
    highest = max(0.0, float(scores.max(initial=0.0)))
    best = np.argsort(-scores, kind="stable")[:most]
    best = best[scores[best] >= highest - NEGLIGIBLE]
    conjunctions, of, share = _named(fleet, items[best], dict(made.settings.parents))
    at = best[of]
    chance = np.append(np.exp(scores[at] - highest) * share, np.exp(-highest))
    every = fleet.count(np.ones((1, fleet.items.truth.shape[1]), np.bool_))
    null = _rates(every.n, every.f, OUTSIDE)
    real = tuple(one for one in fleet.table.columns if not one.is_placebo)  # placebos are the last columns
    return Beliefs(
        replace(fleet.table, columns=real),
        conjunctions,
        chance / chance.sum(),
        np.concatenate((_rates(counts.n, counts.f, INSIDE)[at], null)),
        np.concatenate((_rates(counts.out_n, counts.out_f, OUTSIDE)[at], null)),
    )


def _rates(n: Floats, f: Floats, prior: tuple[float, float]) -> Floats:
    return np.stack((f, n - f), axis=1) + prior


def _real(items: Ints, made: Round) -> Ints:
    """Without those that speak of a placebo or of a missing value."""
    columns, literals = made.fleet.table.columns, made.fleet.items.literals
    is_real = np.array([not one.is_gap and not columns[one.column].is_placebo for one in literals] + [True])
    return np.asarray(items[is_real[items].all(axis=1)])


def _counted(fleet: Fleet, search: Search, items: Ints) -> Counts:
    step = max(1, AT_ONCE // max(1, fleet.items.truth.shape[1], len(fleet.failed)))
    parts = [fleet.count(search.truth_of(items[at : at + step])) for at in range(0, len(items), step)]
    n, f, all_n, all_f = (
        np.concatenate([np.zeros(0), *each])
        for each in zip(*((one.n, one.f, one.all_n, one.all_f) for one in parts), strict=True)
    )
    return Counts(n, f, all_n, all_f)


def _short(fleet: Fleet, search: Search, most: int) -> Ints:
    """The best conjunctions of one and two items by cells, more than are kept by units; none in a very large fleet."""
    size, patterns = fleet.items.truth.shape
    if size * size * patterns > WORK:
        return np.zeros((0, 3), np.int64)
    n, f = (fleet.counting.chosen(cells).pairs() for cells in (np.ones(len(fleet.failed), np.bool_), fleet.failed))
    scores = WholeCounts(len(fleet.failed), int(fleet.failed.sum()))
    own, column = np.diagonal(n), fleet.items.column
    minimal = (n < own[:, None]) & (n < own[None, :]) & (column[:, None] != column[None, :])
    np.fill_diagonal(minimal, val=True)
    first, second = np.nonzero(np.triu(minimal & (f >= FEWEST_FAILING)))
    items = np.column_stack((first, np.where(first == second, NONE, second), np.full_like(first, NONE)))
    score = scores.bayes_factor(np.rint(n[first, second]), np.rint(f[first, second])) - search.cost_of(items)
    best = np.argsort(-score, kind="stable")[: 2 * most]
    return np.asarray(items[best[score[best] >= score.max(initial=0.0) - MARGIN]])


def _named(fleet: Fleet, items: Ints, parents: Mapping[str, str]) -> tuple[tuple[Conjunction, ...], Ints, Floats]:
    """Each conjunction in all the words that say the same here, which of items it is, and its share of that one."""
    columns = fleet.table.columns
    said: list[Conjunction] = []
    of: list[int] = []
    for index, row in enumerate(items):
        found = list(islice(_said(fleet, row, parents), MOST_WORDS))
        said += found
        of += [index] * len(found)
    weight = np.array([np.exp(sum(columns[literal.column].weight for literal in one)) for one in said])
    at = np.array(of, np.int64)
    return tuple(said), at, weight / np.bincount(at, weight, len(items))[at]


def _said(fleet: Fleet, row: Ints, parents: Mapping[str, str]) -> Iterator[Conjunction]:
    """One conjunction of items with each of them in turn as one of its aliases, as far as these may be causes.

    Where one alias says more of what another says, only the narrower one: no experiment tells a fact from itself.
    """
    items, columns = fleet.items, fleet.table.columns
    words = [(items.literals[item], *items.aliases[item]) for item in row if item != NONE]
    real = [[one for one in each if not one.is_gap and not columns[one.column].is_placebo] for each in words]
    for one in product(*(_narrowest(fleet, each, parents) for each in real)):
        if len({literal.column for literal in one}) == len(one):
            yield tuple(sorted(one))


def _narrowest(fleet: Fleet, literals: list[Literal], parents: Mapping[str, str]) -> list[Literal]:
    names = [fleet.table.columns[one.column].name for one in literals]
    wider = {above for name in names for above in lineage(name, parents)}
    return [one for one, name in zip(literals, names, strict=True) if name not in wider]
