"""`make bench`: measures and prints a table. A bar that is missed is a line in it, and no error."""

import argparse
import json
import sys
import tempfile
import traceback
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from time import perf_counter

import pytest
from rich.console import Console
from tests.bench import agent, driver, ingest, scan, start, user, wire
from tests.bench.report import Measured, document, table
from tests.bench.row import Row, Setup
from tests.bench.surroundings import Elsewhere, surroundings

BENCHES: Mapping[str, Callable[[Setup], Iterator[Row]]] = {
    "start": start.run,
    "scan": scan.run,
    "user": user.run,
    "agent": agent.run,
    "wire": wire.run,
    "ingest": ingest.run,
    "driver": driver.run,
}
DISK = Path("/var/tmp")
PIPED_WIDTH = 140  # columns of the table where no terminal says


def main(arguments: Sequence[str] | None = None) -> int:
    """Exit code: 1 when a bench could not be run to its end."""
    asked = _parser().parse_args(arguments)
    progress = Console(stderr=True, highlight=False)
    measured = []
    with (
        tempfile.TemporaryDirectory(prefix="barwatch-bench-", dir=asked.folder) as folder,
        progress.status("") as status,
    ):
        setup = Setup(Path(folder), asked.seconds, asked.quick, status.update)
        where = surroundings(Path(folder).parent)
        for name in asked.only or BENCHES:
            measured.append(_measured(name, setup))
            progress.print(measured[-1].heading, style="dim")
    _print(measured, where)
    if asked.json:
        asked.json.write_text(json.dumps(document(where, measured), indent=2) + "\n")
    return int(any(bench.problem for bench in measured))


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--only", action="append", choices=BENCHES, help="run this one; may be given several times")
    parser.add_argument("--quick", action="store_true", help="less of everything: to see that it runs, not to quote")
    parser.add_argument("--seconds", type=float, default=60, help="how long to watch the agent (default: 60)")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures there, too")
    parser.add_argument("--folder", type=Path, default=DISK, help=f"on the disk to measure (default: {DISK})")
    return parser


def _measured(name: str, setup: Setup) -> Measured:
    """A bench that breaks keeps the rows that it had, and does not stop the others."""
    elsewhere, began = Elsewhere(), perf_counter()
    rows, problem = [], None
    try:
        for row in BENCHES[name](setup):
            rows.append(row)  # noqa: PERF402 those before an error are kept
    except (Exception, pytest.fail.Exception) as exc:  # noqa: BLE001 the supervisor of the benches
        at = traceback.extract_tb(exc.__traceback__)[-1]
        problem = f"{type(exc).__name__}: {exc} ({Path(at.filename).name}:{at.lineno})"
    return Measured(name, perf_counter() - began, elsewhere.cores(), rows, problem)


def _print(measured: Sequence[Measured], where: Mapping[str, str]) -> None:
    out = Console(highlight=False)
    if not out.is_terminal:
        out.width = PIPED_WIDTH
    out.print(table(measured))
    for key, value in where.items():
        out.print(f"{key}: {value}", style="dim")


if __name__ == "__main__":
    sys.exit(main())
