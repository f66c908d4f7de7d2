"""Several changes of one cell at once: one boot, or one unit to be found, can rule out half of what is left."""

from collections.abc import Iterator
from dataclasses import replace

import numpy as np

from barwatch_collector.correlate.table import Codes, Floats
from barwatch_collector.experiment.beliefs import Beliefs, codes_of
from barwatch_collector.experiment.gain import gains
from barwatch_collector.experiment.lab import Kind, hours
from barwatch_collector.experiment.options import Options

CAN_BE_JOINED = frozenset({Kind.SETTING, Kind.UNIT})
MOST_STARTS = 8  # cells that further changes are tried on,
MOST_CHANGES = 8  # and how many of them a person keeps in mind
WORTH = 0.02  # bits that a further change must bring


def joined(beliefs: Beliefs, single: Options, gain: Floats, repeats: int) -> Options:
    """The best single changes, each with the further changes of the same cell that tell most per hour.

    Args:
        beliefs: what may be the cause.
        single: one change each.
        gain: bits of each.
        repeats: tries of each cell.
    """
    starts = _starts(single, gain) if single.kind in CAN_BE_JOINED else ()
    found = [(single.row[at], *more) for at in starts for more in _extended(beliefs, single, (at, gain[at]), repeats)]
    return replace(
        single,
        row=np.array([row for row, _, _ in found], np.int64),
        cells=np.array([cell for _, cell, _ in found], single.cells.dtype).reshape(-1, single.cells.shape[1]),
        hours=np.array([cost for _, _, cost in found]),
        donor=single.donor[[0] * len(found)],
    )


def _starts(single: Options, gain: Floats) -> list[int]:
    """The best change of each cell, the best cells first."""
    order = np.argsort(-gain / single.hours, kind="stable")
    _, first = np.unique(single.row[order], return_index=True)
    return [int(at) for at in order[np.sort(first)[:MOST_STARTS]]]


def _extended(
    beliefs: Beliefs, single: Options, start: tuple[int, float], repeats: int
) -> Iterator[tuple[Codes, float]]:
    """The cell with two changes, with three, and so on, as long as each is worth it; and what they cost."""
    at, best = start
    row, cell, cost = single.row[at], single.cells[at], float(single.hours[at])
    was = codes_of(beliefs.table.of(np.array([row])))
    others = single.cells[single.row == row]
    for _ in range(MOST_CHANGES - 1):
        more = np.where(others != was, others, cell)
        bits, _ = gains(beliefs, beliefs.holds_on(more), repeats)
        one = int(np.argmax(bits))
        price = hours(single.kind, int((more[one] != was).sum()))
        if bits[one] < best + WORTH or bits[one] / price <= best / cost:
            break
        cell, best, cost = more[one], float(bits[one]), price
        yield cell, cost
