"""``python -m tests.bench_correlate_speed.one METHOD ROWS COLUMNS UNITS`` measures one figure by itself."""

import json
import resource
import shutil
import sys
import tempfile
from collections.abc import Callable, Mapping
from pathlib import Path
from time import process_time

import numpy as np
from tests.bench_correlate.peers import peers
from tests.bench_correlate.planted import Planted
from tests.bench_correlate_speed.made import Shape, made, write

from barwatch_collector.correlate.explain import explained, ranked
from barwatch_collector.correlate.reader import Roles, read_table
from barwatch_collector.correlate.settings import Settings
from barwatch_collector.correlate.table import Table

Work = Callable[[], str]  # returns what there is to say of it
OURS = ("reading CSV", "search", "everything")
PEERS = ("pysubgroup", "lift")  # in the names of those that search the same


def methods() -> Mapping[str, Callable[[Table], Work]]:
    """What can be measured here; each prepares the table, and the work it returns is measured."""
    ours = dict(zip(OURS, (reading, searching, explaining), strict=True))
    return ours | {name: beside(name) for name in peers() if any(one in name for one in PEERS)}


def reading(table: Table) -> Work:
    """The table from a file."""
    path = Path(tempfile.mkdtemp()) / "table.csv"
    write(table, path)

    def work() -> str:
        read_table(path, Roles("failed", unit="host"))
        size = path.stat().st_size
        shutil.rmtree(path.parent)
        return f"{size / 1e6:.0f} MB"

    return work


def searching(table: Table) -> Work:
    """The first search, to a ranking."""
    return lambda: "" if ranked(table, Settings()) is None else "one search"


def explaining(table: Table) -> Work:
    """The whole report with its permutations."""

    def work() -> str:
        report = explained(table, Settings())
        return f"{len(report.explanations)} explanations, {report.permutations} permutations"

    return work


def beside(name: str) -> Callable[[Table], Work]:
    """A peer's search on the same table."""

    def prepared(table: Table) -> Work:
        words = {one.name: [one.levels[code] for code in one.codes] for one in table.columns}
        planted = Planted(table, words, table.failures, np.zeros(len(table), np.bool_), ())
        return lambda: f"{len(peers()[name](planted))} answers"

    return prepared


def main(arguments: list[str]) -> int:
    """Prints seconds of CPU, MB at most, MB before, and what is to be said, as JSON."""
    method, *sizes = arguments
    work = methods()[method](made(Shape(*map(int, sizes))))
    before, began = _megabytes(), process_time()
    said = work()
    print(json.dumps({"seconds": process_time() - began, "mb": _megabytes(), "before": before, "said": said}))  # noqa: T201 it is the answer
    return 0


def _megabytes() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
