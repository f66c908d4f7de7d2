"""Whether random halves of the units agree with the whole (step 27)."""

import numpy as np

from barwatch_collector.correlate.fleet import Fleet
from barwatch_collector.correlate.rounds import Round
from barwatch_collector.correlate.score import Counts, bayes_factor
from barwatch_collector.correlate.table import Bools

SPLITS = 10  # each gives two halves
COMPARED = 10  # classes that may be first on a half
AGREES = 0.8  # of the cells of two conjunctions together, those of both: other cuts through the same cells agree
MOST_CELLS = 200_000  # beyond, halves agree with the whole in all that matters


def agreeing(made: Round, index: int) -> float | None:
    """The share of random halves whose best class has nearly the same cells as ours; None in large fleets.

    The search is not repeated: only classes that were among the best on the whole are compared.
    """
    part, real = made.fleet, np.flatnonzero(~made.is_placebo)
    if len(part.failed) > MOST_CELLS:
        return None
    chosen = np.unique([index, *real[:COMPARED]])
    truth = made.classes.truth[chosen][:, part.pattern]
    ours = made.classes.truth[index][part.pattern]
    agree = (truth & ours).sum(axis=1) >= AGREES * (truth | ours).sum(axis=1)
    draw = np.random.default_rng((made.settings.seed, 27))
    votes = []
    for _ in range(SPLITS):
        is_one = draw.permutation(part.units) < part.units // 2
        for half in (is_one, ~is_one):
            scores = bayes_factor(_on(part, truth, half)) - made.costs[chosen]
            votes.append(bool(np.isfinite(scores.max()) and agree[scores == scores.max()].any()))
    return float(np.mean(votes))


def _on(part: Fleet, truth: Bools, half: Bools) -> Counts:
    sums = np.array([part.shares(row[None, :], part.failed, part.alike)[:, 0, half].sum(axis=1) for row in truth])
    n, f, out_n, out_f = sums.T
    return Counts(n, f, n + out_n, f + out_f)
