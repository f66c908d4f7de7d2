"""The hosts of the fleet: who they are, when they were heard last, and how many of their cells fail."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any

from sqlalchemy import Connection, Select, func, select

from barwatch_collector.questions.asked import Asked, Span, span_of
from barwatch_collector.questions.counting import by_cell, cell_sums, holds, of_held
from barwatch_collector.questions.lasting import open_failures
from barwatch_collector.store import schema

NOTHING: Mapping[str, Any] = MappingProxyType({})
SAME = (  # of HostLine and of the tables
    "hostname",
    "agent_id",
    "system",
    "machine_vendor",
    "machine_model",
    "agent_version",
    "first_seen_ns",
    "last_seen_ns",
)


@dataclass(frozen=True, slots=True)
class HostLine:
    """One host in one line."""

    hostname: str
    agent_id: str
    system: str
    machine_vendor: str | None
    machine_model: str | None
    agent_version: str
    first_seen_ns: int
    last_seen_ns: int
    is_connected: bool | None  # None: cannot be told, for example of the past
    snapshot_from_ns: int | None  # since when its snapshot holds; None: no snapshot yet
    functions: int
    cells: int  # that were attempted
    failing_cells: int
    open_episodes: int  # of failures, lasting


@dataclass(frozen=True, slots=True)
class Hosts:
    """The answer: hosts, failing ones first."""

    span: Span
    hosts: int  # before the limit
    connected: int | None  # None: cannot be told
    failing: int
    rows: tuple[HostLine, ...]


def hosts(connection: Connection, asked: Asked, limit: int = 1000) -> Hosts:
    """All hosts, those with failing cells first, then by name."""
    lines = sorted(_lines(connection, asked), key=_urgency)
    is_known = asked.connected is not None and asked.as_of_ns is None
    return Hosts(
        span=span_of(asked),
        hosts=len(lines),
        connected=sum(line.is_connected or False for line in lines) if is_known else None,
        failing=sum(line.failing_cells > 0 for line in lines),
        rows=tuple(lines[:limit]),
    )


def known_hosts(connection: Connection, asked: Asked) -> int:
    """How many hosts the collector knew at the end of the span."""
    query = select(func.count()).select_from(schema.host).where(schema.host.c.first_seen_ns <= asked.until_ns)
    return connection.execute(query).scalar_one()


def _urgency(line: HostLine) -> tuple[int, int, str, str]:
    return (-line.failing_cells, -line.open_episodes, line.hostname, line.agent_id)


def _lines(connection: Connection, asked: Asked) -> Iterator[HostLine]:
    cells, episodes, functions = (_by_host(connection, query(asked)) for query in (_cells, _episodes, _functions))
    for row in connection.execute(_who(asked)).mappings():
        counts = cells.get(row["id"], NOTHING)
        yield HostLine(
            **{name: row[name] for name in SAME},
            is_connected=asked.is_connected(row["agent_id"]),
            snapshot_from_ns=row["from_ns"],
            functions=functions.get(row["id"], NOTHING).get("functions", 0),
            cells=counts.get("cells", 0),
            failing_cells=counts.get("failing_cells", 0),
            open_episodes=episodes.get(row["id"], NOTHING).get("episodes", 0),
        )


def _by_host(connection: Connection, query: Select[Any]) -> Mapping[int, Mapping[str, Any]]:
    return {row["host_id"]: dict(row) for row in connection.execute(query).mappings()}


def _who(asked: Asked) -> Select[Any]:
    host, validity, snapshot = schema.host, schema.validity, schema.snapshot
    return (
        select(host, validity.c.from_ns, snapshot.c.machine_vendor, snapshot.c.machine_model)
        .select_from(host)
        .outerjoin(validity, holds(asked, host.c.id))
        .outerjoin(snapshot, of_held(snapshot))
        .where(host.c.first_seen_ns <= asked.until_ns)
    )


def _functions(asked: Asked) -> Select[Any]:
    host, validity, function = schema.host, schema.validity, schema.function
    query = select(function.c.host_id, func.count().label("functions")).select_from(host)
    return query.join(validity, holds(asked, host.c.id)).join(function, of_held(function)).group_by(function.c.host_id)


def _cells(asked: Asked) -> Select[Any]:
    cells = by_cell(asked)
    return select(cells.c.host_id, *cell_sums(cells)).group_by(cells.c.host_id)


def _episodes(asked: Asked) -> Select[Any]:
    lasting = open_failures(asked)
    return select(lasting.c.host_id, func.count().label("episodes")).group_by(lasting.c.host_id)
