"""The fleet as Prometheus metrics, made from the store's aggregates when somebody asks; what is unknown is left out.

A zero is known: what can rise is there from the beginning, so that Prometheus sees the first rise.
"""

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from threading import Lock
from typing import Any

from prometheus_client import CollectorRegistry
from prometheus_client.core import CounterMetricFamily, GaugeMetricFamily, Metric
from prometheus_client.registry import Collector
from sqlalchemy import Connection, Engine, RowMapping, func, or_, select, text
from sqlalchemy.exc import SQLAlchemyError

from barwatch_collector.questions.asked import SECOND_NS, Asked
from barwatch_collector.questions.lasting import ON_SERIES
from barwatch_collector.questions.topology_rows import routes, topology_sums
from barwatch_collector.questions.verdicts import ON_VERDICT
from barwatch_collector.store import schema
from barwatch_collector.store.schema import HOUR_NS
from barwatch_proto.telemetry import GAP_CAUSES
from barwatch_proto.triage import VERSION, FailureClass
from barwatch_proto.version import __version__
from barwatch_proto.words import Access, Outcome

FRESH_NS = 10 * SECOND_NS  # how long an answer serves every scraper
FAILING_WINDOW_NS = 24 * HOUR_NS  # what failed before and is well again does not fail
OF_TOPOLOGY = ("topology", "access")


@dataclass(slots=True, eq=False)
class StoreMetrics(Collector):
    """Metrics of the whole fleet. Several scrapers at once cost one look at the store."""

    engine: Engine
    now_ns: Callable[[], int]
    connected: Callable[[], Collection[str]]
    version: str = __version__
    _lock: Lock = field(default_factory=Lock)
    _made_at_ns: int | None = None  # None: never
    _made: Sequence[Metric] = ()

    def describe(self) -> Iterable[Metric]:
        """Nothing: a registry must not ask the store when it is put together."""
        return ()

    def collect(self) -> Iterable[Metric]:
        """All metrics, at most FRESH_NS old. A store that does not answer says so in one of them."""
        with self._lock:
            now_ns = self.now_ns()
            if self._made_at_ns is None or not 0 <= now_ns - self._made_at_ns < FRESH_NS:
                self._made, self._made_at_ns = tuple(self._make(now_ns)), now_ns
            return self._made

    def _make(self, now_ns: int) -> Iterator[Metric]:
        yield _gauge("barwatch_collector_build_info", "The collector's version.", ("version",), {(self.version,): 1})
        try:
            with self.engine.connect() as connection:
                made = list(_fleet(connection, Asked(now_ns, connected=frozenset(self.connected()))))
        except SQLAlchemyError:
            made = []
        up = "Whether the store answered; if not, nothing is known of the fleet."
        yield _gauge("barwatch_collector_store_up", up, (), {(): int(bool(made))})
        yield from made


def register_store_metrics(
    registry: CollectorRegistry, engine: Engine, now_ns: Callable[[], int], connected: Callable[[], Collection[str]]
) -> StoreMetrics:
    """Adds the fleet's metrics to a registry."""
    metrics = StoreMetrics(engine, now_ns, connected)
    registry.register(metrics)
    return metrics


def _fleet(connection: Connection, asked: Asked) -> Iterator[Metric]:
    yield _hosts(connection, asked)
    yield from _topologies(connection, asked)
    yield _open_episodes(connection)
    yield _open_verdicts(connection)
    yield _waiting_for_verdicts(connection)
    yield _gaps(connection)
    size = _database_bytes(connection)
    if size is not None:
        yield _gauge("barwatch_collector_database_bytes", "Size of the database.", (), {(): size})


def _hosts(connection: Connection, asked: Asked) -> Metric:
    ids = connection.execute(select(schema.host.c.agent_id)).scalars().all()
    connected = sum(agent_id in (asked.connected or ()) for agent_id in ids)
    values = {("connected",): connected, ("silent",): len(ids) - connected}
    return _gauge("barwatch_hosts", "Hosts by whether their agent has a stream.", ("state",), values)


