"""Numbers of an explanation as words."""

from barwatch_collector.correlate.exact import Interval
from barwatch_collector.correlate.finding import Side

SMALL = 0.001


def share(side: Side) -> str:
    """``11/12 (92 %, 65 to 99 %)``."""
    low, high = (f"{100 * end:.0f}" for end in (side.rate.low, side.rate.high))
    return f"{side.failing}/{side.units} ({100 * side.rate.value:.0f} %, {low} to {high} %)" if side.units else "none"


def ratio(interval: Interval | None) -> str:
    """``39 (at least 9.2)``; not known is said so."""
    return "not known" if interval is None else f"{interval.value:.3g} (at least {interval.low:.2g})"


def chance(p: float | None) -> str:
    """``p=.012``, or why there is none."""
    if p is None:
        return "p not known: too few units"
    return f"p<{SMALL:g}" if p < SMALL else f"p={p:.3f}"
