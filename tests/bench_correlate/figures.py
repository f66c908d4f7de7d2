"""What was measured, with its standard error."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

BINS = 10


@dataclass(frozen=True, slots=True)
class Row:
    """A figure and, for ours, the bar of CORRELATION.md section 4."""

    task: str
    method: str
    metric: str
    figure: float
    error: float | None = None  # standard error; None where there is one figure only
    bar: str = ""


def share(names: tuple[str, str, str], hits: Sequence[float], bar: str = "") -> Row:
    """The mean of hits, or of chances of a hit."""
    mean = float(np.mean(hits)) if len(hits) else float("nan")
    error = float(np.sqrt(max(0.0, mean * (1 - mean)) / max(1, len(hits))))
    return Row(*names, mean, error, bar)


def calibration(said: Sequence[float], hits: Sequence[float]) -> float:
    """The expected calibration error: by how much what was said and how often it was so differ, over ten bins.

    Source: Naeini, Cooper and Hauskrecht, AAAI 2015.
    """
    told, right = np.asarray(said, float), np.asarray(hits, float)
    of = np.minimum((told * BINS).astype(int), BINS - 1)
    sizes = np.bincount(of, minlength=BINS)
    gaps = np.abs(np.bincount(of, told, BINS) - np.bincount(of, right, BINS))
    return float(gaps.sum() / max(1, sizes.sum()))
