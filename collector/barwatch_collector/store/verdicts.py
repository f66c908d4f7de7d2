"""What the judge reads and writes: episodes that wait for a verdict, their evidence, and the verdicts.

A row of ``verdict`` waits while it has no version, or that of an older table. Nobody locks it while he judges: what is
written must still be about the evidence that was looked at, and never replaces the verdict of a newer table. So several
collectors may judge at once; at worst two of them do the same work.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from sqlalchemy import (
    ColumnElement,
    Connection,
    Engine,
    Integer,
    Row,
    Select,
    Table,
    Update,
    and_,
    bindparam,
    func,
    or_,
    select,
    update,
)

from barwatch_collector.store.database import translated, writing
from barwatch_collector.store.schema import episode, series, verdict
from barwatch_collector.store.statements import NO_VERDICT
from barwatch_collector.store.verdict_text import to_text
from barwatch_proto.triage import Verdict

SAME_TROUBLE_NS = 60_000_000_000  # evidence further away was not taken in the same pass
SERIES = ("function_key", "register", "access", "bar", "offset", "width", "expect", "mask", "is_canary")
EPISODE = ("outcome", "value", "reason")
KEY = ("host_id", "epoch", "episode_id")
OF_SERIES = ("host_id", "epoch", "series_id")


@dataclass(frozen=True, slots=True, order=True)
class EpisodeKey:
    """Which episode."""

    host_id: int
    epoch: int
    episode_id: int


@dataclass(frozen=True, slots=True)
class Waiting:
    """An episode that waits for a verdict, as the tables have it."""

    key: EpisodeKey
    opened_at_ns: int
    evidence_of: int | None  # the episode whose evidence counts; None: none is known
    is_new: bool  # there is no verdict yet; else there is one of an older table
    function_key: str
    register: str
    access: str
    bar: int | None
    offset: int
    width: int
    expect: str | None
    mask: str | None
    is_canary: bool
    outcome: str
    value: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class Nearby:
    """An episode with evidence, and when it was opened."""

    key: EpisodeKey
    opened_at_ns: int


@dataclass(frozen=True, slots=True)
class Judged:
    """A verdict on its way into the table."""

    waiting: Waiting
    verdict: Verdict
    evidence_of: int | None  # the episode whose evidence was looked at; None: the read alone
    pass_times_ns: tuple[int, ...] = ()  # when the reads of the pass were taken that this evidence is about


class VerdictStore:
    """Verdicts in SQL."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._kept = _keeping()

    def waiting(self, table_version: int, limit: int) -> list[Waiting]:
        """Episodes without a verdict of this table, the latest first; those without any come before all others.

        Raises:
            StoreUnavailable: later perhaps.
        """
        with translated("episodes to judge cannot be read"), self._engine.connect() as connection:
            return _waiting(connection, verdict.c.table_version.is_(None), limit) or _outdated(
                connection, table_version, limit
            )

    def evidence(self, key: EpisodeKey) -> bytes | None:
        """The Evidence message of an episode, as sent; None: it has none.

        Raises:
            StoreUnavailable: later perhaps.
        """
        query = select(episode.c.evidence).where(*(episode.c[name] == getattr(key, name) for name in KEY))
        with translated("evidence cannot be read"), self._engine.connect() as connection:
            return connection.scalar(query)

    def evidence_nearby(self, waiting: Waiting) -> list[Nearby]:
        """Episodes of the same function with evidence: at the same time or next before, and next after.

        Raises:
            StoreUnavailable: later perhaps.
        """
        with translated("evidence cannot be looked for"), self._engine.connect() as connection:
            found = [_next_before(connection, waiting), _next_after(connection, waiting)]
        key = waiting.key
        return [Nearby(EpisodeKey(key.host_id, key.epoch, row.episode_id), row.opened_at_ns) for row in found if row]

    def keep(self, judged: Sequence[Judged]) -> None:
        """Writes verdicts in one transaction; asks anew for those of the same passes that had no evidence before.

        Raises:
            StoreUnavailable: nothing was written; later perhaps.
        """
        with writing(self._engine, "verdicts cannot be stored") as connection:
            in_order = sorted(judged, key=attrgetter("waiting.key"))  # so that two judges do not wait for each other
            connection.execute(self._kept, [_row(each) for each in in_order])
            for each in judged:
                if each.waiting.is_new and each.evidence_of == each.waiting.key.episode_id:
                    _share(connection, each)


def _outdated(connection: Connection, table_version: int, limit: int) -> list[Waiting]:
    """Those of the oldest table that wrote any; a newer table than ours knows better."""
    older = verdict.c.table_version < table_version
    oldest = connection.scalar(select(func.min(verdict.c.table_version)).where(older))
    return [] if oldest is None else _waiting(connection, verdict.c.table_version == oldest, limit)


