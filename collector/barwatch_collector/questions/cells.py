"""The cells of a span: what correlation counts. One host, one function, one access, one configuration.

A cell fails as its worst register does: a dead register does not come back to life because forty others answer.
Why it fails, verdicts say.
"""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, Select, select

from barwatch_collector.questions.asked import Asked
from barwatch_collector.questions.counting import FAILURES, attempts_in, counted, failures_in, holds, total
from barwatch_collector.questions.lasting import ON_SERIES, in_span
from barwatch_collector.questions.verdicts import ON_VERDICT
from barwatch_collector.store import schema
from barwatch_collector.store.verdict_text import known_class
from barwatch_proto.triage import FailureClass
from barwatch_proto.words import Access

PLACE = ("host_id", "snapshot_id", "function_key", "access")
SERIES = ("host_id", "epoch", "series_id")
Place = tuple[int, str, str, str]
Reads = Mapping[FailureClass | None, int]


@dataclass(frozen=True, slots=True)
class Tally:
    """Attempts of one register, and how many of them failed."""

    attempts: int
    failures: int


@dataclass(frozen=True, slots=True)
class Cell:
    """One function of one host, read one way, as the host was configured then."""

    host_id: int
    snapshot_id: str
    function_key: str
    access: Access
    attempts: int
    failures: int
    worst: Mapping[FailureClass | None, Tally]  # of each class, the register that fails most; None: not judged yet


@dataclass(frozen=True, slots=True)
class Cells:
    """All cells that were attempted in a span, and what their hosts are called."""

    cells: Sequence[Cell]
    hostnames: Mapping[int, str]  # of every host with a cell; two hosts of one name are told apart by their ids


def cells(connection: Connection, asked: Asked) -> Cells:
    """All cells in which a register was touched, in the order of their hosts."""
    worst = _worst(connection, asked)
    found = [
        Cell(*place[:3], Access(row.access), row.attempts, row.failures, worst.get(place, {}))
        for row in connection.execute(_sums(asked))
        for place in [_place(row)]
    ]
    return Cells(found, _hostnames(connection, {cell.host_id for cell in found}))


def latest_snapshots(connection: Connection, asked: Asked) -> Mapping[int, str]:
    """Which snapshot each host had at the end of the span."""
    host, validity = schema.host, schema.validity
    query = select(host.c.id, validity.c.snapshot_id).select_from(host).join(validity, holds(asked, host.c.id))
    return {row.id: row.snapshot_id for row in connection.execute(query)}


def _sums(asked: Asked) -> Select[Any]:
    rows = counted(asked)
    keys = [rows.c[name] for name in PLACE]
    attempts, failures = total(attempts_in(rows)), total(failures_in(rows))
    return (
        select(*keys, attempts.label("attempts"), failures.label("failures"))
        .group_by(*keys)
        .having(attempts > 0)
        .order_by(*keys)
    )


def _place(row: Row[Any]) -> Place:
    return row.host_id, row.snapshot_id, row.function_key, row.access


def _worst(connection: Connection, asked: Asked) -> dict[Place, dict[FailureClass | None, Tally]]:
    """By place and class, the register that fails most, among those with failures."""
    judged = _judged(connection, asked)
    rows = counted(asked)
    failures = failures_in(rows)
    query: Select[Any] = select(
        *(rows.c[name] for name in (*PLACE, *SERIES[1:])),
        attempts_in(rows).label("attempts"),
        failures.label("failures"),
    ).where(failures > 0)
    worst: dict[Place, dict[FailureClass | None, Tally]] = {}
    for row in connection.execute(query):
        of_place = worst.setdefault(_place(row), {})
        known = judged.get((row.host_id, row.epoch, row.series_id), {None: 1})
        for failure, tally in _shared_out(Tally(row.attempts, row.failures), known):
            if failure not in of_place or _rate(tally) > _rate(of_place[failure]):
                of_place[failure] = tally
    return worst


def _judged(connection: Connection, asked: Asked) -> dict[tuple[int, int, int], dict[FailureClass | None, int]]:
    """Of each series with failing episodes in the span, how many reads each class takes."""
    episode, verdict = schema.episode, schema.verdict
    keys = [schema.series.c[name] for name in SERIES]
    query = (
        select(*keys, verdict.c.failure, total(episode.c.reads).label("reads"))
        .select_from(episode)
        .join(schema.series, ON_SERIES)
        .outerjoin(verdict, ON_VERDICT)
        .where(in_span(asked), episode.c.outcome.in_(FAILURES))
        .group_by(*keys, verdict.c.failure)
    )
    found: dict[tuple[int, int, int], dict[FailureClass | None, int]] = {}
    for row in connection.execute(query):
        of_series = found.setdefault((row.host_id, row.epoch, row.series_id), {})
        failure = known_class(row.failure)
        of_series[failure] = of_series.get(failure, 0) + row.reads
    return found


def _shared_out(tally: Tally, reads: Reads) -> Iterator[tuple[FailureClass | None, Tally]]:
    """The failures of a register by class, in proportion to its episodes' reads, which may reach out of the span."""
    every = max(sum(reads.values()), 1)
    for failure, count in reads.items():
        yield failure, Tally(tally.attempts, max(1, round(tally.failures * count / every)))


def _rate(tally: Tally) -> tuple[float, int]:
    return tally.failures / max(tally.attempts, 1), tally.failures


def _hostnames(connection: Connection, wanted: set[int]) -> dict[int, str]:
    rows = connection.execute(select(schema.host.c.id, schema.host.c.hostname, schema.host.c.agent_id)).all()
    known = [row for row in rows if row.id in wanted]
    hosts = Counter(row.hostname for row in known)
    return {
        row.id: row.hostname if hosts[row.hostname] == 1 else f"{row.hostname} ({row.agent_id[:8]})" for row in known
    }
