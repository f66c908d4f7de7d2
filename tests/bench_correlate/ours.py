"""What the engine answers for a planted fleet."""

from dataclasses import dataclass

import numpy as np
from tests.bench_correlate.planted import Planted

from barwatch_collector.correlate.classes import posterior
from barwatch_collector.correlate.explain import explained, ranked
from barwatch_collector.correlate.literal import Conjunction, all_hold
from barwatch_collector.correlate.measure import side
from barwatch_collector.correlate.order import told
from barwatch_collector.correlate.settings import Settings
from barwatch_collector.correlate.table import Bools
from barwatch_collector.correlate.widen import narrowed

MOST = 30  # answers
MOST_NARROWED = 5  # answers whose value sets and cuts are worked out, as in what users see


@dataclass(frozen=True, slots=True)
class Answered:
    """Rows of the explanations, the best first; no permutations are made for a ranking."""

    rows: tuple[Bools, ...]
    shown: int  # how many of them are within three nats of the best
    posterior: float  # of the first
    covers: bool | None  # whether the interval of the rate inside of the first has the planted one; None without rate


def answered(planted: Planted) -> Answered:
    """The answers, and how sure the engine is of the first."""
    made = ranked(planted.table, Settings())
    if made is None:
        return Answered((), 0, 0.0, None)
    close = told(made)
    real = [*close, *(at for at in np.flatnonzero(~made.is_placebo) if at not in close)][:MOST]
    found: list[Conjunction] = []
    for at, index in enumerate(real):
        one, cost = made.conjunction(int(index)), float(made.costs[index])
        found.append(narrowed(made.fleet, one, cost, made.settings.width)[0] if at < MOST_NARROWED else one)
    rows = tuple(all_hold(one, planted.table) for one in found)
    sure = float(posterior(made.classes.mass)[0][real[0]]) if len(real) else 0.0
    covers = None
    if found and made.fleet.is_flat:  # else a unit's rate is of several cells
        rate = side(made.fleet, all_hold(found[0], made.fleet.table)).rate
        covers = rate.low <= planted.rates.inside <= rate.high
    return Answered(rows, len(close), sure, covers)


def accepts(planted: Planted, seed: int) -> bool:
    """Whether it reports any explanation at all."""
    return bool(explained(planted.table, Settings(seed=seed, permutations=199)).explanations)
