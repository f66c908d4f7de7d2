"""How much the cells of one unit are alike, and so how many of them are worth one (steps 5 and 15).

Samples are not replicates: where all cells of a unit fail together, they are one observation. Where the same unit fails
in one configuration and not in another, each of its cells is a witness. What there is between, the failures themselves
tell: their correlation within units.
"""

from typing import Any

import numpy as np
from numpy.typing import NDArray

from barwatch_collector.correlate.arrays import Bools, Floats, Ints


def alikeness(failed: Bools, starts: Ints) -> float:
    """The correlation of the failures of one unit's cells, from 0 to 1; 1 where no unit has two.

    Source: the estimator from the analysis of variance, Ridout, Demetrio and Firth, Biometrics 55 (1999).

    Args:
        failed: of each cell, in the order of the units.
        starts: the first cell of each unit.
    """
    cells, units = len(failed), len(starts)
    if cells == units or units < 2:  # noqa: PLR2004 there is nothing between one
        return 1.0
    size = np.diff(np.append(starts, cells))
    failing = np.add.reduceat(failed.astype(np.int64), starts)
    rate = failing / size
    between = float((size * (rate - failed.mean()) ** 2).sum()) / (units - 1)
    within = float((failing * (1 - rate)).sum()) / (cells - units)
    mean_size = (cells - float((size**2).sum()) / cells) / (units - 1)
    spread = between + (mean_size - 1) * within
    return float(np.clip((between - within) / spread, 0.0, 1.0)) if spread > 0 else 1.0


def worth(cells: NDArray[np.integer[Any]], alike: float) -> Floats:
    """How many independent observations so many cells of a unit are.

    Source: the design effect, Kish, Survey Sampling (1965), 5.4.
    """
    return np.asarray(cells / (1 + np.maximum(cells - 1, 0) * alike))
