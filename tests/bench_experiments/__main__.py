"""``python -m tests.bench_experiments``: how many experiments until a planted cause is known, by who chooses them."""

import argparse
import json
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from itertools import product
from pathlib import Path
from time import process_time

import numpy as np
from rich.console import Console
from rich.table import Table
from tests.bench_experiments.policies import POLICIES
from tests.bench_experiments.trial import AGAIN, MOST, ORACLE, End, beliefs_on, tried
from tests.bench_experiments.worlds import COLUMNS, LAB, Setting, world

from barwatch_collector.experiment.lab import Lab
from barwatch_collector.experiment.proposal import advice

OURS = "barwatch"
METHODS = (OURS, AGAIN, ORACLE, *(name for name in POLICIES if name != OURS))
ALONE = tuple(name for name in COLUMNS if name != LAB)
SPEED = "speed"
PIPED_WIDTH = 140
BARS = {"median": "<= 5", "nine in ten": "<= 9"}
NINE_IN_TEN = 0.9


@dataclass(frozen=True, slots=True)
class Row:
    """A figure and, for ours on all fleets together, the bar of CORRELATION.md section 4."""

    task: str
    method: str
    metric: str
    figure: float
    bar: str = ""


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code: 0 whatever was measured."""
    asked = _parser().parse_args(arguments)
    status = Console(stderr=True)
    rows = []
    for method in asked.only or (*METHODS, LAB, SPEED):
        for row in _part(method, asked):
            rows.append(row)
            status.print(f"{row.task} · {row.method} · {row.metric}: {row.figure:.3g}", style="dim")
    _print(rows)
    if asked.json:
        asked.json.write_text(json.dumps([asdict(row) for row in rows], indent=2) + "\n")
    return 0


def _part(name: str, asked: argparse.Namespace) -> Iterator[Row]:
    if name == SPEED:
        return _speed()
    return _in_a_lab(asked) if name == LAB else _measured(name, asked)


def _measured(method: str, asked: argparse.Namespace) -> Iterator[Row]:
    every: list[End] = []
    for name, hosts, order in product(ALONE, (10, 30), (1, 2)):
        setting = Setting(name, hosts, order, p_inside=asked.rate, background=asked.background)
        ends = [tried(world(setting, seed), method, seed) for seed in range(asked.repeats)]
        every += ends
        yield from _figures(f"{name}, {hosts} hosts, order {order}", method, ends)
    yield from _figures("all of these", method, every, BARS if method == OURS else {})


def _in_a_lab(asked: argparse.Namespace) -> Iterator[Row]:
    """The same where only cards, boxes, settings and accesses change: what goes along together stays together."""
    for hosts, order in product((10, 30), (1, 2)):
        setting = Setting(LAB, hosts, order, p_inside=asked.rate, background=asked.background)
        ends = [tried(world(setting, seed), OURS, seed) for seed in range(asked.repeats)]
        figures = {
            "experiments, median": float(np.median([one.experiments for one in ends])),
            "experiments, nine in ten": float(
                np.quantile([one.experiments for one in ends], NINE_IN_TEN, method="inverted_cdf")
            ),
            "settled": float(np.mean([one.is_settled for one in ends])),
            "settled and wrong": float(np.mean([one.is_settled and not one.is_right for one in ends])),
            "cause among the likeliest": float(np.mean([one.is_among for one in ends])),
        }
        yield from (Row(f"lab, {hosts} hosts, order {order}", OURS, *figure) for figure in figures.items())


def _figures(task: str, method: str, ends: Sequence[End], bars: dict[str, str] | None = None) -> Iterator[Row]:
    """Experiments until the cause was known and right; more than MOST where it never was."""
    experiments = np.array([one.experiments if one.is_right else MOST + 1 for one in ends])
    figures = {
        "median": float(np.median(experiments)),
        "nine in ten": float(np.quantile(experiments, NINE_IN_TEN, method="inverted_cdf")),
        "right": float(np.mean([one.is_right for one in ends])),
        "wrong": float(np.mean([one.is_settled and not one.is_right for one in ends])),
    }
    for metric, figure in figures.items():
        yield Row(task, method, metric, figure, (bars or {}).get(metric, ""))


def _speed() -> Iterator[Row]:
    """10,000 hosts x 100 attributes: CPU seconds of the search, and of what is proposed from it."""
    large = world(Setting("aliases", 10_000, 2, attributes=100, p_inside=0.3, background=0.01), 1)
    began = process_time()
    beliefs = beliefs_on(large.table)
    yield Row("10,000 hosts x 100 attributes", OURS, "search and hypotheses, CPU s", process_time() - began)
    began = process_time()
    advice(beliefs, Lab())
    yield Row("10,000 hosts x 100 attributes", OURS, "experiments, CPU s", process_time() - began)


def _print(rows: Sequence[Row]) -> None:
    out = Console(highlight=False)
    if not out.is_terminal:
        out.width = PIPED_WIDTH
    table = Table(box=None, pad_edge=False)
    for header in ("task", "method", "metric", "figure", "bar"):
        table.add_column(header)
    for row in rows:
        table.add_row(row.task, row.method, row.metric, f"{row.figure:.3g}", row.bar)
    out.print(table)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.bench_experiments", description=__doc__)
    parser.add_argument(
        "--only", action="append", choices=(*METHODS, LAB, SPEED), help="this; may be given several times"
    )
    parser.add_argument("--repeats", type=int, default=25, help="fleets of each kind (default: 25)")
    parser.add_argument("--rate", type=float, default=0.9, help="how often a try inside of the cause fails")
    parser.add_argument("--background", type=float, default=0.0, help="how often any other does")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    return parser


if __name__ == "__main__":
    sys.exit(main())
