"""``python -m tests.bench_correlate`` prints what was measured. A bar that is missed is a line in it, and no error."""

import argparse
import json
import resource
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict
from pathlib import Path
from time import process_time

import numpy as np
from rich.console import Console
from rich.table import Table
from tests.bench_correlate import ours
from tests.bench_correlate.ceiling import ideal
from tests.bench_correlate.figures import Row, calibration, share
from tests.bench_correlate.peers import peers
from tests.bench_correlate.planted import Setting, plant
from tests.bench_correlate.plot import drawn
from tests.bench_correlate.tasks import FIRST, FIVE, HELD_OUT, NULLS, PRODUCT, REPORTS, SHOWN, TASKS, TUNING

from barwatch_collector.correlate.explain import ranked
from barwatch_collector.correlate.fleet import fleet
from barwatch_collector.correlate.permute import moved
from barwatch_collector.correlate.search import Search
from barwatch_collector.correlate.settings import Settings

PIPED_WIDTH = 140
PERMUTATIONS = 1_000
OURS, CEILING = "barwatch", "ceiling"


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code: 0 whatever was measured."""
    asked = _parser().parse_args(arguments)
    status = Console(stderr=True)
    rows = []
    for part in asked.only or PARTS:
        for row in PARTS[part](asked.repeats, HELD_OUT if asked.held_out else TUNING):
            rows.append(row)
            status.print(f"{row.task} · {row.method} · {row.metric}: {row.figure:.3g}", style="dim")
    _print(rows)
    if asked.json:
        asked.json.write_text(json.dumps([asdict(row) for row in rows], indent=2) + "\n")
    if asked.plot:
        asked.plot.write_text(drawn(rows))
    return 0


def planted(repeats: int, first_seed: int) -> Iterator[Row]:
    """How often the first answers have exactly the rows of the cause, and how well the engine knows how sure it is."""
    said: list[float] = []
    right: list[float] = []
    for task in (*TASKS, *PRODUCT):
        found = [(one, ours.answered(one)) for one in task.fleets(repeats, first_seed)]
        bars = dict(task.bars)
        for metric, most in ((FIRST, 1), (FIVE, 5), (SHOWN, None)):
            hits = [task.is_in(one, told.rows[: told.shown if most is None else most]) for one, told in found]
            yield share((task.name, OURS, metric), hits, bars.get(metric, ""))
        first = [(told, task.is_in(one, told.rows[:1])) for one, told in found]
        said += [told.posterior for told, _ in first]
        right += [is_hit for _, is_hit in first]
        covers = [told.covers for told, is_hit in first if is_hit and told.covers is not None]
        if covers:
            yield share((task.name, OURS, "interval covers"), covers)
    yield Row("all of these", OURS, "calibration error of the posterior", calibration(said, right))


def ceiling(repeats: int, first_seed: int) -> Iterator[Row]:
    """How often a scorer that knows both rates and the prior is right: no other is, more often."""
    for task in (one for one in TASKS if one.has_ceiling):
        best = [ideal(one) for one in task.fleets(repeats, first_seed)]
        yield share((task.name, CEILING, FIRST), [one.first for one in best])
        yield share((task.name, CEILING, FIVE), [float(one.place < 5) for one in best])


def beside(repeats: int, first_seed: int) -> Iterator[Row]:
    """The same of the peers, on the same fleets."""
    for task in (*TASKS, *PRODUCT):
        fleets = list(task.fleets(repeats, first_seed))
        for name, peer in peers().items():
            found = [peer(one) for one in fleets]
            for metric, most in ((FIRST, 1), (FIVE, 5)):
                hits = [task.is_in(one, rows[:most]) for one, rows in zip(fleets, found, strict=True)]
                yield share((task.name, name, metric), hits)


def null(repeats: int, first_seed: int) -> Iterator[Row]:
    """How often a fleet without a cause is given one."""
    for task in NULLS:
        told = [ours.accepts(one, seed) for seed, one in enumerate(task.fleets(repeats, first_seed))]
        yield share((task.name, OURS, REPORTS), told, dict(task.bars)[REPORTS])


def speed(_: int, first_seed: int) -> Iterator[Row]:
    """10,000 hosts x 100 attributes: CPU seconds of one core, and the memory of this process."""
    large = plant(Setting(10_000, 2, 0.9, 0.02, attributes=100), first_seed + 1)
    name = f"10,000 hosts x 100 attributes, {len(fleet(large.table).items)} items"
    began = process_time()
    ranked(large.table, Settings())
    yield Row(name, "barwatch", "search, CPU s", process_time() - began, None, "<= 2")
    part = fleet(large.table)
    search, draw, strata = Search(part), np.random.default_rng(1), np.zeros(part.units, np.int64)
    floor = float(search.run(part.failed).score.max())
    began = process_time()
    for _ in range(PERMUTATIONS // 20):
        search.best(moved(part, strata, draw), floor)
    yield Row(name, "barwatch", "1,000 permutations, CPU s (20 x 50)", 20 * (process_time() - began), None, "<= 60")
    yield Row(name, "barwatch", "MB at most", resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024, None, "< 500")


PARTS: dict[str, Callable[[int, int], Iterator[Row]]] = {
    "planted": planted,
    "ceiling": ceiling,
    "peers": beside,
    "null": null,
    "speed": speed,
}


def _print(rows: Sequence[Row]) -> None:
    out = Console(highlight=False)
    if not out.is_terminal:
        out.width = PIPED_WIDTH
    table = Table(box=None, pad_edge=False)
    for header in ("task", "method", "metric", "figure", "SE", "bar"):
        table.add_column(header)
    for row in rows:
        error = "" if row.error is None else f"{row.error:.3f}"
        table.add_row(row.task, row.method, row.metric, f"{row.figure:.3g}", error, row.bar)
    out.print(table)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.bench_correlate", description=__doc__)
    parser.add_argument("--only", action="append", choices=PARTS, help="this part; may be given several times")
    parser.add_argument("--repeats", type=int, default=100, help="fleets of each task (default: 100)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    parser.add_argument("--plot", type=Path, metavar="FILE.svg", help="draw the figures there, too")
    parser.add_argument("--held-out", action="store_true", help="other seeds than the engine was made with")
    return parser


if __name__ == "__main__":
    sys.exit(main())
