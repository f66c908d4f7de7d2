"""All conjunctions of one and two items, and the most promising of three (step 9)."""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from barwatch_collector.correlate.counting import AT_ONCE, Chosen, ChosenHere
from barwatch_collector.correlate.fleet import Fleet
from barwatch_collector.correlate.penalty import NONE, ORDERS, Penalty
from barwatch_collector.correlate.score import FEWEST_FAILING, Counts, WholeCounts, bayes_factor
from barwatch_collector.correlate.table import Bools, Floats, Ints

__all__ = ["NONE", "ORDERS", "Found", "Search", "joined"]

SHORTLIST = 150  # conjunctions of each order that are looked at closely
BEST_PAIRS = 200  # pairs that are extended by every item, at least;
TRIPLES = 200_000  # in a small search so many more that about this number of triples is seen
TOP_ITEMS = 30  # items of which all pairs are extended, too
SAMPLE = 10_000  # patterns from which triples of a large fleet are estimated, before the best are counted
WORK = 2e10  # products that extending pairs may take: fewer are extended where the failing patterns are many
HOPELESS = 30.0  # nats below the best pair: a triple there has no part in the posterior, and is not counted


@dataclass(frozen=True, slots=True, eq=False)
class Found:
    """Conjunctions with their scores, the best first."""

    items: Ints  # conjunctions x 3: items in ascending order, then NONE
    score: Floats  # ln Bayes factor less penalty

    def __len__(self) -> int:
        return len(self.score)

    def best(self, most: int) -> "Found":
        """The first of them by score; equal scores by their items."""
        items, score = self.items, self.score
        if len(score) > most:
            enough = score >= np.partition(score, len(score) - most)[len(score) - most]
            items, score = items[enough], score[enough]
        order = np.lexsort((*items.T[::-1], -score))[:most]
        return Found(items[order], score[order])

    def least_of(self, most: int) -> float:
        """The score that one must beat to be among so many; -inf as long as there are fewer."""
        return float(np.partition(self.score, -most)[-most]) if len(self) >= most else -np.inf

    def above(self, floor: float) -> "Found":
        """Those with a score of more than floor."""
        return Found(self.items[self.score > floor], self.score[self.score > floor])


def joined(several: list[Found]) -> Found:
    """All of them, unsorted."""
    return Found(np.concatenate([one.items for one in several]), np.concatenate([one.score for one in several]))