def _topologies(connection: Connection, asked: Asked) -> Iterator[Metric]:
    lately = topology_sums(connection, Asked(asked.now_ns, since_ns=asked.now_ns - FAILING_WINDOW_NS))
    info = dict.fromkeys(routes(connection).items(), 1)
    yield _gauge("barwatch_topology_info", "A topology's route for people.", ("topology", "route"), info)
    tried = {_key(row): row["attempting_hosts"] for row in lately}
    attempted = "Hosts that attempted reads in the last 24 hours."
    yield _gauge("barwatch_topology_hosts", attempted, OF_TOPOLOGY, tried)
    failing = {_key(row): row["failing_hosts"] for row in lately if row["attempting_hosts"]}
    failed = "Of those, hosts with a function that failed: at least 5 % of its attempts, and at least 2."
    yield _gauge("barwatch_topology_failing_hosts", failed, OF_TOPOLOGY, failing)
    yield _reads(topology_sums(connection, asked))


def _key(row: RowMapping) -> tuple[str, str]:
    return (row["topology"], row["access"])


def _reads(rows: Iterable[RowMapping]) -> Metric:
    metric = CounterMetricFamily("barwatch_topology_reads", "Reads by outcome.", labels=(*OF_TOPOLOGY, "outcome"))
    for row in sorted(rows, key=_key):
        for outcome in Outcome:
            metric.add_metric((*_key(row), outcome.value), row[outcome.value])
    return metric


def _open_episodes(connection: Connection) -> Metric:
    labels = (schema.series.c.access, schema.episode.c.outcome)
    query = select(*labels, func.count().label("episodes")).select_from(schema.episode).join(schema.series, ON_SERIES)
    rows = connection.execute(query.where(schema.episode.c.closed_at_ns.is_(None)).group_by(*labels))
    values = {(access.value, outcome.value): 0 for access in Access for outcome in Outcome if outcome is not Outcome.OK}
    values |= {(row.access, row.outcome): row.episodes for row in rows}
    return _gauge(
        "barwatch_episodes_open", "Runs of reads that are not ok, and that last.", ("access", "outcome"), values
    )


def _open_verdicts(connection: Connection) -> Metric:
    """Classes that only a newer version knows are left out: a label has the values that are agreed."""
    labels = (schema.series.c.access, schema.verdict.c.failure)
    query = select(*labels, func.count().label("episodes")).select_from(schema.episode).join(schema.series, ON_SERIES)
    query = query.join(schema.verdict, ON_VERDICT).where(schema.episode.c.closed_at_ns.is_(None))
    values = {(access.value, failure.value): 0 for access in Access for failure in FailureClass}
    values |= {
        (row.access, row.failure): row.episodes
        for row in connection.execute(query.group_by(*labels))
        if (row.access, row.failure) in values
    }
    what = "Runs of reads that are not ok, and that last, by what their verdict says."
    return _gauge("barwatch_episodes_open_by_failure", what, ("access", "failure"), values)


def _waiting_for_verdicts(connection: Connection) -> Metric:
    version = schema.verdict.c.table_version
    query = select(func.count()).select_from(schema.verdict).where(or_(version.is_(None), version < VERSION))
    what = "Episodes without a verdict of this version's decision table."
    return _gauge("barwatch_collector_verdicts_waiting", what, (), {(): connection.execute(query).scalar_one()})


def _gaps(connection: Connection) -> Metric:
    metric = CounterMetricFamily("barwatch_gaps", "Times of which something is missing, by cause.", labels=("cause",))
    query = select(schema.gap.c.cause, func.count().label("gaps")).group_by(schema.gap.c.cause)
    gaps = dict.fromkeys(GAP_CAUSES, 0) | {row.cause: row.gaps for row in connection.execute(query)}
    for cause, count in sorted(gaps.items()):
        metric.add_metric((cause,), count)
    return metric


def _database_bytes(connection: Connection) -> int | None:
    """None where the database does not tell."""
    query = {
        "sqlite": "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size",
        "postgresql": "SELECT pg_database_size(current_database())",
    }.get(connection.dialect.name)
    return None if query is None else connection.execute(text(query)).scalar()


def _gauge(name: str, words: str, labels: Sequence[str], values: Mapping[Any, int]) -> Metric:
    metric = GaugeMetricFamily(name, words, labels=labels)
    for key, value in sorted(values.items()):
        metric.add_metric(key, value)
    return metric
