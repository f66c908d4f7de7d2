"""Cells with their attributes as a CSV file: what the engine sees, for whoever wants to count it again.

``failures`` and ``attempts`` are those of the cell's worst register; ``barwatch explain --table`` reads the file.
"""

import csv
from collections.abc import Iterator, Sequence
from pathlib import Path

from barwatch_collector.correlate.table import Column
from barwatch_collector.findings.table import FleetTable, worst_tally
from barwatch_collector.findings.wanted import Which

IDS = ("host", "function", "snapshot", "failure", "attempts", "failures")


def write_cells(file: Path, fleet: FleetTable, which: Which) -> int:
    """Writes one row for each cell; returns how many those are. A value that is not known is empty."""
    with file.open("w", encoding="utf-8", newline="") as out:
        writer = csv.writer(out)
        writer.writerow((*IDS, *(column.name for column in fleet.table.columns)))
        writer.writerows(_rows(fleet, which))
    return len(fleet.rows)


def _rows(fleet: FleetTable, which: Which) -> Iterator[Sequence[str | int]]:
    words = [_words(column) for column in fleet.table.columns]
    codes = [column.codes.tolist() for column in fleet.table.columns]
    for row, cell in enumerate(fleet.rows):
        failure, tally = worst_tally(cell, which.failure)
        name = fleet.names[fleet.table.units[row]]
        ids = (name, cell.function_key, cell.snapshot_id, failure, tally.attempts, tally.failures)
        yield (*ids, *(of[code[row]] for of, code in zip(words, codes, strict=True)))


def _words(column: Column) -> Sequence[str]:
    """By code; MISSING is the last."""
    return (*column.levels, "")
