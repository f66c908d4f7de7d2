"""Writes counters: the hot path of the collector.

A run of series with the same counts is one row here and one statement in the database, however many series it has. The
statements are SQLAlchemy's, compiled once; the rows go to the driver as tuples, since at this rate the dictionaries
that SQLAlchemy takes would cost more than the database does.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from operator import attrgetter, itemgetter
from typing import Any

from sqlalchemy import (
    BigInteger,
    BindParameter,
    ColumnElement,
    Connection,
    Dialect,
    Integer,
    Table,
    Update,
    bindparam,
    select,
    update,
)
from sqlalchemy.sql.dml import Insert

from barwatch_collector.arrivals import Lane
from barwatch_collector.store.schema import COUNTS, HOUR_NS, series, series_hour
from barwatch_collector.store.statements import INSERT, LARGER
from barwatch_proto.telemetry import CounterRun

CounterRow = tuple[int, ...]  # in the order of NAMES
NAMES = ("host", "lane_epoch", "first", "last", "until", "at_hour", *(f"new_{name}" for name in COUNTS))
SMALL = {"host", "lane_epoch", "first", "last", "at_hour"}
PARAMSTYLES = {"sqlite": "qmark", "postgresql": "format"}  # both by position

_COUNTS = attrgetter(*COUNTS)
_HOUR = itemgetter(NAMES.index("at_hour"))


def counter_rows(lane: Lane, runs: Iterable[CounterRun], until_ns: int) -> Iterator[CounterRow]:
    """One row per run of series, filed under the hour of that time."""
    hour = until_ns // HOUR_NS
    for run in runs:
        first = run.first_series
        yield (lane.host_id, lane.epoch, first, first + run.length - 1, until_ns, hour, *_COUNTS(run.counts))


class CounterWriter:
    """Brings ``series`` and ``series_hour`` to the counts of many runs; no count ever becomes smaller."""

    def __init__(self, dialect: Dialect) -> None:
        kind: Callable[..., Dialect] = type(dialect)
        positional = kind(paramstyle=PARAMSTYLES[dialect.name])
        self._statements = (
            _prepared(_counts_of_series(dialect.name), positional),
            _prepared(_counts_of_hour(dialect.name), positional),
        )

    def write(self, connection: Connection, rows: Sequence[CounterRow]) -> None:
        """Writes the runs in their order."""
        for part in _rounds(rows):
            for statement in self._statements:
                connection.exec_driver_sql(statement.sql, list(map(statement.pick, part)))


def _rounds(rows: Sequence[CounterRow]) -> Iterable[Sequence[CounterRow]]:
    """The rows in their order, in parts in which no lane has two hours.

    An hour copies what the series say when the whole part is written: of a spool that drains, each hour is a part of
    its own.
    """
    if len(set(map(_HOUR, rows))) <= 1:
        return [rows] if rows else []
    rounds: list[list[CounterRow]] = []
    place: dict[tuple[int, ...], tuple[int, int]] = {}  # hour and part of the latest row of a lane
    for row in rows:
        lane, hour = row[:2], _HOUR(row)
        latest, number = place.get(lane, (hour, 0))
        number += hour != latest
        place[lane] = hour, number
        if number == len(rounds):
            rounds.append([])
        rounds[number].append(row)
    return rounds


@dataclass(frozen=True, slots=True)
class _Prepared:
    sql: str
    pick: Callable[[CounterRow], Any]  # the parameters of the statement out of a row


def _prepared(statement: Update | Insert, dialect: Dialect) -> _Prepared:
    compiled = statement.compile(dialect=dialect)
    return _Prepared(str(compiled), itemgetter(*(NAMES.index(name) for name in compiled.positiontup or ())))


def _parameter(name: str) -> BindParameter[int]:
    return bindparam(name, type_=Integer() if name in SMALL else BigInteger())


def _of_run(table: Table) -> tuple[ColumnElement[bool], ...]:
    return (
        table.c.host_id == _parameter("host"),
        table.c.epoch == _parameter("lane_epoch"),
        table.c.series_id.between(_parameter("first"), _parameter("last")),
    )


def _counts_of_series(dialect: str) -> Update:
    larger = LARGER[dialect]
    counts = {name: larger(series.c[name], _parameter(f"new_{name}")) for name in COUNTS}
    return update(series).where(*_of_run(series)).values(**counts, counted_until_ns=_parameter("until"))


def _counts_of_hour(dialect: str) -> Insert:
    """Copies what the series say by now, so that one row of a run serves all its series."""
    key = ("host_id", "epoch", "hour", "series_id")
    source = select(series.c.host_id, series.c.epoch, _parameter("at_hour"), series.c.series_id)
    source = source.add_columns(*(series.c[name] for name in COUNTS)).where(*_of_run(series))
    statement = INSERT[dialect](series_hour).from_select([*key, *COUNTS], source)
    counts = {name: LARGER[dialect](series_hour.c[name], statement.excluded[name]) for name in COUNTS}
    return statement.on_conflict_do_update(index_elements=key, set_=counts)  # type: ignore[no-any-return]