def _waiting(connection: Connection, which: ColumnElement[bool], limit: int) -> list[Waiting]:
    of_verdict = ("opened_at_ns", "evidence_of", "table_version")
    query = (
        select(
            *(verdict.c[name] for name in (*KEY, *of_verdict)),
            *(series.c[name] for name in SERIES),
            *(episode.c[name] for name in EPISODE),
        )
        .join(episode, _same(episode, verdict, KEY))
        .join(series, _same(series, episode, OF_SERIES))
        .where(which)
        .order_by(verdict.c.table_version.desc(), verdict.c.opened_at_ns.desc())  # the index, read backwards
        .limit(limit)
    )
    return [
        Waiting(
            EpisodeKey(*(row[name] for name in KEY)),
            opened_at_ns=row["opened_at_ns"],
            evidence_of=row["evidence_of"],
            is_new=row["table_version"] is None,
            **{name: row[name] for name in (*SERIES, *EPISODE)},
        )
        for row in connection.execute(query).mappings()
    ]


def _next_before(connection: Connection, waiting: Waiting) -> Row[Any] | None:
    at_ns, opened_at = waiting.opened_at_ns, episode.c.opened_at_ns
    query = _with_evidence(waiting).where(opened_at.between(at_ns - SAME_TROUBLE_NS, at_ns))
    return connection.execute(query.order_by(opened_at.desc(), episode.c.episode_id).limit(1)).one_or_none()


def _next_after(connection: Connection, waiting: Waiting) -> Row[Any] | None:
    at_ns, opened_at = waiting.opened_at_ns, episode.c.opened_at_ns
    query = _with_evidence(waiting).where(opened_at.between(at_ns + 1, at_ns + SAME_TROUBLE_NS))
    return connection.execute(query.order_by(opened_at, episode.c.episode_id).limit(1)).one_or_none()


def _with_evidence(waiting: Waiting) -> Select[Any]:
    return (
        select(episode.c.episode_id, episode.c.opened_at_ns)
        .join(series, _same(series, episode, OF_SERIES))
        .where(
            episode.c.host_id == waiting.key.host_id,
            episode.c.epoch == waiting.key.epoch,
            episode.c.evidence.is_not(None),
            series.c.function_key == waiting.function_key,
        )
    )


def _same(one: Table, other: Table, names: Iterable[str]) -> ColumnElement[bool]:
    return and_(*(one.c[name] == other.c[name] for name in names))


def _keeping() -> Update:
    version = bindparam("version", type_=Integer())
    return (
        update(verdict)
        .where(
            *(verdict.c[name] == bindparam(f"of_{name}") for name in KEY),
            verdict.c.evidence_of.is_not_distinct_from(bindparam("evidence_before", type_=Integer())),
            or_(verdict.c.table_version.is_(None), verdict.c.table_version < version),
        )
        .values(
            table_version=version,
            evidence_of=bindparam("looked_at"),
            **{name: bindparam(f"new_{name}") for name in ("failure", "confidence", "repetition", "document")},
        )
    )


def _row(judged: Judged) -> dict[str, object]:
    found, waiting = judged.verdict, judged.waiting
    return {
        **{f"of_{name}": getattr(waiting.key, name) for name in KEY},
        "evidence_before": waiting.evidence_of,
        "looked_at": judged.evidence_of,
        "version": found.table_version,
        "new_failure": found.failure.value,
        "new_confidence": found.confidence,
        "new_repetition": None if found.repetition is None else found.repetition.value,
        "new_document": to_text(found),
    }


def _share(connection: Connection, judged: Judged) -> None:
    """An episode may come long before the one that carries the evidence of its pass: a spool is sent in pieces."""
    waiting = judged.waiting
    of_pass = (
        select(episode.c.episode_id)
        .join(series, _same(series, episode, OF_SERIES))
        .where(
            episode.c.host_id == waiting.key.host_id,
            episode.c.epoch == waiting.key.epoch,
            episode.c.opened_at_ns.in_(judged.pass_times_ns),
            series.c.function_key == waiting.function_key,
        )
    )
    mine = (verdict.c.host_id == waiting.key.host_id, verdict.c.epoch == waiting.key.epoch)
    without = (verdict.c.episode_id.in_(of_pass), verdict.c.evidence_of.is_(None))
    values = NO_VERDICT | {"evidence_of": judged.evidence_of}
    connection.execute(update(verdict).where(*mine, *without).values(values))
