"""The limit of SQLite: the rows that a fleet's batches come to, updated without any of our code in between."""

import sqlite3
from collections.abc import Sequence
from contextlib import closing
from pathlib import Path
from typing import Self

from tests.bench.fleet import Fleet, groups

from barwatch_collector.store.database import PRAGMAS
from barwatch_collector.store.schema import COUNTS, HOUR_NS
from barwatch_proto.telemetry import Batch

SETS = ", ".join(f"{name} = ?" for name in COUNTS)
SERIES = f"UPDATE series SET {SETS}, counted_until_ns = ? WHERE host_id = ? AND epoch = ? AND series_id = ?"  # noqa: S608 our own names
SERIES_HOUR = f"UPDATE series_hour SET {SETS} WHERE host_id = ? AND epoch = ? AND hour = ? AND series_id = ?"  # noqa: S608 our own names

Tuples = tuple[Sequence[tuple[int, ...]], Sequence[tuple[int, ...]]]  # for series, for series_hour


class BareSqlite:
    """A copy of a store's database, with the pragmas of the store."""

    def __init__(self, original: Path, copy: Path) -> None:
        self._connection = sqlite3.connect(copy, isolation_level=None)
        with closing(sqlite3.connect(original)) as source:
            source.backup(self._connection)
        for pragma in PRAGMAS:
            self._connection.execute(pragma)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._connection.close()

    def update(self, rows: Sequence[Tuples]) -> None:
        """One transaction for each group of hosts."""
        for series, hours in rows:
            self._connection.execute("BEGIN IMMEDIATE")
            self._write(SERIES, series)
            self._write(SERIES_HOUR, hours)
            self._connection.execute("COMMIT")

    def update_series(self, rows: Sequence[Tuples]) -> None:
        """The same with one table instead of two: the least that keeping counters can be."""
        self.update([(series, ()) for series, _ in rows])

    def _write(self, statement: str, rows: Sequence[tuple[int, ...]]) -> None:
        """Every row must meet one of the table: updating nothing would be fast, and no peer."""
        if rows and (met := self._connection.executemany(statement, rows).rowcount) != len(rows):
            msg = f"{met} rows of {len(rows)} were there to be updated: {statement}"
            raise RuntimeError(msg)


def tuples(fleet: Fleet, batch: Batch) -> Sequence[Tuples]:
    """What a batch of each host comes to in the two tables, group by group."""
    until = batch.counted_until_ns or 0
    counts = [
        (number, tuple(getattr(run.counts, name) for name in COUNTS))
        for run in batch.counters
        for number in range(run.first_series, run.first_series + run.length)
    ]
    return [
        (
            [(*c, until, lane.host_id, lane.epoch, n) for lane in lanes for n, c in counts],
            [(*c, lane.host_id, lane.epoch, until // HOUR_NS, n) for lane in lanes for n, c in counts],
        )
        for lanes in groups(fleet.lanes)
    ]