class Search:
    """What does not depend on who fails is counted once and serves all permutations."""

    def __init__(self, fleet: Fleet, width: float = 1.0) -> None:
        self._fleet, self._width = fleet, width
        self._truth, self._counting = fleet.items.truth, fleet.counting
        self._usable = np.array([not one.is_gap for one in fleet.items.literals], np.bool_)  # step 31

    @cached_property
    def _pairs_n(self) -> Floats:
        return self._counting.chosen(np.ones(len(self._fleet.failed), np.bool_)).pairs()

    def run(self, failed: Bools, floor: float = -np.inf) -> Found:
        """The best conjunctions of each order when these cells fail; only those above floor, where one is given."""
        return joined([one.best(SHORTLIST) for one in self._orders(failed, floor)])

    def best(self, failed: Bools, floor: float) -> float:
        """The highest score that any conjunction reaches; anything below floor when none is above it."""
        if self._fleet.is_flat:
            return max((float(one.score.max(initial=-np.inf)) for one in self._orders(failed, floor)), default=-np.inf)
        return float(self.by_units(self.run(failed), failed).score.max(initial=-np.inf))

    def by_units(self, found: Found, failed: Bools) -> Found:
        """The same conjunctions scored by units, where the search went by cells (step 5)."""
        n, f, out_n, out_f = self._counting.by_units(found.items, failed)
        return Found(found.items, bayes_factor(Counts(n, f, n + out_n, f + out_f)) - self.cost_of(found.items))

    def truth_of(self, items: Ints) -> Bools:
        """Conjunctions x patterns: where all items of each are true."""
        return self._truth.true_on(items)

    def cost_of(self, items: Ints) -> Floats:
        """The penalty of step 10 for each conjunction."""
        return np.asarray(self._width * self._penalty.of(items))

    @cached_property
    def _penalty(self) -> Penalty:
        items = self._fleet.items
        return Penalty(items.cost, items.column, self._pairs_n, self._counting.inside).for_items(self._usable)

    def spared(self, most: int) -> float:
        """What a proper prior would take more than ours from a conjunction of so many items, at most."""
        dearest = most * float(self._fleet.items.cost[self._usable].max(initial=0.0))
        return (1 - self._width) * dearest + self._penalty.slack

    def _orders(self, failed: Bools, floor: float) -> Iterator[Found]:
        scores = WholeCounts(len(failed), int(failed.sum()))
        chosen = self._counting.chosen(failed)
        products = chosen.pairs()
        ones = self._ones(np.diagonal(products), scores)
        yield ones
        if self._usable.sum() < 2 or scores.failing < FEWEST_FAILING:  # noqa: PLR2004 a pair
            return
        pairs = self._pairs(products, scores)
        yield pairs
        best = max(float(one.score.max(initial=-np.inf)) for one in (ones, pairs))
        concerned = int(np.count_nonzero(self._fleet.failed_in_pattern(failed)))
        bases = _bases(ones, pairs, len(self._truth), concerned)
        step = max(1, AT_ONCE // max(1, concerned, len(self._truth)))
        yield from self._triples(
            [bases[at : at + step] for at in range(0, len(bases), step)], chosen, scores, max(floor, best - HOPELESS)
        )

    def _ones(self, f: Floats, scores: WholeCounts) -> Found:
        items = np.flatnonzero(self._usable)
        conjunctions = np.stack((items, np.full_like(items, NONE), np.full_like(items, NONE)), axis=1)
        n = np.rint(np.diagonal(self._pairs_n)[items])
        return Found(conjunctions, scores.bayes_factor(n, np.rint(f[items])) - self.cost_of(conjunctions))

    @cached_property
    def _may_meet(self) -> Bools:
        """Pairs of items of different columns, none of which is a gap."""
        columns = self._fleet.items.column
        both_usable: Bools = self._usable[:, None] & self._usable[None, :]
        return np.asarray(both_usable & (columns[:, None] != columns[None, :]))

    @cached_property
    def _all_pairs(self) -> tuple[Ints, Ints, Floats]:
        """Pairs that are smaller than each of their items: where they are in a matrix, their cells and their costs."""
        own = np.diagonal(self._pairs_n)
        minimal = (self._pairs_n < own[:, None]) & (self._pairs_n < own[None, :]) & (self._pairs_n > 0)
        at = np.flatnonzero(np.triu(self._may_meet & minimal, 1))
        n = np.rint(self._pairs_n.ravel()[at]).astype(np.int64)
        items = np.column_stack((*np.divmod(at, len(own)), np.full_like(at, NONE)))
        return at, n, self._width * self._penalty.of_counted(items, n)

    def _pairs(self, products: Floats, scores: WholeCounts) -> Found:
        at, n, cost = self._all_pairs
        f = products.ravel()[at]
        failing = np.flatnonzero(f >= FEWEST_FAILING)
        score = scores.bayes_factor(n[failing], np.rint(f[failing])) - cost[failing]
        best = failing[score > -np.inf]
        first, second = np.divmod(at[best], len(self._truth))
        return Found(np.column_stack((first, second, np.full_like(first, NONE))), score[score > -np.inf])

    def _triples(self, bases: list[Ints], chosen: Chosen, scores: WholeCounts, floor: float) -> Iterator[Found]:
        seen: list[Found] = []
        for base in bases:
            f = np.rint(chosen.extended(base))
            hopeful = (f >= FEWEST_FAILING) & self._may_meet[base[:, 0]] & self._may_meet[base[:, 1]]
            hopeful &= scores.at_best(f) - self._least_cost(base)[:, None] > floor
            row, third = self._promising(base, np.nonzero(hopeful), f, scores)
            items = np.column_stack((base[row], third))
            seen.append(self._scored(items, self._counting.inside(items), f[row, third], scores))
            floor = max(floor, joined(seen).least_of(4 * SHORTLIST))
        if seen:
            every = joined(seen)
            names = every.items @ np.array([len(self._truth) ** 2, len(self._truth), 1])
            _, first = np.unique(names, return_index=True)
            yield Found(every.items[first], every.score[first])

    def _promising(self, base: Ints, at: tuple[Ints, ...], f: Floats, scores: WholeCounts) -> tuple[Ints, Ints]:
        """Of the triples of a large fleet those that score best by an estimate from a sample of its patterns."""
        row, third = at
        share = self._truth.patterns // SAMPLE
        if share < 2 or len(row) <= 2 * SHORTLIST:  # noqa: PLR2004 all of them are the sample
            return row, third
        n = share * self._sample.extended(base)[row, third]
        most = np.minimum(scores.units - scores.failing + f[row, third], np.maximum(np.rint(n), f[row, third]))
        score = scores.bayes_factor(most, f[row, third])
        enough = np.flatnonzero(score >= np.partition(score, -2 * SHORTLIST)[-2 * SHORTLIST])
        best = np.sort(enough[np.argsort(-score[enough], kind="stable")[: 2 * SHORTLIST]])
        return row[best], third[best]

    @cached_property
    def _sample(self) -> Chosen:
        """One pattern in so many, with all of its cells."""
        number = self._truth.patterns // (self._truth.patterns // SAMPLE)
        patterns = np.sort(np.random.default_rng(0).choice(self._truth.patterns, number, replace=False))
        return ChosenHere(self._truth.of(patterns), self._fleet.in_pattern[patterns].astype(np.float32))

    def _least_cost(self, base: Ints) -> Floats:
        """What a triple on each of these pairs costs at least."""
        cost = self._fleet.items.cost
        least = float(cost[self._usable].min(initial=np.inf))
        return np.asarray(self._width * self._penalty.least(base, least))

    def _scored(self, items: Ints, n: Ints, f: Floats, scores: WholeCounts) -> Found:
        without_one = self._penalty.without_one(items)
        minimal = n < np.rint(without_one)
        items, n, without_one = np.sort(items[minimal], axis=1), n[minimal], without_one[minimal]
        cost = self._width * self._penalty.priced(items, n, without_one)
        score = scores.bayes_factor(n, f[minimal]) - cost
        return Found(items, score).best(4 * SHORTLIST)


def _bases(ones: Found, pairs: Found, items: int, patterns: int) -> Ints:
    """The pairs that are extended: the best, and all among the best items."""
    affordable = int(WORK / (items * patterns))
    best = pairs.best(min(max(BEST_PAIRS, TRIPLES // items), max(BEST_PAIRS // 4, affordable))).items[:, :2]
    top = np.sort(ones.best(min(TOP_ITEMS, 10 + affordable // 10)).items[:, 0])
    first, second = np.triu_indices(len(top), 1)
    every = np.concatenate((best, np.column_stack((top[first], top[second]))))
    _, at = np.unique(every @ np.array([items, 1]), return_index=True)
    return np.asarray(every[np.sort(at)])
