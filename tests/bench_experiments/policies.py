"""Ways to choose the next experiment: ours, and what it is compared with. Each sees the same beliefs and outcomes."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace

import numpy as np
from tests.bench_experiments.worlds import World

from barwatch_collector.correlate.table import Bools, Codes
from barwatch_collector.experiment.beliefs import Beliefs
from barwatch_collector.experiment.lab import Lab
from barwatch_collector.experiment.options import options
from barwatch_collector.experiment.proposal import LEAST, MOST_CONSIDERED
from barwatch_collector.experiment.ranking import ranking

DEPTH = 4
CERTAIN = 1e6  # tries after which a rate is as good as known


@dataclass(frozen=True, slots=True, eq=False)
class Seen:
    """Every cell so far, and whether it failed."""

    beliefs: Beliefs
    cells: Codes
    failed: Bools
    tries: int
    lab: Lab


Policy = Callable[[Seen, np.random.Generator], Codes | None]


def informed(seen: Seen, _: np.random.Generator) -> Codes | None:
    """The most bits per hour; None when nothing tells anything."""
    ranked = ranking(seen.beliefs.likeliest(MOST_CONSIDERED), seen.lab, seen.tries)
    return ranked[0].cell if ranked and ranked[0].gain >= LEAST else None


def at_random(seen: Seen, draw: np.random.Generator) -> Codes | None:
    """Any one change to one cell of what a hypothesis speaks of."""
    cells = np.concatenate([part.cells for part in options(seen.beliefs, seen.lab)])
    return np.asarray(cells[draw.integers(len(cells))]) if len(cells) else None


def by_tree(seen: Seen, draw: np.random.Generator) -> Codes | None:
    """A cell that a decision tree says will fail, all else at random: Lourenco, Freire and Shasha's BugDoc (2020)."""
    path = _failing_path(seen.cells, seen.failed, DEPTH)
    cell = np.array([draw.choice(column) for column in seen.cells.T], seen.cells.dtype)
    for column, value, is_equal in path:
        others = seen.cells[seen.cells[:, column] != value, column]
        cell[column] = value if is_equal else draw.choice(others)
    return cell


POLICIES: Mapping[str, Policy] = {"barwatch": informed, "decision tree": by_tree, "random": at_random}


def told_by_an_oracle(beliefs: Beliefs, world: World) -> Beliefs:
    """The same hypotheses for one who knows how many literals the cause has, and both rates."""
    order = len(world.cause)
    kept = np.array([len(one) == order for one in beliefs.conjunctions] + [False])
    inside = beliefs.holds_on(np.column_stack([column.codes for column in beliefs.table.columns]))
    failed = beliefs.table.failures > 0
    rate = np.where(inside, world.p_inside, max(world.background, 1 / CERTAIN))
    likelihood = np.where(failed, rate, 1 - rate).prod(axis=1) * kept
    likelihood[-1] = 1e-12 * max(1e-300, likelihood.max())
    rates = [np.tile([rate * CERTAIN, (1 - rate) * CERTAIN], (len(beliefs), 1)) + 1e-3
             for rate in (world.p_inside, world.background)]  # fmt: skip
    return replace(beliefs, chance=likelihood / likelihood.sum(), inside=rates[0], outside=rates[1])


def _failing_path(cells: Codes, failed: Bools, depth: int) -> list[tuple[int, int, bool]]:
    """Tests on the way to the leaf of a greedy tree with the highest rate of failures, the larger of equals."""
    _, _, path = _leaf(cells, failed, np.arange(len(cells)), depth)
    return path


def _leaf(cells: Codes, failed: Bools, rows: np.ndarray, depth: int) -> tuple[float, int, list[tuple[int, int, bool]]]:
    rate = float(failed[rows].mean())
    split = _split(cells[rows], failed[rows]) if depth and 0 < rate < 1 else None
    if split is None:
        return rate, len(rows), []
    column, value = split
    is_equal = cells[rows, column] == value
    found = []
    for side in (True, False):
        best, size, path = _leaf(cells, failed, rows[is_equal == side], depth - 1)
        found.append((best, size, [(column, value, side), *path]))
    return max(found, key=lambda one: one[:2])


def _split(cells: Codes, failed: Bools) -> tuple[int, int] | None:
    """The test with the lowest Gini impurity; None when no column differs."""
    tests = [(column, int(value)) for column in range(cells.shape[1]) for value in np.unique(cells[:, column])]
    true = np.array([cells[:, column] == value for column, value in tests])
    n = true.sum(axis=1)
    usable = (n > 0) & (n < len(cells))
    if not usable.any():
        return None
    f, all_f = (true & failed).sum(axis=1), failed.sum()
    with np.errstate(invalid="ignore", divide="ignore"):
        impurity = f * (n - f) / n + (all_f - f) * (len(cells) - n - all_f + f) / (len(cells) - n)
    return tests[int(np.argmin(np.where(usable, impurity, np.inf)))]
