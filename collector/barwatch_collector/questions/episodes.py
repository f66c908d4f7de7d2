"""Episodes: unbroken runs of reads that were not ok, the latest first."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

from sqlalchemy import ColumnElement, Connection, RowMapping, Select, and_, func, not_, select

from barwatch_collector.questions.asked import Asked, QuestionError, Span, span_of
from barwatch_collector.questions.counting import how_many
from barwatch_collector.questions.lasting import ON_SERIES, in_span, is_open
from barwatch_collector.questions.naming import find_host
from barwatch_collector.questions.verdicts import COLUMNS, ON_VERDICT, verdict_of
from barwatch_collector.store import schema
from barwatch_collector.store.verdict_text import known_class
from barwatch_proto.triage import FailureClass, Repetition
from barwatch_proto.words import Access, Outcome


@dataclass(frozen=True, slots=True)
class EpisodeFilter:
    """Which episodes are wanted; empty and None mean all."""

    host: str | None = None  # host name, agent id or a prefix
    outcomes: tuple[Outcome, ...] = ()
    accesses: tuple[Access, ...] = ()
    is_open: bool | None = None
    failures: tuple[FailureClass, ...] = ()


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
    failure: FailureClass | None  # what the verdict says; with all that follows None while there is no verdict yet
    confidence: float | None  # 0 to 1
    reasons: tuple[str, ...] | None  # in the order in which they count
    missing: tuple[str, ...] | None  # what would tell more, the most telling first
    likely: tuple[FailureClass, ...] | None  # with unknown: what it might be
    repetition: Repetition | None  # None also when nothing was read again or besides
    next_step: str | None
    table_version: int | None  # of the decision table
    evidence_of: int | None  # episode of the same epoch whose evidence the verdict is from; None: from the read alone


@dataclass(frozen=True, slots=True)
class OneEpisode:
    """The answer about one episode."""

    span: Span
    episode: EpisodeLine


@dataclass(frozen=True, slots=True)
class Episodes:
    """The answer: episodes that lasted at some time of the span."""

    span: Span
    episodes: int  # before the limit
    open: int
    hosts: int
    outcomes: Mapping[str, int]  # how many by outcome
    failures: Mapping[str, int]  # how many by failure class, the most frequent first
    unjudged: int  # how many have no verdict yet
    rows: tuple[EpisodeLine, ...]


EVERY = EpisodeFilter()
OF_VERDICT = ("failure", "confidence", "reasons", "missing", "likely", "repetition", "next_step", "table_version")
NUMBER = re.compile(r"((?P<epoch>\d{1,9})\.)?(?P<episode>\d{1,9})")


class UnknownEpisode(QuestionError):
    """The host has no such episode."""


def episodes(connection: Connection, asked: Asked, wanted: EpisodeFilter = EVERY, limit: int = 1000) -> Episodes:
    """The episodes that are wanted, the latest first.

    Raises:
        QuestionError: the filter names a host that is not there or not the only one.
    """
    conditions = _conditions(connection, asked, wanted)
    outcomes, failures = _sums(connection, asked, conditions), _failures(connection, conditions)
    in_all = sum(row["episodes"] for row in outcomes)
    return Episodes(
        span=span_of(asked),
        episodes=in_all,
        open=sum(row["open"] for row in outcomes),
        hosts=_hosts(connection, conditions),
        outcomes={row["outcome"]: row["episodes"] for row in outcomes},
        failures=failures,
        unjudged=in_all - sum(failures.values()),
        rows=tuple(map(_line, connection.execute(_lines(asked, conditions, limit)).mappings())),
    )


def one_episode(connection: Connection, asked: Asked, name: str, number: str) -> OneEpisode:
    """One episode of a host.

    Args:
        connection: to ask with.
        asked: the time that the answer is about.
        name: host name, agent id, or a prefix of one.
        number: epoch and episode, for example ``1.17``; ``17`` alone is of the host's latest epoch.

    Raises:
        QuestionError: no such host, or no such episode of it by that time.
    """
    named = find_host(connection, name)
    epoch, episode_id = _numbered(connection, named.id, number)
    episode = schema.episode.c
    which = [episode.host_id == named.id, episode.epoch == epoch, episode.episode_id == episode_id, in_span(asked)]
    row = connection.execute(_lines(asked, which, 1)).mappings().one_or_none()
    if row is None:
        what = f"{named.hostname} has no episode {epoch}.{episode_id} in that time"
        raise UnknownEpisode(what, f"barwatch episodes --host {named.hostname} lists those that there are")
    return OneEpisode(span_of(asked), _line(row))


def _numbered(connection: Connection, host_id: int, number: str) -> tuple[int, int]:
    found = NUMBER.fullmatch(number)
    if found is None:
        what = f"{number[:32]!r} is not the number of an episode"
        raise QuestionError(what, "give epoch and episode, for example 1.17")
    if found["epoch"] is not None:
        return int(found["epoch"]), int(found["episode"])
    latest = select(func.max(schema.epoch.c.number)).where(schema.epoch.c.host_id == host_id)
    return connection.scalar(latest) or 0, int(found["episode"])


def _failures(connection: Connection, conditions: Sequence[ColumnElement[bool]]) -> dict[str, int]:
    failure, count = schema.verdict.c.failure, func.count()
    query = select(failure, count).select_from(schema.episode).join(schema.series, ON_SERIES)
    query = query.join(schema.verdict, ON_VERDICT).where(*conditions, failure.is_not(None))
    rows = connection.execute(query.group_by(failure).order_by(count.desc(), failure))
    return {name: episodes for name, episodes in rows if known_class(name)}


def _conditions(connection: Connection, asked: Asked, wanted: EpisodeFilter) -> list[ColumnElement[bool]]:
    conditions = [in_span(asked)]
    if wanted.host is not None:
        conditions.append(schema.episode.c.host_id == find_host(connection, wanted.host).id)
    if wanted.outcomes:
        conditions.append(schema.episode.c.outcome.in_([outcome.value for outcome in wanted.outcomes]))
    if wanted.accesses:
        conditions.append(schema.series.c.access.in_([access.value for access in wanted.accesses]))
    if wanted.failures:
        conditions.append(schema.verdict.c.failure.in_([failure.value for failure in wanted.failures]))
    if wanted.is_open is not None:
        conditions.append(is_open(asked) if wanted.is_open else not_(is_open(asked)))
    return conditions


def _sums(connection: Connection, asked: Asked, conditions: Sequence[ColumnElement[bool]]) -> Sequence[RowMapping]:
    outcome = schema.episode.c.outcome
    query = select(outcome, func.count().label("episodes"), how_many(is_open(asked)).label("open"))
    query = query.select_from(schema.episode).join(schema.series, ON_SERIES).outerjoin(schema.verdict, ON_VERDICT)
    query = query.where(*conditions)
    return connection.execute(query.group_by(outcome).order_by(outcome)).mappings().all()


def _hosts(connection: Connection, conditions: Sequence[ColumnElement[bool]]) -> int:
    query = select(func.count(schema.episode.c.host_id.distinct())).select_from(schema.episode)
    query = query.join(schema.series, ON_SERIES).outerjoin(schema.verdict, ON_VERDICT)
    return connection.execute(query.where(*conditions)).scalar_one()


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
            *COLUMNS,
        )
        .select_from(episode)
        .join(series, ON_SERIES)
        .join(host, host.c.id == episode.c.host_id)
        .outerjoin(function, and_(*same))
        .outerjoin(schema.verdict, ON_VERDICT)
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
    verdict = verdict_of(row)
    values |= {name: getattr(verdict, name) if verdict else None for name in OF_VERDICT}
    return EpisodeLine(**values)
