"""Everything about one host: facts, settings, ways in, functions with their read matrix, episodes, gaps, snapshots."""

from dataclasses import dataclass

from sqlalchemy import Connection, func, select

from barwatch_collector.questions.asked import Asked, Span, span_of
from barwatch_collector.questions.episodes import EpisodeFilter, EpisodeLine, episodes
from barwatch_collector.questions.lasting import gaps_in_span
from barwatch_collector.questions.naming import find_host
from barwatch_collector.questions.read_matrix import FunctionReads, function_reads
from barwatch_collector.questions.readiness import ACCESS_OF, SETTING_OF
from barwatch_collector.questions.snapshots import SnapshotTime, held_snapshot, snapshot_history
from barwatch_collector.questions.verdicts import OpenFailure, open_failures_of
from barwatch_collector.store import schema
from barwatch_proto.snapshot import Setting, Snapshot
from barwatch_proto.telemetry import Counts
from barwatch_proto.words import Access, State

LATEST = 20  # episodes, gaps and snapshots that a page shows


@dataclass(frozen=True, slots=True)
class Facts:
    """Who the host is."""

    hostname: str
    agent_id: str
    system: str
    agent_version: str
    hardware_uuid: str | None
    machine_vendor: str | None
    machine_model: str | None
    first_seen_ns: int
    last_seen_ns: int
    clock_skew_ns: int | None  # collector's clock minus the agent's
    is_connected: bool | None  # None: cannot be told, for example of the past
    epochs: int  # spools that its agent began


@dataclass(frozen=True, slots=True)
class Readiness:
    """Whether a way in works on this host."""

    access: Access
    state: State
    value: str | None
    reason: str | None


@dataclass(frozen=True, slots=True)
class GapLine:
    """A time of which something is missing."""

    cause: str
    origin: str  # "agent" or "collector": who noticed
    from_ns: int
    to_ns: int
    lost: int
    detail: str | None


@dataclass(frozen=True, slots=True)
class Host:
    """The answer about one host."""

    span: Span
    facts: Facts
    snapshot_id: str | None  # None: the host has not sent a snapshot
    snapshot_from_ns: int | None
    problem: str | None  # why the snapshot cannot be shown
    accesses: tuple[Readiness, ...]
    settings: tuple[Setting, ...]
    registers: int  # fields of the read matrix that hold reads; 0: nothing has been committed in the span
    functions: tuple[FunctionReads, ...]
    failures: tuple[OpenFailure, ...]  # what explains the episodes that are open
    episodes: tuple[EpisodeLine, ...]
    episodes_in_all: int
    gaps: tuple[GapLine, ...]
    snapshots: tuple[SnapshotTime, ...]


def host(connection: Connection, asked: Asked, name: str) -> Host:
    """All there is to know about one host.

    Raises:
        QuestionError: no host of that name, or several.
    """
    named = find_host(connection, name)
    held = held_snapshot(connection, named.id, asked)
    snapshot = held.snapshot if held else None
    functions = function_reads(connection, named.id, asked, held)
    found = episodes(connection, asked, EpisodeFilter(host=named.agent_id), limit=LATEST)
    return Host(
        span=span_of(asked),
        facts=_facts(connection, named.id, asked, snapshot),
        snapshot_id=held.snapshot_id if held else None,
        snapshot_from_ns=held.from_ns if held else None,
        problem=held.problem if held else None,
        accesses=_readiness(snapshot),
        settings=tuple(setting for setting in snapshot.settings if setting.name not in ACCESS_OF) if snapshot else (),
        registers=sum(register.reads != Counts() for function in functions for register in function.registers),
        functions=functions,
        failures=open_failures_of(connection, asked, named.id),
        episodes=found.rows,
        episodes_in_all=found.episodes,
        gaps=_gaps(connection, named.id, asked),
        snapshots=snapshot_history(connection, named.id, asked, LATEST),
    )


def _facts(connection: Connection, host_id: int, asked: Asked, snapshot: Snapshot | None) -> Facts:
    row = connection.execute(select(schema.host).where(schema.host.c.id == host_id)).mappings().one()
    epochs = select(func.count()).select_from(schema.epoch).where(schema.epoch.c.host_id == host_id)
    return Facts(
        hostname=row["hostname"],
        agent_id=row["agent_id"],
        system=row["system"],
        agent_version=row["agent_version"],
        hardware_uuid=row["hardware_uuid"],
        machine_vendor=snapshot.host.machine_vendor if snapshot else None,
        machine_model=snapshot.host.machine_model if snapshot else None,
        first_seen_ns=row["first_seen_ns"],
        last_seen_ns=row["last_seen_ns"],
        clock_skew_ns=row["clock_skew_ns"],
        is_connected=asked.is_connected(row["agent_id"]),
        epochs=connection.execute(epochs).scalar_one(),
    )


def _readiness(snapshot: Snapshot | None) -> tuple[Readiness, ...]:
    return tuple(
        Readiness(access, setting.state, setting.value, setting.reason)
        for access, name in SETTING_OF.items()
        if snapshot and (setting := snapshot.setting(name))
    )


def _gaps(connection: Connection, host_id: int, asked: Asked) -> tuple[GapLine, ...]:
    gap = schema.gap
    query = (
        select(gap.c.cause, gap.c.origin, gap.c.from_ns, gap.c.to_ns, gap.c.lost, gap.c.detail)
        .where(gap.c.host_id == host_id, gaps_in_span(asked))
        .order_by(gap.c.from_ns.desc(), gap.c.epoch.desc(), gap.c.gap_id.desc())
        .limit(LATEST)
    )
    return tuple(GapLine(**row) for row in connection.execute(query).mappings())
