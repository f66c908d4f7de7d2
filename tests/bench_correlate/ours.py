"""What the engine answers for a planted fleet."""

import numpy as np
from tests.bench_correlate.planted import Planted

from barwatch_collector.correlate.explain import explained, ranked
from barwatch_collector.correlate.literal import all_hold
from barwatch_collector.correlate.settings import Settings
from barwatch_collector.correlate.table import Bools

MOST = 30  # answers


def answers(planted: Planted) -> list[Bools]:
    """Rows of the explanations, the best first; no permutations are made for a ranking."""
    made = ranked(planted.table, Settings())
    if made is None:
        return []
    real = np.flatnonzero(~made.is_placebo)[:MOST]
    return [all_hold(made.conjunction(int(index)), planted.table) for index in real]


def shown(planted: Planted) -> int:
    """How many answers are within three nats of the best."""
    made = ranked(planted.table, Settings())
    return 0 if made is None else len(made.close)


def accepts(planted: Planted, seed: int) -> bool:
    """Whether it reports any explanation at all."""
    return bool(explained(planted.table, Settings(seed=seed, permutations=199)).explanations)
