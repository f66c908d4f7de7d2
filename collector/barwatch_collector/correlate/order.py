"""In which order explanations are told: cuts and value sets are part of them, and found after the search."""

from barwatch_collector.correlate.hierarchy import preferred
from barwatch_collector.correlate.rounds import Round
from barwatch_collector.correlate.widen import narrowed

FITTED = 5  # classes that may become the first
MOST_CELLS = 50_000  # in larger fleets only the first has its cuts worked out


def told(made: Round) -> list[int]:
    """The classes close to the best: first what fits best with cuts and sets of its own, then as they are found.

    An attribute that says less is not told before one of ours that says more and is needed (step 33).
    """
    close = made.close
    if not close:
        return close
    if len(made.fleet.failed) <= MOST_CELLS:
        best = max(close[:FITTED], key=lambda index: _fitted(made, index))  # the first of equals
        close = [best, *(index for index in close if index != best)]
    at = preferred(made.fleet, [made.conjunction(index) for index in close], dict(made.settings.parents))
    return [close[at], *close[:at], *close[at + 1 :]]


def _fitted(made: Round, index: int) -> float:
    score, mass = float(made.classes.score[index]), float(made.classes.mass[index])
    costs = float(made.costs[index])
    return mass - score + narrowed(made.fleet, made.conjunction(index), costs, made.settings.width)[1]
