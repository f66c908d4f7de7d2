"""One experiment after the other, until the cause is known or nothing more can be learned (step 25)."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np

from barwatch_collector.experiment.beliefs import Beliefs
from barwatch_collector.experiment.lab import Lab
from barwatch_collector.experiment.proposal import TRIES, Advice, Experiment, advice

Try = Callable[[Experiment], bool]


@dataclass(frozen=True, slots=True, eq=False)
class Step:
    """What was believed, what was advised because of it, and what came of the first of these experiments."""

    beliefs: Beliefs
    advice: Advice
    fails: bool | None  # None: nothing was tried, and this is the end


def course(beliefs: Beliefs, lab: Lab, attempt: Try, tries: int = TRIES) -> Iterator[Step]:
    """All steps to the end.

    Args:
        beliefs: what may be the cause at first.
        lab: what is possible.
        attempt: does an experiment; true when any of its tries failed.
        tries: of each cell.
    """
    while (told := advice(beliefs, lab, 1, tries)).experiments and not told.is_settled:
        best = told.experiments[0]
        fails = attempt(best)
        yield Step(beliefs, told, fails)
        beliefs = beliefs.after(np.array(best.cell), fails=fails, repeats=tries)
    yield Step(beliefs, told, None)
