"""``python -m tests.bench_correlate_speed`` prints seconds of CPU and MB, ours beside peers on the same tables."""

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table
from tests.bench_correlate_speed.made import Shape
from tests.bench_correlate_speed.one import OURS, methods

SMALL = (Shape(10_000, 100, 10_000), Shape(100_000, 150, 100_000))
LARGE = (Shape(1_000_000, 150, 1_000_000), Shape(1_000_000, 150, 10_000))
PIPED_WIDTH = 140


@dataclass(frozen=True, slots=True)
class Row:
    """A figure; seconds and mb are None where it took longer than it was given."""

    table: str
    method: str
    seconds: float | None
    mb: float | None
    said: str


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code: 0 whatever was measured, 1 where something failed."""
    asked = _parser().parse_args(arguments)
    status, rows = Console(stderr=True), []
    for row in _measured(SMALL + LARGE if asked.full else SMALL, asked.limit):
        rows.append(row)
        status.print(f"{row.table} · {row.method}: {_number(row.seconds)} s, {_number(row.mb)} MB", style="dim")
    _print(rows)
    if asked.json:
        asked.json.write_text(json.dumps([asdict(row) for row in rows], indent=2) + "\n")
    return 0


def _measured(shapes: Sequence[Shape], limit: float) -> Iterator[Row]:
    for shape in shapes:
        names = OURS if shape in LARGE else methods()  # as lists of words a large table does not fit in memory
        for method in names:
            yield measured(method, shape, limit)


def measured(method: str, shape: Shape, limit: float) -> Row:
    """One figure, from a process of its own: what another one took does not count."""
    cells = "one cell each" if shape.units == shape.rows else f"{shape.rows // shape.units} cells each"
    table = f"{shape.units:,} units, {cells}, {shape.columns} columns"
    command = [sys.executable, "-m", f"{__package__}.one", method, *map(str, (shape.rows, shape.columns, shape.units))]
    try:
        done = subprocess.run(command, stdout=subprocess.PIPE, check=True, timeout=limit)
    except subprocess.TimeoutExpired:
        return Row(table, method, None, None, f"stopped after {limit:.0f} s")
    found = json.loads(done.stdout)
    return Row(table, method, found["seconds"], found["mb"], f"{found['said']}; table: {found['before']:.0f} MB")


def _print(rows: Sequence[Row]) -> None:
    out = Console(highlight=False)
    if not out.is_terminal:
        out.width = PIPED_WIDTH
    table = Table(box=None, pad_edge=False)
    for header in ("table", "method", "CPU s", "MB at most", ""):
        table.add_column(header, justify="right" if header in ("CPU s", "MB at most") else "left")
    for row in rows:
        table.add_row(row.table, row.method, _number(row.seconds), _number(row.mb), row.said)
    out.print(table)


def _number(value: float | None) -> str:
    return "-" if value is None else f"{value:.3g}" if value < 100 else f"{value:.0f}"


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.bench_correlate_speed", description=__doc__)
    parser.add_argument("--full", action="store_true", help="a million cells, too: an hour on a slow machine")
    parser.add_argument("--limit", type=float, default=1_800, metavar="SECONDS", help="for each figure")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    return parser


if __name__ == "__main__":
    sys.exit(main())
