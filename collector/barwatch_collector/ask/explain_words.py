"""Numbers of an explanation as words."""

from barwatch_collector.findings.report import Range, Side

SMALL = 0.001
SAME = 0.005  # of two shares


def share(side: Side) -> str:
    """``11/12 (92 %, 65 to 99 %)``; where a unit fails on part of its cells, ``11/12 (...; 31 % of their cells)``."""
    if side.rate is None or side.of_cells is None:
        return "none"
    low, high = (f"{100 * end:.0f}" for end in (side.rate.low, side.rate.high))
    differs = abs(side.of_cells - side.rate.value) > SAME
    cells = f"; {100 * side.of_cells:.0f} % of their cells" if differs else ""
    return f"{side.failing}/{side.units} ({100 * side.rate.value:.0f} %, {low} to {high} %{cells})"


def ratio(interval: Range | None) -> str:
    """``39 (at least 9.2)``; not known is said so."""
    return "not known" if interval is None else f"{interval.value:.3g} (at least {interval.low:.2g})"


def chance(p: float | None) -> str:
    """``p=.012``, or why there is none."""
    if p is None:
        return "p not known: too few units"
    return f"p<{SMALL:g}" if p < SMALL else f"p={p:.3f}"
