"""Verdicts in answers: what is stored about an episode, and which failure class explains most."""

from dataclasses import dataclass

from sqlalchemy import Connection, RowMapping, and_, func, select

from barwatch_collector.questions.asked import Asked
from barwatch_collector.questions.counting import FAILURES
from barwatch_collector.questions.lasting import ON_SERIES, in_span, is_open
from barwatch_collector.store import schema
from barwatch_collector.store.verdict_text import from_text, known_class
from barwatch_proto.triage import FailureClass, Repetition, Verdict
from barwatch_proto.words import Access

ON_VERDICT = and_(*(schema.verdict.c[name] == schema.episode.c[name] for name in ("host_id", "epoch", "episode_id")))
COLUMNS = tuple(
    schema.verdict.c[name]
    for name in ("failure", "confidence", "repetition", "document", "table_version", "evidence_of")
)
MOST_OPEN = 2000  # episodes of a host that are looked through


@dataclass(frozen=True, slots=True)
class MainFailure:
    """The failure class that most hosts with failing episodes have; of equals the one with more episodes."""

    failure: FailureClass
    hosts: int
    episodes: int


@dataclass(frozen=True, slots=True)
class OpenFailure:
    """What explains the open episodes of one function: one line per failure class."""

    function_key: str
    address: str
    failure: FailureClass | None  # None: not judged yet
    confidence: float | None  # of the surest; None: not judged yet
    episodes: int
    accesses: tuple[Access, ...]
    reasons: tuple[str, ...] | None  # of the surest
    next_step: str | None


def verdict_of(row: RowMapping) -> Verdict | None:
    """The verdict in a row with COLUMNS; None: not judged yet, or into a class that only a newer version knows."""
    failure = known_class(row["failure"])
    if failure is None:
        return None
    words = from_text(row["document"])
    repetition = next((each for each in Repetition if each.value == row["repetition"]), None)
    return Verdict(
        failure, row["confidence"], words.reasons, words.missing, words.likely, repetition, row["table_version"]
    )


def main_failures(connection: Connection, asked: Asked) -> dict[tuple[str, str], MainFailure]:
    """What explains most of the failing episodes of the span, by topology and access."""
    episode, series, verdict = schema.episode, schema.series, schema.verdict
    keys = (series.c.topology, series.c.access)
    hosts = func.count(episode.c.host_id.distinct()).label("hosts")
    query = (
        select(*keys, verdict.c.failure, hosts, func.count().label("episodes"))
        .select_from(episode)
        .join(series, ON_SERIES)
        .join(verdict, ON_VERDICT)
        .where(in_span(asked), episode.c.outcome.in_(FAILURES), verdict.c.failure.is_not(None))
        .group_by(*keys, verdict.c.failure)
        .order_by(hosts, func.count(), verdict.c.failure.desc())  # the last of a topology stays in the dict
    )
    return {
        (row.topology, row.access): MainFailure(failure, row.hosts, row.episodes)
        for row in connection.execute(query)
        if (failure := known_class(row.failure))
    }


def open_failures_of(connection: Connection, asked: Asked, host_id: int) -> tuple[OpenFailure, ...]:
    """What explains the open episodes of a host, the surest first, and what is not judged at the end."""
    episode, series, verdict = schema.episode, schema.series, schema.verdict
    query = (
        select(series.c.function_key, series.c.address, series.c.access, *COLUMNS)
        .select_from(episode)
        .join(series, ON_SERIES)
        .outerjoin(verdict, ON_VERDICT)
        .where(episode.c.host_id == host_id, in_span(asked), is_open(asked))
        .order_by(episode.c.opened_at_ns.desc(), episode.c.epoch, episode.c.episode_id)
        .limit(MOST_OPEN)
    )
    groups: dict[tuple[str, str, FailureClass | None], list[tuple[Access, Verdict | None]]] = {}
    for row in connection.execute(query).mappings():
        found = verdict_of(row)
        key = (row["function_key"], row["address"], found.failure if found else None)
        groups.setdefault(key, []).append((Access(row["access"]), found))
    lines = [_line(key, group) for key, group in groups.items()]
    return tuple(sorted(lines, key=lambda line: (line.address, -(line.confidence or -1.0))))


def _line(key: tuple[str, str, FailureClass | None], group: list[tuple[Access, Verdict | None]]) -> OpenFailure:
    surest = max((verdict for _, verdict in group if verdict), key=lambda verdict: verdict.confidence, default=None)
    accesses = {access for access, _ in group}
    return OpenFailure(
        *key,
        confidence=surest.confidence if surest else None,
        episodes=len(group),
        accesses=tuple(access for access in Access if access in accesses),
        reasons=surest.reasons if surest else None,
        next_step=surest.next_step if surest else None,
    )
