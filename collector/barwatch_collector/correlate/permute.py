"""How often chance explains as much: outcomes moved between units, and the same search again (step 16)."""

from dataclasses import dataclass
from math import comb

import numpy as np

from barwatch_collector.correlate.fleet import Fleet
from barwatch_collector.correlate.search import ORDERS, Search
from barwatch_collector.correlate.table import Bools, Floats, Ints

FEWEST_UNITS = 8  # below, there are too few ways to move the outcomes
FEWEST_FAILING = 2
ENOUGH = 20  # exceedances after which more permutations change nothing: p is far from small


@dataclass(frozen=True, slots=True, eq=False)
class Chance:
    """The best scores that chance reached, as far as they are of interest."""

    best: Floats  # of each permutation; -inf where it stayed below the floor; empty when chance was not asked
    spared: float = 0.0  # nats that the full penalty of step 10 would take from a score, at most

    def p(self, score: float) -> float:
        """The familywise p of a score not below the floor: (exceedances + 1) / (permutations + 1).

        Without permutations the bound of Markov's inequality: the Bayes factors of one order, weighted by their
        penalties, have an expectation of at most 1 without a cause, and there are three orders.
        Sources: Besag and Clifford, Biometrika 78 (1991), for stopping early; Phipson and Smyth, Statistical
        Applications in Genetics and Molecular Biology 9 (2010), for the 1; Vovk and Wang, Annals of Statistics 49
        (2021), for the bound.
        """
        if not len(self.best):
            return float(min(1.0, ORDERS * np.exp(self.spared - score)))
        reached = self.best >= score
        return float((reached.sum() + 1) / (len(self.best) + 1))


@dataclass(frozen=True, slots=True, eq=False)
class Draws:
    """Chance, and how often it is asked at most."""

    random: np.random.Generator
    most: int


def least_p(fleet: Fleet) -> float:
    """The smallest p that any permutation test of this fleet can have."""
    return 1 / comb(fleet.units, fleet.failing_units)


def is_testable(fleet: Fleet) -> bool:
    """Whether there are units enough, failing and in all, to ask what chance would do."""
    return fleet.units >= FEWEST_UNITS and FEWEST_FAILING <= fleet.failing_units < fleet.units + (not fleet.is_flat)


def by_chance(search: Search, fleet: Fleet, strata: Ints, scores: tuple[float, float], draws: Draws) -> Chance:
    """The best score of each permutation, until enough of them reach the best of ours.

    Args:
        search: of this fleet.
        fleet: the cells whose outcomes are moved.
        strata: of each unit; outcomes stay inside.
        scores: the best of ours, and the floor below which nothing is of interest.
        draws: where chance comes from, and how often.
    """
    ours, floor = scores
    reached = []
    for _ in range(draws.most):
        reached.append(search.best(moved(fleet, strata, draws.random), floor - 1e-9))
        if sum(one >= ours for one in reached) >= ENOUGH:
            break
    return Chance(np.array(reached))


def moved(fleet: Fleet, strata: Ints, draw: np.random.Generator) -> Bools:
    """Outcomes as they might have been without a cause: each unit has those of another unit of its stratum.

    A unit's outcomes move together and keep their order, and begin at any of its cells: what comes in runs stays in
    runs, and no cell keeps its place. Where units differ in size, outcomes repeat or are cut.
    """
    source = np.empty(fleet.units, np.int64)
    random = draw.permutation(fleet.units)
    source[np.lexsort((np.arange(fleet.units), strata))] = random[np.argsort(strata[random], kind="stable")]
    if fleet.is_flat:
        return fleet.failed[source]
    sizes = np.diff(np.append(fleet.starts, len(fleet.failed)))
    place = np.arange(len(fleet.failed)) - fleet.starts[fleet.unit]
    shift = draw.integers(0, np.iinfo(np.int32).max, fleet.units)
    taken = source[fleet.unit]
    failed: Bools = fleet.failed[fleet.starts[taken] + (place + shift[fleet.unit]) % sizes[taken]]
    return failed
