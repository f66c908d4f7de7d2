"""Who did not answer: silent hosts, gaps, ways in that do not work, registers that nobody could read.

No data is not no failure: every rate is only as good as what this answer leaves out.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import BigInteger, ColumnElement, Connection, case, cast, func, literal, select

from barwatch_collector.questions.asked import Asked, Span, span_of
from barwatch_collector.questions.counting import attempts_in, by_cell, counted, holds, name_in_span, of_held, total
from barwatch_collector.questions.hosts import known_hosts
from barwatch_collector.questions.lasting import gaps_in_span
from barwatch_collector.questions.readiness import ACCESS_OF, AccessOnHosts, accesses_on_hosts, why_not
from barwatch_collector.store import schema
from barwatch_proto.words import Access, State


@dataclass(frozen=True, slots=True)
class SilentHost:
    """A host without a stream."""

    hostname: str
    agent_id: str
    last_seen_ns: int


@dataclass(frozen=True, slots=True)
class GapCause:
    """What is known to be missing for one cause, within the span."""

    cause: str
    gaps: int
    hosts: int
    duration_ns: int  # of all hosts together
    lost: int  # items that are gone; 0: nothing was taken in that time
    latest_ns: int  # when the latest one ended


@dataclass(frozen=True, slots=True)
class AccessNotReading:
    """A host on which one way in does not work, or did not touch a single register."""

    hostname: str
    agent_id: str
    access: Access
    why: str
    reason: str | None  # what the host says about it


@dataclass(frozen=True, slots=True)
class UnreadRegister:
    """A register of the plan that no host could read by an access."""

    register: str
    access: Access
    hosts: int
    denied: int
    unreachable: int
    skipped: int


@dataclass(frozen=True, slots=True)
class Coverage:
    """The answer."""

    span: Span
    hosts: int
    connected: int | None  # None: cannot be told, for example of the past
    silent: tuple[SilentHost, ...]  # silent for longest first; empty where it cannot be told
    gaps: tuple[GapCause, ...]
    accesses: tuple[AccessOnHosts, ...]
    not_reading_in_all: int  # before the limit
    not_reading: tuple[AccessNotReading, ...]
    unread_registers: tuple[UnreadRegister, ...]


def coverage(connection: Connection, asked: Asked, limit: int = 1000) -> Coverage:
    """Who and what did not answer, and why."""
    hosts, silent = known_hosts(connection, asked), _silent(connection, asked)
    not_reading = _not_reading(connection, asked)
    return Coverage(
        span=span_of(asked),
        hosts=hosts,
        connected=None if silent is None else hosts - len(silent),
        silent=tuple((silent or [])[:limit]),
        gaps=_gaps(connection, asked),
        accesses=accesses_on_hosts(connection, asked),
        not_reading_in_all=len(not_reading),
        not_reading=tuple(not_reading[:limit]),
        unread_registers=_unread_registers(connection, asked),
    )


def _silent(connection: Connection, asked: Asked) -> list[SilentHost] | None:
    """Hosts without a stream; None where it cannot be told."""
    if asked.connected is None or asked.as_of_ns is not None:
        return None
    host = schema.host
    query = select(host.c.hostname, host.c.agent_id, host.c.last_seen_ns)
    rows = connection.execute(query.where(host.c.first_seen_ns <= asked.until_ns).order_by(host.c.last_seen_ns))
    return [SilentHost(*row) for row in rows if not asked.is_connected(row.agent_id)]


def _gaps(connection: Connection, asked: Asked) -> tuple[GapCause, ...]:
    gap = schema.gap
    query = (
        select(
            gap.c.cause,
            func.count().label("gaps"),
            func.count(gap.c.host_id.distinct()).label("hosts"),
            total(_within(asked)).label("duration_ns"),
            total(gap.c.lost).label("lost"),
            func.max(gap.c.to_ns).label("latest_ns"),
        )
        .where(gaps_in_span(asked))
        .group_by(gap.c.cause)
        .order_by(gap.c.cause)
    )
    return tuple(GapCause(**row) for row in connection.execute(query).mappings())


def _within(asked: Asked) -> ColumnElement[int]:
    """How much of a gap lies in the span."""
    start, end = schema.gap.c.from_ns, schema.gap.c.to_ns
    until = cast(literal(asked.until_ns), BigInteger)
    since = cast(literal(asked.since_ns or 0), BigInteger)
    last = case((end > until, until), else_=end)
    first = case((start < since, since), else_=start)
    return case((last > first, last - first), else_=0)


def _not_reading(connection: Connection, asked: Asked) -> list[AccessNotReading]:
    """Ways in that do not work by their setting, and those that were planned and never came to an attempt."""
    found = {(each.agent_id, each.access): each for each in _without_attempts(connection, asked)}
    by_setting = {(each.agent_id, each.access): each for each in _not_ready(connection, asked)}
    together = found | by_setting
    return sorted(together.values(), key=lambda each: (each.hostname, each.agent_id, each.access.value))


def _without_attempts(connection: Connection, asked: Asked) -> Iterable[AccessNotReading]:
    cells, host = by_cell(asked), schema.host
    keys = (host.c.hostname, host.c.agent_id, cells.c.access)
    sums = (total(cells.c[name]).label(name) for name in ("denied", "unreachable", "skipped"))
    query = select(*keys, *sums).join(host, host.c.id == cells.c.host_id).group_by(*keys)
    for row in connection.execute(query.having(total(cells.c.attempts) == 0)):
        why = why_not(Access(row.access), None, row.denied, row.unreachable, row.skipped)
        yield AccessNotReading(row.hostname, row.agent_id, Access(row.access), why, None)


def _not_ready(connection: Connection, asked: Asked) -> Iterable[AccessNotReading]:
    host, validity, setting = schema.host, schema.validity, schema.setting
    works = (State.ON.value, State.VALUE.value)
    query = (
        select(host.c.hostname, host.c.agent_id, setting.c.name, setting.c.state, setting.c.reason)
        .select_from(host)
        .join(validity, holds(asked, host.c.id))
        .join(setting, of_held(setting))
        .where(setting.c.name.in_(ACCESS_OF), setting.c.state.not_in(works))
    )
    for row in connection.execute(query):
        access = ACCESS_OF[row.name]
        yield AccessNotReading(row.hostname, row.agent_id, access, why_not(access, State(row.state)), row.reason)


def _unread_registers(connection: Connection, asked: Asked) -> tuple[UnreadRegister, ...]:
    rows = counted(asked)
    query = (
        select(
            rows.c.register,
            rows.c.access,
            func.count(rows.c.host_id.distinct()).label("hosts"),
            *(total(rows.c[name_in_span(name)]).label(name) for name in ("denied", "unreachable", "skipped")),
        )
        .group_by(rows.c.register, rows.c.access)
        .having(total(attempts_in(rows)) == 0)
        .order_by(rows.c.register, rows.c.access)
    )
    return tuple(
        UnreadRegister(access=Access(row.pop("access")), **row)
        for row in map(dict, connection.execute(query).mappings())
    )
