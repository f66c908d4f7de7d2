"""Which topologies fail: one row per topology fingerprint and access, failing ones first."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import Connection

from barwatch_collector.questions.asked import Asked, Span, span_of
from barwatch_collector.questions.hosts import known_hosts
from barwatch_collector.questions.readiness import AccessOnHosts, accesses_on_hosts
from barwatch_collector.questions.topology_rows import TopologyByAccess, topology_rows
from barwatch_proto.words import Access

ORDER_OF_ACCESSES = tuple(access.value for access in Access)


@dataclass(frozen=True, slots=True)
class Topologies:
    """The answer: topologies together, the surest failure first."""

    span: Span
    hosts: int  # known to the collector
    topologies: int  # before the limit
    failing_topologies: int  # by at least one access
    rows: tuple[TopologyByAccess, ...]
    accesses: tuple[AccessOnHosts, ...]


def topologies(connection: Connection, asked: Asked, limit: int = 1000) -> Topologies:
    """Which topologies fail by which access, on how many hosts, and how sure that is."""
    rows = in_order(topology_rows(connection, asked))
    names = list(dict.fromkeys(row.topology for row in rows))
    shown = set(names[:limit])
    return Topologies(
        span=span_of(asked),
        hosts=known_hosts(connection, asked),
        topologies=len(names),
        failing_topologies=len({row.topology for row in rows if row.failing_hosts}),
        rows=tuple(row for row in rows if row.topology in shown),
        accesses=accesses_on_hosts(connection, asked),
    )


def in_order(rows: Iterable[TopologyByAccess]) -> list[TopologyByAccess]:
    """Rows of a topology together by access; topologies by how surely they fail, then by how well they are known."""
    together: dict[str, list[TopologyByAccess]] = defaultdict(list)
    for row in rows:
        together[row.topology].append(row)
    groups = sorted(together.values(), key=lambda group: (min(_urgency(row) for row in group), group[0].topology))
    return [row for group in groups for row in sorted(group, key=lambda row: ORDER_OF_ACCESSES.index(row.access.value))]


def _urgency(row: TopologyByAccess) -> tuple[int, float, int]:
    """Small for what should be looked at first: the lower end of the interval, since 1 of 1 host says little."""
    if row.failing_hosts and row.interval:
        return (0, -row.interval.low, -row.failing_hosts)
    return (1 if row.attempting_hosts else 2, 0.0, -row.attempting_hosts)
