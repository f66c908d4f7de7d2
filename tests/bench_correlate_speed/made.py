"""Large tables with planted causes: independent columns, so that nearly every row is a pattern of its own."""

import csv
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from barwatch_collector.correlate.table import Column, Table

LEVELS = (2, 2, 3, 3, 4)  # of the columns, in turn
CAUSES = (((3, 0), (17, 1), (29, 0)), ((7, 1), (11, 0)))  # columns with the levels they fail at
RATE = 0.3  # of cells inside of a cause
BACKGROUND = 0.001  # and of all others


@dataclass(frozen=True, slots=True)
class Shape:
    """How large a table is; rows are spread evenly over the units."""

    rows: int
    columns: int
    units: int


def made(shape: Shape, seed: int = 1) -> Table:
    """The same shape and seed give the same table; at least 30 columns."""
    draw = np.random.default_rng((seed, shape.rows, shape.columns))
    columns = tuple(_column(draw, f"a{at:03}", LEVELS[at % len(LEVELS)], shape.rows) for at in range(shape.columns))
    inside = np.zeros(shape.rows, np.bool_)
    for cause in CAUSES:
        inside |= np.logical_and.reduce([columns[at].codes == code for at, code in cause])
    failed = draw.random(shape.rows) < np.where(inside, RATE, BACKGROUND)
    units = np.arange(shape.rows) * shape.units // shape.rows
    return Table(columns, units, np.ones(shape.rows, np.int64), failed.astype(np.int64), "host")


def write(table: Table, path: Path) -> None:
    """The table as CSV with the columns ``host``, ``failed`` and its own."""
    with path.open("w", encoding="utf-8", newline="") as file:
        out = csv.writer(file, lineterminator="\n")
        out.writerow(["host", "failed", *(column.name for column in table.columns)])
        words = [np.array(column.levels, object) for column in table.columns]
        for at in range(0, len(table), 10_000):
            part = slice(at, at + 10_000)
            values = [level[column.codes[part]] for level, column in zip(words, table.columns, strict=True)]
            out.writerows(zip(table.units[part], table.failures[part], *values, strict=True))


def _column(draw: np.random.Generator, name: str, levels: int, rows: int) -> Column:
    codes = draw.choice(levels, rows, p=draw.dirichlet(np.full(levels, 5.0))).astype(np.int8)
    return Column(name, codes, tuple(f"v{level}" for level in range(levels)))
