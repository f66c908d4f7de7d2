"""How often the best of all scorers would be right: one that knows both rates and how causes are drawn.

It weighs every conjunction of up to three items by its likelihood under the planted rates and by its prior, and answers
with the most probable set of rows. No method that must learn the rates can be right more often, on average. Where even
this one is wrong, the table does not say what the cause is.
"""

from dataclasses import dataclass
from itertools import combinations

import numpy as np
from tests.bench_correlate.planted import RELEVANT, SUPPORT, Planted

from barwatch_collector.correlate.table import Bools, Floats, Ints

ORDERS = 3
TARGETS = 48  # shares of rows for which the prior of causes is worked out
AT_ONCE = 20_000_000


@dataclass(frozen=True, slots=True)
class Ideal:
    """Where the cause is among the answers of the ideal scorer."""

    place: float  # 0 is the first; with ties the middle of them
    first: float  # the chance of being the first, when ties are broken by lot


@dataclass(frozen=True, slots=True)
class _Candidates:
    rows: Floats  # number of rows inside
    names: Floats  # a random number for each set of rows
    fit: Floats  # ln likelihood
    prior: Floats


def ideal(planted: Planted) -> Ideal:
    """The answer of the scorer that knows all but the cause; every order is as likely as another."""
    items, column, share = _items(planted)
    draw = np.random.default_rng(0)
    marks = draw.random(len(planted.failed))
    parts = [_of_order(planted, (items, column, share), marks, order) for order in range(1, ORDERS + 1)]
    names = np.concatenate([part.names for part in parts])
    fit = np.concatenate([part.fit for part in parts])
    weight = np.concatenate([part.prior / max(part.prior.sum(), 1e-300) for part in parts])
    return _placed(np.rint(names * 1e6), fit, weight, round(float(marks[planted.inside].sum()) * 1e6))


def _placed(names: Floats, fit: Floats, weight: Floats, truth: int) -> Ideal:
    _, first, of = np.unique(names, return_index=True, return_inverse=True)
    prior = np.bincount(of, weight)
    with np.errstate(divide="ignore"):
        score = fit[first] + np.log(prior)
    at = np.flatnonzero(names[first] == truth)
    if not len(at) or score[at[0]] == -np.inf:
        return Ideal(float("inf"), 0.0)
    ours = score[at[0]]
    better, same = (score > ours + 1e-9).sum(), (np.abs(score - ours) <= 1e-9).sum() - 1
    return Ideal(float(better + same / 2), 0.0 if better else float(1 / (1 + same)))


def _items(planted: Planted) -> tuple[Bools, Ints, Floats]:
    """Every value of every column as a literal, and every cut of what has an order; how often a cause would name it."""
    truths, columns, shares = [], [], []
    for at, column in enumerate(planted.table.columns):
        literals = [column.codes == code for code in range(len(column.levels))]
        if column.numbers is not None:
            cuts = range(len(column.levels) - 1)
            literals = [column.codes <= cut for cut in cuts] + [column.codes > cut for cut in cuts]
            literals = [one & (column.codes >= 0) for one in literals]
        for one in literals:
            truths.append(one)
            columns.append(at)
            shares.append(1 / len(literals) if column.numbers is not None else one.mean())
    return np.array(truths), np.array(columns), np.array(shares)


def _of_order(planted: Planted, items: tuple[Bools, Ints, Floats], marks: Floats, order: int) -> _Candidates:
    truth, column, share = items
    rows = truth.shape[1]
    bases, base_share = _bases(truth, column, share, order)
    weight = np.stack((np.ones(rows), marks))
    if order == 1:
        counts, fit = truth @ weight.T, _fit(planted, np.ones((1, rows), bool), truth)[0]
        matters = counts[:, 0] * RELEVANT <= rows
        prior = _prior(counts[:, 0] / rows, share * matters)
        return _Candidates(counts[:, 0], counts[:, 1], fit, prior)
    single = truth.sum(axis=1)
    several = []
    step = max(1, AT_ONCE // max(rows, len(truth)))
    for at in range(0, len(bases), step):
        base = bases[at : at + step]
        inside = np.logical_and.reduce(truth[base.T])
        row, third = np.nonzero(base[:, -1:] < np.arange(len(truth))[None, :])
        different = np.logical_and.reduce([column[base[row, one]] != column[third] for one in range(order - 1)])
        row, third = row[different], third[different]
        n, names = ((inside * each) @ truth.T.astype(float) for each in weight)
        size = n[row, third]
        least = np.minimum.reduce([inside.sum(axis=1)[row], *_without(truth, base, row, third, single)])
        kept = (size >= 1) & (least >= RELEVANT * size)
        row, third = row[kept], third[kept]
        fit = _fit(planted, inside, truth)[row, third]
        several.append(np.stack((size[kept], names[row, third], fit, base_share[at : at + step][row] * share[third])))
    found = np.concatenate(several, axis=1)
    return _Candidates(found[0], found[1], found[2], _prior(found[0] / rows, found[3]))


def _bases(truth: Bools, column: Ints, share: Floats, order: int) -> tuple[Ints, Floats]:
    bases = np.array(
        [one for one in combinations(range(len(truth)), max(1, order - 1)) if len(set(column[list(one)])) == len(one)]
    ).reshape(-1, max(1, order - 1))
    some = np.logical_and.reduce(truth[bases.T]).any(axis=1)
    return bases[some], share[bases[some]].prod(axis=1)


def _without(truth: Bools, base: Ints, row: Ints, third: Ints, single: Ints) -> list[Ints]:
    """Rows of the conjunction without each of the literals of the base."""
    if base.shape[1] == 1:
        return [single[third]]
    both = truth.astype(np.float32) @ truth.T.astype(np.float32)
    return [both[base[row, other], third] for other in range(2)]


def _prior(support: Floats, weight: Floats) -> Floats:
    """How likely each conjunction is as a cause: its size is drawn first, then one of about that size."""
    made = np.zeros(len(support))
    order = np.argsort(support)
    ordered = support[order]
    sums = np.concatenate(([0.0], np.cumsum(weight[order])))
    for target in np.linspace(*SUPPORT, TARGETS):
        low, high = np.searchsorted(ordered, (target - 0.04, target + 0.04))
        if (total := sums[high] - sums[low]) > 0:
            made[order[low:high]] += weight[order[low:high]] / total
    return made


def _fit(planted: Planted, left: Bools, right: Bools) -> Floats:
    """Ln likelihood of the cells for every pair of left and right: their conjunction is the cause."""
    rates = planted.rates
    with np.errstate(divide="ignore"):
        inside, outside = (np.log((one, 1 - one)) for one in (rates.inside, rates.background))
    gain = np.clip(inside - outside, -1e4, 1e4)
    per_cell = np.where(planted.failed > 0, gain[0], gain[1])
    spoilt = _all_failing(planted) if rates.bad else np.zeros(len(per_cell), bool)
    fit = (left * np.where(spoilt, 0.0, per_cell)) @ right.T.astype(float)
    for host in np.unique(planted.host[spoilt]):
        cells = planted.host == host
        both = np.rint((left[:, cells].astype(float)) @ right[:, cells].T.astype(float)).astype(int)
        count = np.arange(cells.sum() + 1)
        chance = rates.bad + (1 - rates.bad) * rates.inside**count * rates.background ** (count[-1] - count)
        fit += np.log(chance / chance[0])[both]
    return np.asarray(fit)


def _all_failing(planted: Planted) -> Bools:
    """Rows of hosts that may be bad: all of their rows fail."""
    well = np.bincount(planted.host, planted.failed == 0)
    return np.asarray(well[planted.host] == 0)
