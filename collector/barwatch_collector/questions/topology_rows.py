"""One row per topology and access: hosts, failing hosts, cells, reads, and why nobody tried."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, RowMapping, and_, func, select
from sqlalchemy.sql.selectable import FromClause

from barwatch_collector.questions.asked import Asked
from barwatch_collector.questions.counting import (
    by_cell,
    by_host,
    counted,
    counts_of,
    failures_in,
    holds,
    how_many,
    of_held,
    total,
)
from barwatch_collector.questions.lasting import open_failures
from barwatch_collector.questions.readiness import why_not
from barwatch_collector.questions.statistics import Interval, wilson
from barwatch_collector.questions.verdicts import MainFailure, main_failures
from barwatch_collector.store import schema
from barwatch_proto.telemetry import Counts
from barwatch_proto.words import Access, State

Key = tuple[str, str]  # fingerprint and access


@dataclass(frozen=True, slots=True)
class TopologyByAccess:
    """How one topology answers to one way in."""

    topology: str  # fingerprint
    route: str  # for people
    access: Access
    hosts: int  # that have it and should read it this way
    attempting_hosts: int  # that touched a register at least once
    failing_hosts: int  # with at least one failing cell
    rate: float | None  # failing of attempting hosts; None: no host attempted
    interval: Interval | None  # Wilson, 95 %; None: no host attempted
    cells: int  # (host, function) pairs that were attempted
    failing_cells: int
    attempts: int  # reads that touched a register
    failures: int  # of those, the ones that did not answer as they should
    reads: Counts  # all reads by outcome; denied, unreachable and skipped ones are no attempts
    worst_register: str | None  # with the most failures; None: none fails
    open_episodes: int  # of failures, lasting
    no_attempts_because: str | None  # None: there were attempts
    main_failure: MainFailure | None  # why it fails; None: no failing episode in the span that has a verdict


def topology_rows(connection: Connection, asked: Asked) -> list[TopologyByAccess]:
    """One row per topology and access, in no order."""
    hosts = by_host(by_cell(asked))
    sums, known_routes = topology_sums(connection, asked), routes(connection)
    has_failures = any(row["failures"] for row in sums)
    worst = _worst_registers(connection, asked) if has_failures else {}
    failures = main_failures(connection, asked) if has_failures else {}
    episodes = _open_episodes(connection, asked)
    reasons = _reasons(connection, asked, hosts) if any(not row["attempting_hosts"] for row in sums) else {}
    return [
        _row(
            row,
            known_routes.get(row["topology"], row["topology"]),
            _Besides(worst.get(key), episodes.get(key, 0), reasons.get(key), failures.get(key)),
        )
        for row in sums
        for key in [(row["topology"], row["access"])]
    ]


@dataclass(frozen=True, slots=True)
class _Besides:
    """What other queries say of a row."""

    worst_register: str | None
    open_episodes: int
    reason: str | None
    main_failure: MainFailure | None


def _row(row: RowMapping, route: str, besides: _Besides) -> TopologyByAccess:
    attempting, failing = row["attempting_hosts"], row["failing_hosts"]
    return TopologyByAccess(
        topology=row["topology"],
        route=route,
        access=Access(row["access"]),
        hosts=row["hosts"],
        attempting_hosts=attempting,
        failing_hosts=failing,
        rate=failing / attempting if attempting else None,
        interval=wilson(failing, attempting),
        cells=row["cells"],
        failing_cells=row["failing_cells"],
        attempts=row["attempts"],
        failures=row["failures"],
        reads=counts_of(row),
        worst_register=besides.worst_register,
        open_episodes=besides.open_episodes,
        no_attempts_because=None if attempting else besides.reason or "not read yet",
        main_failure=besides.main_failure,
    )


def topology_sums(connection: Connection, asked: Asked) -> Sequence[RowMapping]:
    """Per topology and access: hosts, attempting and failing ones, cells, failing ones, and the counts of reads."""
    hosts = by_host(by_cell(asked))
    sums = (*schema.COUNTS, "attempts", "failures", "cells", "failing_cells")
    query = select(
        hosts.c.topology,
        hosts.c.access,
        func.count().label("hosts"),
        how_many(hosts.c.attempts > 0).label("attempting_hosts"),
        how_many(hosts.c.failing_cells > 0).label("failing_hosts"),
        *(total(hosts.c[name]).label(name) for name in sums),
    ).group_by(hosts.c.topology, hosts.c.access)
    return connection.execute(query).mappings().all()


def routes(connection: Connection) -> dict[str, str]:
    """Each topology's route for people: all its functions have the same, so one look into the index finds it."""
    names = select(schema.series.c.topology).distinct().subquery()
    route = (
        select(schema.function.c.route)
        .where(schema.function.c.topology == names.c.topology)
        .limit(1)
        .correlate(names)
        .scalar_subquery()
    )
    rows = connection.execute(select(names.c.topology, route.label("route")))
    return {row.topology: row.route for row in rows if row.route is not None}


def _worst_registers(connection: Connection, asked: Asked) -> dict[Key, str]:
    """The register with the most failures; of equals the first by name."""
    rows = counted(asked)
    failures = failures_in(rows)
    query = (
        select(rows.c.topology, rows.c.access, rows.c.register)
        .where(failures > 0)
        .group_by(rows.c.topology, rows.c.access, rows.c.register)
        .order_by(total(failures), rows.c.register.desc())  # the last of a topology stays in the dict
    )
    return {(row.topology, row.access): row.register for row in connection.execute(query)}


def _open_episodes(connection: Connection, asked: Asked) -> dict[Key, int]:
    lasting = open_failures(asked)
    keys = (lasting.c.topology, lasting.c.access)
    rows = connection.execute(select(*keys, func.count().label("episodes")).group_by(*keys))
    return {(row.topology, row.access): row.episodes for row in rows}


def _reasons(connection: Connection, asked: Asked, hosts: FromClause) -> Mapping[Key, str]:
    """Why hosts did not attempt a topology by an access, and how many hosts for each reason."""
    validity, setting = schema.validity, schema.setting
    grounds = (setting.c.state, hosts.c.denied > 0, hosts.c.unreachable > 0, hosts.c.skipped > 0)
    query = (
        select(hosts.c.topology, hosts.c.access, func.count(), *grounds)
        .select_from(hosts)
        .outerjoin(validity, holds(asked, hosts.c.host_id))
        .outerjoin(setting, and_(of_held(setting), setting.c.name == hosts.c.access + "_access"))
        .where(hosts.c.attempts == 0)
        .group_by(hosts.c.topology, hosts.c.access, *grounds)
    )
    found: dict[Key, dict[str, int]] = defaultdict(lambda: defaultdict(int))
    for topology, access, count, state, denied, unreachable, skipped in connection.execute(query):
        why = why_not(Access(access), State(state) if state else None, denied, unreachable, skipped)
        found[topology, access][why] += count
    return {key: _in_words(reasons) for key, reasons in found.items()}


def _in_words(reasons: Mapping[str, int]) -> str:
    """``not installed``, or ``denied on 2 hosts, not installed on 1 host`` where hosts differ."""
    if len(reasons) == 1:
        return next(iter(reasons))
    ordered = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
    return ", ".join(f"{why} on {count} host{'s' if count > 1 else ''}" for why, count in ordered)
