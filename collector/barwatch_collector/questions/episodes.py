"""Episodes: unbroken runs of reads that were not ok, the latest first."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, and_, func, not_, select

from barwatch_collector.questions.asked import Asked, Span, span_of
from barwatch_collector.questions.counting import how_many
from barwatch_collector.questions.lasting import ON_SERIES, in_span, is_open
from barwatch_collector.questions.naming import find_host
from barwatch_collector.store import schema
from barwatch_proto.words import Access, Outcome


@dataclass(frozen=True, slots=True)
class EpisodeFilter:
    """Which episodes are wanted; empty and None mean all."""

    host: str | None = None  # host name, agent id or a prefix
    outcomes: tuple[Outcome, ...] = ()
    accesses: tuple[Access, ...] = ()
    is_open: bool | None = None


@dataclass(frozen=True, slots=True)
class EpisodeLine:
    """One episode in one line."""

    hostname: str
    agent_id: str
    epoch: int
    episode_id: int
    function_key: str
    address: str  # where the function was
    topology: str
    route: str | None  # for people; None: the snapshot of that time did not list the function
    register: str
    access: Access
    bar: int | None  # None: configuration space
    offset: int
    width: int
    outcome: Outcome  # of the read that opened it
    value: str | None  # hexadecimal; None: that read carried none
    reason: str | None
    reads: int  # that were not ok, until today
    opened_at_ns: int
    last_at_ns: int  # of the latest read that was not ok
    closed_at_ns: int | None  # None: it lasts
    is_open: bool  # at the end of the span
    duration_ns: int  # to its end, or to its latest read
    has_evidence: bool


@dataclass(frozen=True, slots=True)
class Episodes:
    """The answer: episodes that lasted at some time of the span."""

    span: Span
    episodes: int  # before the limit
    open: int
    hosts: int
    outcomes: Mapping[str, int]  # how many by outcome
    rows: tuple[EpisodeLine, ...]


EVERY = EpisodeFilter()


def episodes(connection: Connection, asked: Asked, wanted: EpisodeFilter = EVERY, limit: int = 1000) -> Episodes:
    """The episodes that are wanted, the latest first.

    Raises:
        QuestionError: the filter names a host that is not there or not the only one.
    """
    conditions = _conditions(connection, asked, wanted)
    outcomes = _sums(connection, asked, conditions)
    return Episodes(
        span=span_of(asked),
        episodes=sum(row["episodes"] for row in outcomes),
        open=sum(row["open"] for row in outcomes),
        hosts=_hosts(connection, conditions),
        outcomes={row["outcome"]: row["episodes"] for row in outcomes},
        rows=tuple(map(_line, connection.execute(_lines(asked, conditions, limit)).mappings())),
    )


def _conditions(connection: Connection, asked: Asked, wanted: EpisodeFilter) -> list[ColumnElement[bool]]:
    conditions = [in_span(asked)]
    if wanted.host is not None:
        conditions.append(schema.episode.c.host_id == find_host(connection, wanted.host).id)
    if wanted.outcomes:
        conditions.append(schema.episode.c.outcome.in_([outcome.value for outcome in wanted.outcomes]))
    if wanted.accesses:
        conditions.append(schema.series.c.access.in_([access.value for access in wanted.accesses]))
    if wanted.is_open is not None:
        conditions.append(is_open(asked) if wanted.is_open else not_(is_open(asked)))
    return conditions


def _sums(connection: Connection, asked: Asked, conditions: Sequence[ColumnElement[bool]]) -> Sequence[RowMapping]:
    outcome = schema.episode.c.outcome
    query = select(outcome, func.count().label("episodes"), how_many(is_open(asked)).label("open"))
    query = query.select_from(schema.episode).join(schema.series, ON_SERIES).where(*conditions)
    return connection.execute(query.group_by(outcome).order_by(outcome)).mappings().all()


def _hosts(connection: Connection, conditions: Sequence[ColumnElement[bool]]) -> int:
    query = select(func.count(schema.episode.c.host_id.distinct())).select_from(schema.episode)
    return connection.execute(query.join(schema.series, ON_SERIES).where(*conditions)).scalar_one()


def _lines(asked: Asked, conditions: Sequence[ColumnElement[bool]], limit: int) -> Select[Any]:
    episode, series, host, function = schema.episode, schema.series, schema.host, schema.function
    columns = [series.c[name] for name in ("function_key", "address", "topology", "register", "access")]
    same = [function.c[name] == series.c[name] for name in ("host_id", "snapshot_id", "function_key")]
    return (
        select(
            host.c.hostname,
            host.c.agent_id,
            *(column for column in episode.c if column.name != "evidence"),
            *columns,
            *(series.c[name] for name in ("bar", "offset", "width")),
            function.c.route,
            episode.c.evidence.is_not(None).label("has_evidence"),
            is_open(asked).label("is_open"),
        )
        .select_from(episode)
        .join(series, ON_SERIES)
        .join(host, host.c.id == episode.c.host_id)
        .outerjoin(function, and_(*same))
        .where(*conditions)
        .order_by(episode.c.opened_at_ns.desc(), host.c.hostname, episode.c.epoch, episode.c.episode_id)
        .limit(limit)
    )


def _line(row: RowMapping) -> EpisodeLine:
    values = {field.name: row[field.name] for field in fields(EpisodeLine) if field.name in row}
    values |= {
        "access": Access(row["access"]),
        "outcome": Outcome(row["outcome"]),
        "is_open": bool(row["is_open"]),
        "duration_ns": (row["closed_at_ns"] or row["last_at_ns"]) - row["opened_at_ns"],
        "has_evidence": bool(row["has_evidence"]),
    }
    return EpisodeLine(**values)
