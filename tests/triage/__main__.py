"""Calibration: which class each evidence file expects, which one it gets, and how sure. ``make bench-triage``."""

import sys
from collections import defaultdict
from collections.abc import Iterable
from pathlib import Path

from rich.console import Console
from rich.table import Table

from barwatch_agent.triage.evidence_file import EvidenceFile, load
from barwatch_proto.triage import FailureClass, Verdict, triage

HERE = Path(__file__).parent
Found = tuple[EvidenceFile, Verdict]


def judge(folder: Path) -> list[Found]:
    """Every evidence file below the folder, with its verdict."""
    return [(each, triage(each.case)) for each in map(load, sorted(folder.rglob("*.toml")))]


def matrix(found: Iterable[Found]) -> Table:
    """Rows are what is expected, columns what is given; a dot is none, the last columns are the confidence."""
    cells: dict[FailureClass, list[Found]] = defaultdict(list)
    for file, verdict in found:
        if file.expect is not None:
            cells[file.expect].append((file, verdict))
    given = [each for each in FailureClass if any(v.failure is each for row in cells.values() for _, v in row)]
    table = Table(title="Expected (rows) and given (columns)", title_justify="left", box=None, pad_edge=False)
    table.add_column("expected")
    for at, _ in enumerate(given):
        table.add_column(str(at + 1), justify="right")
    table.add_column("mean", justify="right")
    table.add_column("least", justify="right")
    for expected in FailureClass:
        row = cells.get(expected, [])
        if row:
            number = given.index(expected) + 1 if expected in given else "-"
            counts = [sum(v.failure is each for _, v in row) for each in given]
            sure = [v.confidence for _, v in row]
            table.add_row(
                f"{number:>2} {expected.value}",
                *(str(count) if count else "." for count in counts),
                f"{sum(sure) / len(sure):.2f}",
                f"{min(sure):.2f}",
            )
    return table


def main() -> int:
    """Print the matrix, and each file that is not what it should be; 1 when there is one."""
    console = Console(width=160, highlight=False)
    found = judge(HERE)
    wrong = [(file, verdict) for file, verdict in found if file.expect is not verdict.failure]
    console.print(matrix(found))
    console.print(f"\n{len(found) - len(wrong)} of {len(found)} evidence files are right.")
    for file, verdict in wrong:
        console.print(f"{file.where}: expected {file.expect}, given {verdict.failure.value}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
