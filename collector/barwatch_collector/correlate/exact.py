"""Exact and stratified tests of two rates (steps 11, 14, 15 and 20)."""

from dataclasses import dataclass

import numpy as np
from scipy.stats import binom, hypergeom, norm  # type: ignore[import-untyped]

from barwatch_collector.correlate.table import Bools, Floats, Ints

LEVEL = 0.95
Z = float(norm.ppf(0.5 + LEVEL / 2))


@dataclass(frozen=True, slots=True)
class Interval:
    """A figure with the ends of its 95 % interval."""

    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Stratified:
    """What stratification says of a cause (step 14)."""

    odds: Interval | None  # None when no stratum has both sides and both outcomes
    p: float | None  # of the Cochran-Mantel-Haenszel test without continuity correction; None as above
    informative: int  # strata with both sides and both outcomes


def wilson(failing: float, units: float) -> Interval:
    """The failure rate with Wilson's interval.

    Source: Wilson, Journal of the American Statistical Association 22 (1927).
    """
    if not units:
        return Interval(float("nan"), 0.0, 1.0)
    rate = failing / units
    centre = (rate + Z * Z / (2 * units)) / (1 + Z * Z / units)
    half = Z / (1 + Z * Z / units) * np.sqrt(rate * (1 - rate) / units + Z * Z / (4 * units * units))
    return Interval(rate, max(0.0, float(centre - half)), min(1.0, float(centre + half)))


def risk_ratio(n: float, f: float, out_n: float, out_f: float) -> Interval | None:
    """How much more often units inside fail, half a failure added on either side; None when one side is empty.

    Source: Katz's interval on ln RR, Rothman and Greenland, Modern Epidemiology, chapter 14.
    """
    if not n or not out_n:
        return None
    inside, outside = (f + 0.5) / (n + 0.5), (out_f + 0.5) / (out_n + 0.5)
    error = np.sqrt(max(0.0, 1 / (f + 0.5) - 1 / (n + 0.5) + 1 / (out_f + 0.5) - 1 / (out_n + 0.5)))
    ratio = inside / outside
    return Interval(ratio, float(ratio * np.exp(-Z * error)), float(ratio * np.exp(Z * error)))


def fisher(n: Floats | float, f: Floats | float, all_n: Floats | float, all_f: Floats | float) -> Floats:
    """One-sided p of as many failing units inside by chance: the hypergeometric tail (Fisher's exact test).

    Shares of units are rounded against the finding: failing ones inside down, outside up.
    """
    inside = np.floor(np.asarray(f) + 1e-9)
    failing = inside + np.ceil(np.asarray(all_f) - np.asarray(f) - 1e-9)
    return np.asarray(hypergeom.sf(inside - 1, np.rint(all_n), failing, np.rint(n)), float)


def mcnemar(only_inside: int, only_outside: int) -> float:
    """Two-sided exact p that of the units which fail on one side only, so many do so on the worse one (step 15)."""
    pairs = only_inside + only_outside
    return min(1.0, 2 * float(binom.cdf(min(only_inside, only_outside), pairs, 0.5))) if pairs else 1.0


def stratified(inside: Bools, failed: Bools, stratum: Ints) -> Stratified:
    """The common odds ratio over strata (Mantel-Haenszel, with Robins, Breslow and Greenland's interval) and its test.

    Where one of the sums is empty, half a unit is added to every field of the informative strata (Haldane).
    Source: Agresti, Categorical Data Analysis, 6.3 and 6.4.
    """
    tables = np.bincount(stratum * 4 + inside * 2 + failed, minlength=4 * (int(stratum.max(initial=0)) + 1))
    fields = tables.reshape(-1, 4).astype(float)
    inside_n, failed_n = fields[:, 2:].sum(axis=1), fields[:, 1] + fields[:, 3]
    every = fields.sum(axis=1)
    informative = (inside_n > 0) & (inside_n < every) & (failed_n > 0) & (failed_n < every)
    if not informative.any():
        return Stratified(None, None, 0)
    fields, inside_n, failed_n, every = (each[informative] for each in (fields, inside_n, failed_n, every))
    excess = float((fields[:, 3] - inside_n * failed_n / every).sum())
    variance = float((inside_n * (every - inside_n) * failed_n * (every - failed_n) / (every**2 * (every - 1))).sum())
    return Stratified(_common_odds(fields), float(2 * norm.sf(abs(excess) / np.sqrt(variance))), int(informative.sum()))


def _common_odds(fields: Floats) -> Interval:
    for added in (0.0, 0.5):
        well_out, failed_out, well_in, failed_in = (fields + added).T
        every = (fields + added).sum(axis=1)
        with_it, against = failed_in * well_out / every, well_in * failed_out / every
        if with_it.sum() > 0 and against.sum() > 0:
            break
    same, other = (failed_in + well_out) / every, (well_in + failed_out) / every
    one, two = with_it.sum(), against.sum()
    variance = (same * with_it).sum() / (2 * one**2) + (other * against).sum() / (2 * two**2)
    variance += (same * against + other * with_it).sum() / (2 * one * two)
    half = Z * np.sqrt(variance)
    ratio = one / two
    return Interval(float(ratio), float(ratio * np.exp(-half)), float(ratio * np.exp(half)))


def benjamini_hochberg(p: Floats, tests: int) -> Floats:
    """Q of each: the false discovery rate among those with p as small, of so many tests in all.

    Source: Benjamini and Hochberg, Journal of the Royal Statistical Society B 57 (1995).
    """
    order = np.argsort(p, kind="stable")
    raw = np.minimum(1.0, p[order] * max(tests, len(p)) / np.arange(1, len(p) + 1))
    q = np.empty(len(p))
    q[order] = np.minimum.accumulate(raw[::-1])[::-1]
    return q
