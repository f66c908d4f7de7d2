"""The two judgements behind every rate: when a cell fails, and how sure a rate is. Plain arithmetic.

The unit of inference is the cell: one function of one host by one access. Reads are not replicates: a thousand reads of
one machine say as little about the next machine as one does.
"""

import math
from dataclasses import dataclass

FAILING_SHARE = 20  # a cell fails from one failed attempt in this many (f/n >= 0.05) ...
FAILING_READS = 2  # ... and from this many failed attempts; CORRELATION, step 4
Z_95 = 1.959963984540054  # standard normal quantile at 0.975


@dataclass(frozen=True, slots=True)
class Interval:
    """Where a share lies with 95 % confidence; both from 0 to 1."""

    low: float
    high: float


def is_failing(attempts: int, failures: int) -> bool:
    """Whether so many failed attempts are a failure and not a hiccup."""
    return failures >= FAILING_READS and failures * FAILING_SHARE >= attempts


def wilson(failing: int, total: int) -> Interval | None:
    """The Wilson score interval of ``failing`` out of ``total``; None for nothing out of nothing.

    Honest where the normal approximation is not: 0 of 3 still allows 56 %.

    Source: Wilson, Probable Inference, the Law of Succession, and Statistical Inference, JASA 22 (1927), 209-212.
    """
    if total == 0:
        return None
    share = failing / total
    spread = Z_95 * Z_95 / total
    centre = (share + spread / 2) / (1 + spread)
    half = math.sqrt(spread * (share * (1 - share) + spread / 4)) / (1 + spread)
    low = 0.0 if failing == 0 else max(0.0, centre - half)
    high = 1.0 if failing == total else min(1.0, centre + half)
    return Interval(low, high)
