"""The SQL that all questions about reads share: counts in a span, and what they make of cells and hosts.

Counters are cumulative and per (host, epoch, series). What a span counts is where they stood at its end minus where
they stood before its beginning; a host's epochs then add up.
"""

from collections.abc import Callable, Mapping, Sequence
from functools import reduce
from operator import add
from typing import Any

from sqlalchemy import BigInteger, ColumnElement, RowMapping, Select, Subquery, and_, case, cast, func, or_, select
from sqlalchemy.sql.selectable import FromClause

from barwatch_collector.questions.asked import Asked
from barwatch_collector.questions.statistics import FAILING_READS, FAILING_SHARE
from barwatch_collector.store import schema
from barwatch_proto.telemetry import Counts

ATTEMPTS = ("ok", "all_ones", "mismatch", "fault")
FAILURES = ("all_ones", "mismatch", "fault")
CELL = ("topology", "access", "host_id", "function_key")


def total(column: ColumnElement[Any]) -> ColumnElement[int]:
    """A sum that stays an integer: PostgreSQL makes NUMERIC of a sum of BIGINT."""
    return cast(func.coalesce(func.sum(column), 0), BigInteger)


def how_many(condition: ColumnElement[bool]) -> ColumnElement[int]:
    """How many rows of a group meet a condition."""
    return total(case((condition, 1), else_=0))


def counts_of(row: RowMapping) -> Counts:
    """The counts that a row of such a query carries."""
    return Counts(**{name: int(row[name]) for name in schema.COUNTS})


def attempts_of(counts: Counts) -> int:
    """Reads that touched the register."""
    return sum(getattr(counts, name) for name in ATTEMPTS)


def failures_of(counts: Counts) -> int:
    """Reads that touched the register, which did not answer as it should."""
    return sum(getattr(counts, name) for name in FAILURES)


def counted(asked: Asked) -> Subquery:
    """One row per series with what it counted in the span.

    Series that counted nothing in the span are left out unless their snapshot holds at its end: what a host is not
    any more, and was not then, does not concern the answer.
    """
    series, validity = schema.series, schema.validity
    query, counts = _counts_in(asked)
    held = select(validity.c.snapshot_id).where(holds(asked, series.c.host_id)).correlate(series).scalar_subquery()
    moved = or_(*(count > 0 for count in counts.values()))
    return (
        query.add_columns(series, *(count.label(name_in_span(name)) for name, count in counts.items()))
        .where(or_(moved, series.c.snapshot_id == held))
        .subquery("counted")
    )


def by_cell(asked: Asked) -> Subquery:
    """One row per cell: its counts, attempts, failures, and whether it fails.

    A cell fails when all its reads together do, or those of one of its series: a dead register does not come back to
    life because forty others answer.
    """
    rows = counted(asked)
    keys = [rows.c[name] for name in CELL]
    sums = {name: total(rows.c[name_in_span(name)]) for name in schema.COUNTS}
    one_fails = func.max(case((_fails(attempts_in(rows), failures_in(rows)), 1), else_=0))
    attempts, failures = _sum(sums, ATTEMPTS), _sum(sums, FAILURES)
    return (
        select(
            *keys,
            *(count.label(name) for name, count in sums.items()),
            attempts.label("attempts"),
            failures.label("failures"),
            case((or_(_fails(attempts, failures), one_fails == 1), 1), else_=0).label("fails"),
        )
        .group_by(*keys)
        .subquery("by_cell")
    )


def by_host(cells: FromClause) -> Subquery:
    """One row per (topology, access, host): its counts, cells that were attempted, and cells that fail."""
    keys = [cells.c[name] for name in ("topology", "access", "host_id")]
    return select(*keys, *cell_sums(cells)).group_by(*keys).subquery("by_host")


def cell_sums(cells: FromClause) -> Sequence[ColumnElement[int]]:
    """The columns that sum up cells."""
    return [
        *(total(cells.c[name]).label(name) for name in (*schema.COUNTS, "attempts", "failures")),
        how_many(cells.c.attempts > 0).label("cells"),
        how_many(cells.c.fails == 1).label("failing_cells"),
    ]


def holds(asked: Asked, host_id: ColumnElement[int]) -> ColumnElement[bool]:
    """Whether a row of ``validity`` is that host's, and holds at the end of the span: two looks into its key.

    For now there is no upper bound: an agent whose clock is ahead has a snapshot too.
    """
    validity, inner = schema.validity, schema.validity.alias()
    until = [] if asked.as_of_ns is None else [inner.c.from_ns <= asked.as_of_ns]
    latest = select(func.max(inner.c.from_ns)).where(inner.c.host_id == host_id, *until)
    is_latest = validity.c.from_ns == latest.correlate_except(inner).scalar_subquery()
    return and_(validity.c.host_id == host_id, is_latest)


def of_held(table: FromClause) -> ColumnElement[bool]:
    """Whether a row of ``snapshot``, ``function`` or ``setting`` belongs to the row of ``validity``."""
    validity = schema.validity
    return and_(table.c.host_id == validity.c.host_id, table.c.snapshot_id == validity.c.snapshot_id)


def attempts_in(rows: FromClause) -> ColumnElement[int]:
    """Attempts of a row of ``counted``."""
    return _sum({name: rows.c[name_in_span(name)] for name in ATTEMPTS}, ATTEMPTS)


def failures_in(rows: FromClause) -> ColumnElement[int]:
    """Failures of a row of ``counted``."""
    return _sum({name: rows.c[name_in_span(name)] for name in FAILURES}, FAILURES)


def name_in_span(name: str) -> str:
    """The column of ``counted`` that holds a count in the span; the series' own columns keep their names."""
    return f"n_{name}"


def _sum(counts: Mapping[str, ColumnElement[int]], names: Sequence[str]) -> ColumnElement[int]:
    return reduce(add, (counts[name] for name in names))


def _fails(attempts: ColumnElement[int], failures: ColumnElement[int]) -> ColumnElement[bool]:
    """``statistics.is_failing`` in SQL."""
    return and_(failures >= FAILING_READS, failures * FAILING_SHARE >= attempts)


def _counts_in(asked: Asked) -> tuple[Select[Any], dict[str, ColumnElement[int]]]:
    """A query over series, not yet with columns, and the expressions of its counts in the span."""
    series = schema.series
    query: Select[Any] = select().select_from(series)
    counts: dict[str, ColumnElement[int]] = {name: series.c[name] for name in schema.COUNTS}
    if asked.last_hour is not None:
        end, last = schema.series_hour.alias("end_hour"), asked.last_hour
        query = query.join(end, _stood(end, lambda hour: hour <= last))
        counts = {name: end.c[name] for name in schema.COUNTS}
    if asked.first_hour is not None:
        begin, first = schema.series_hour.alias("begin_hour"), asked.first_hour
        query = query.outerjoin(begin, _stood(begin, lambda hour: hour < first))
        counts = {name: count - func.coalesce(begin.c[name], 0) for name, count in counts.items()}
    return query, counts


def _stood(hours: FromClause, until: Callable[[ColumnElement[int]], ColumnElement[bool]]) -> ColumnElement[bool]:
    """Joins a series to the latest of its hours that meets a condition: one look into the index per series."""
    series, inner = schema.series, schema.series_hour.alias()
    keys = ("host_id", "epoch", "series_id")
    latest = (
        select(func.max(inner.c.hour))
        .where(*(inner.c[key] == series.c[key] for key in keys), until(inner.c.hour))
        .correlate(series)
        .scalar_subquery()
    )
    return and_(*(hours.c[key] == series.c[key] for key in keys), hours.c.hour == latest)
