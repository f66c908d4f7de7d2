"""How well a conjunction explains the failures: a penalised Bayes factor (step 10).

Inside, any failure rate is as likely as any other: Beta(1, 1). Outside and in the model without a cause it is low:
Beta(.5, 10). Source: the beta-binomial marginal likelihood, as in Cooper and Herskovits (Machine Learning 9, 1992).
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import ArrayLike
from scipy.special import betaln, gammaln  # type: ignore[import-untyped]

from barwatch_collector.correlate.table import Floats

INSIDE = (1.0, 1.0)
OUTSIDE = (0.5, 10.0)
FEWEST_FAILING = 2  # units: one failing unit has no contrast of its own


@dataclass(frozen=True, slots=True, eq=False)
class Counts:
    """Units inside of each conjunction, and inside and outside together; a unit may be on both sides."""

    n: Floats
    f: Floats  # of n, those that fail
    all_n: Floats
    all_f: Floats

    @property
    def out_n(self) -> Floats:
        """Units outside."""
        return self.all_n - self.n

    @property
    def out_f(self) -> Floats:
        """Failing units outside."""
        return self.all_f - self.f


def bayes_factor(counts: Counts) -> Floats:
    """Ln of the Bayes factor of a cause against none; -inf where the rate inside is not the higher one (step 10)."""
    inside = betaln(counts.f + INSIDE[0], counts.n - counts.f + INSIDE[1])
    outside = betaln(counts.out_f + OUTSIDE[0], counts.out_n - counts.out_f + OUTSIDE[1])
    null = betaln(counts.all_f + OUTSIDE[0], counts.all_n - counts.all_f + OUTSIDE[1])
    return np.where(is_worse_inside(counts), inside - betaln(*INSIDE) + outside - null, -np.inf)


def is_worse_inside(counts: Counts) -> np.ndarray[tuple[int, ...], np.dtype[np.bool_]]:
    """Where enough units fail inside, and at a higher rate than outside."""
    return (counts.f >= FEWEST_FAILING - 1e-9) & (counts.f * counts.out_n > counts.out_f * counts.n)


class WholeCounts:
    """The same Bayes factor from tables of ln gamma, for the millions of whole counts of a search."""

    def __init__(self, units: int, failing: int) -> None:
        self.units, self.failing = units, failing
        counts = np.arange(units + 2)
        self._lg1, self._lg2 = gammaln(counts + 1.0), gammaln(counts + 2.0)
        self._failed, self._well = gammaln(counts + OUTSIDE[0]), gammaln(counts + OUTSIDE[1])
        self._both = gammaln(counts + sum(OUTSIDE))

    @cached_property
    def _null(self) -> float:
        failing, units = self.failing, self.units
        return float(self._failed[failing] + self._well[units - failing] - self._both[units])

    def bayes_factor(self, inside: ArrayLike, failed: ArrayLike) -> Floats:
        """As the function of that name, for all conjunctions of one fleet; for direction see there, too."""
        n, f = np.asarray(inside, np.int64), np.asarray(failed, np.int64)
        out_n, out_f = self.units - n, self.failing - f
        value = self._lg1[f] + self._lg1[n - f] - self._lg2[n]
        value += self._failed[out_f] + self._well[out_n - out_f] - self._both[out_n] - self._null
        is_worse = (f >= FEWEST_FAILING) & (f * out_n > out_f * n)
        return np.where(is_worse, value, -np.inf)

    def at_best(self, failed: ArrayLike) -> Floats:
        """The most that a conjunction with so many failing units can reach: nothing else is inside."""
        return np.asarray(self._by_failed[np.asarray(failed, np.int64)])

    @cached_property
    def _by_failed(self) -> Floats:
        return self.bayes_factor(np.arange(self.failing + 1), np.arange(self.failing + 1))
