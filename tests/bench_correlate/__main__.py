"""``python -m tests.bench_correlate`` prints what was measured. A bar that is missed is a line in it, and no error."""

import argparse
import json
import resource
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from time import process_time

import numpy as np
from rich.console import Console
from rich.table import Table
from tests.bench_correlate import ours
from tests.bench_correlate.peers import peers
from tests.bench_correlate.planted import Planted, Setting, plant

from barwatch_collector.correlate.explain import ranked
from barwatch_collector.correlate.fleet import fleet
from barwatch_collector.correlate.permute import moved
from barwatch_collector.correlate.search import Search
from barwatch_collector.correlate.settings import Settings
from barwatch_collector.correlate.table import Bools

FIRST, FIVE, SHOWN = "first", "in five", "shown"
PIPED_WIDTH = 140
PERMUTATIONS = 1_000


@dataclass(frozen=True, slots=True)
class Row:
    """A figure with its standard error and, for ours, the bar of CORRELATION.md section 4."""

    task: str
    method: str
    metric: str
    figure: float
    error: float | None = None
    bar: str = ""


@dataclass(frozen=True, slots=True)
class Task:
    """Fleets of one or more settings, and what ours must reach."""

    name: str
    settings: tuple[Setting, ...]
    bars: tuple[tuple[str, str], ...]
    share: float = 1.0  # of the repeats: large fleets have fewer


TASKS = (
    Task("100 hosts, order <= 2, p = .9", (Setting(100, 1), Setting(100, 2)), ((FIRST, ">= .97"),)),
    Task("100 hosts, order 2, p = .3", (Setting(100, 2, 0.3),), ((FIRST, ">= .60"), (FIVE, ">= .85"))),
    Task("30 hosts, order 3, p = .9", (Setting(30, 3),), ((FIRST, ">= .75"), (SHOWN, ">= .90"))),
    Task("1000 hosts, order 3, p = .3", (Setting(1000, 3, 0.3),), ((FIRST, ">= .88"),), 0.5),
    Task("100 hosts, order 2, p = .9, 2 % elsewhere", (Setting(100, 2, background=0.02),), ()),
    Task(
        "100 hosts of 4-12 cells, order 2, 2 % bad hosts",
        (Setting(100, 2, bad_hosts=0.02, accesses=4, functions=3),),
        (),
    ),
)
NULLS = tuple(
    Task(f"no cause, {hosts} hosts, {said}", (Setting(hosts, 0, bad_hosts=bad, background=background, **shape),),
         (("reports", "<= .05"),), share)
    for hosts, share in ((10, 1.0), (30, 1.0), (100, 1.0), (1000, 0.25))
    for said, bad, background, shape in (
        ("3 % bad", 0.03, 0.0, {}),
        ("10 % of cells", 0.0, 0.1, {}),
        ("3 % bad, 4-12 cells, sampled 1-30 times", 0.03, 0.0, {"accesses": 4, "functions": 3, "bulk": 30}),
    )
    if hosts < 1000 or not shape
)  # fmt: skip


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code: 0 whatever was measured."""
    asked = _parser().parse_args(arguments)
    status = Console(stderr=True)
    rows = []
    for part in asked.only or PARTS:
        for row in PARTS[part](asked.repeats):
            rows.append(row)
            status.print(f"{row.task} · {row.method} · {row.metric}: {row.figure:.3g}", style="dim")
    _print(rows)
    if asked.json:
        asked.json.write_text(json.dumps([asdict(row) for row in rows], indent=2) + "\n")
    return 0


def planted(repeats: int) -> Iterator[Row]:
    """How often the first answers have exactly the rows of the cause."""
    for task in TASKS:
        fleets = _fleets(task, repeats)
        bars = dict(task.bars)
        found = [ours.answers(one) for one in fleets]
        yield from _hits(task.name, "barwatch", fleets, found, bars)
        near = [answers[: ours.shown(one)] for one, answers in zip(fleets, found, strict=True)]
        yield _share(
            task.name, "barwatch", SHOWN, [_is_in(one, rows) for one, rows in zip(fleets, near, strict=True)], bars
        )


def beside(repeats: int) -> Iterator[Row]:
    """The same of the peers, on the same fleets."""
    for task in TASKS:
        fleets = _fleets(task, repeats)
        for name, peer in peers().items():
            yield from _hits(task.name, name, fleets, [peer(one) for one in fleets], {})


def _fleets(task: Task, repeats: int) -> list[Planted]:
    each = max(1, int(repeats * task.share / len(task.settings)))
    made = (plant(setting, seed) for setting in task.settings for seed in range(each))
    return [one for one in made if one.cause]


def null(repeats: int) -> Iterator[Row]:
    """How often a fleet without a cause is given one."""
    for task in NULLS:
        times = max(1, int(repeats * task.share))
        told = [ours.accepts(plant(task.settings[0], seed), seed) for seed in range(times)]
        yield _share(task.name, "barwatch", "reports", told, dict(task.bars))


def speed(_: int) -> Iterator[Row]:
    """10,000 hosts x 100 attributes: CPU seconds of one core, and the memory of this process."""
    large = plant(Setting(10_000, 2, 0.9, 0.02, attributes=100), 1)
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


PARTS: dict[str, Callable[[int], Iterator[Row]]] = {"planted": planted, "peers": beside, "null": null, "speed": speed}


def _hits(
    task: str, method: str, fleets: Sequence[Planted], answers: Sequence[Sequence[Bools]], bars: dict[str, str]
) -> Iterator[Row]:
    for metric, most in ((FIRST, 1), (FIVE, 5)):
        hits = [_is_in(one, rows[:most]) for one, rows in zip(fleets, answers, strict=True)]
        yield _share(task, method, metric, hits, bars)


def _is_in(one: Planted, answers: Sequence[Bools]) -> bool:
    """Whether one of the answers has the rows of the cause: equal up to what cannot be told apart."""
    return any(np.array_equal(rows, one.inside) for rows in answers)


def _share(task: str, method: str, metric: str, hits: Sequence[bool], bars: dict[str, str]) -> Row:
    share = float(np.mean(hits)) if hits else float("nan")
    return Row(
        task, method, metric, share, float(np.sqrt(share * (1 - share) / max(1, len(hits)))), bars.get(metric, "")
    )


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
    return parser


if __name__ == "__main__":
    sys.exit(main())
