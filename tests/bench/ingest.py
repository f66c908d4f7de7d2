"""Durable series updates: bytes of batches through codec and checks into the store, committed and synced.

All of the collector's way in but the network and the queue. SQLite takes turns with bare sqlite3, which updates the
same rows of a copy of the database, from tuples that are ready before the clock runs.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path

from tests.bench.bare_sqlite import BareSqlite, tuples
from tests.bench.fleet import READS, SERIES, Fleet, Shape, counters, new_fleet
from tests.bench.postgresql import Postgresql, why_not
from tests.bench.row import Bar, Peer, Row, Sense, Setup
from tests.bench.stopwatch import Stopwatch

from barwatch_collector.store import open_store
from barwatch_proto import codec

UPDATES_A_CORE = Bar(Sense.AT_LEAST, 200_000)
READS_A_CORE = Bar(Sense.AT_LEAST, 2_000_000)
UPDATES_POSTGRESQL = Bar(Sense.AT_LEAST, 100_000)


def run(setup: Setup) -> Iterator[Row]:
    """Both shapes on both databases."""
    folder = setup.new_folder()
    file = folder / "collector.db"
    with open_store(f"sqlite:///{file}") as store:
        setup.say("ingest: making the fleet")
        fleet = new_fleet(store, _hosts(setup))
        for shape in Shape:
            yield from _sqlite(setup, fleet, shape, file)
    yield from _postgresql(setup)


def _hosts(setup: Setup) -> int:
    return 128 if setup.is_quick else 512


def _rounds(setup: Setup) -> int:
    return 3 if setup.is_quick else 12


@dataclass(frozen=True, slots=True)
class Spent:
    """Time of one shape on SQLite."""

    ours: Stopwatch = field(default_factory=Stopwatch)
    same_rows: Stopwatch = field(default_factory=Stopwatch)  # bare sqlite3, both tables
    one_table: Stopwatch = field(default_factory=Stopwatch)  # bare sqlite3, without the table of hours


def _sqlite(setup: Setup, fleet: Fleet, shape: Shape, file: Path) -> Iterator[Row]:
    spent, rounds = Spent(), _rounds(setup)
    with BareSqlite(file, file.with_name(f"bare-{shape.value}.db")) as bare:
        for number in range(rounds):
            setup.say(f"ingest: SQLite, {shape.value}, round {number + 1} of {rounds}")
            rows = tuples(fleet, counters(shape, fleet.sequence))
            with spent.one_table.running():
                bare.update_series(rows)
            with spent.same_rows.running():
                bare.update(rows)
            _commit(fleet, shape, spent.ours)
    yield from _sqlite_rows(fleet, shape, spent, rounds * len(fleet.lanes) * SERIES)


def _sqlite_rows(fleet: Fleet, shape: Shape, spent: Spent, updates: int) -> Iterator[Row]:
    size = len(codec.encode(counters(shape, fleet.sequence)))
    note = f"{len(fleet.lanes)} hosts of {SERIES} series, {size} bytes a batch"
    what, ours, bare = f"SQLite, {shape.value}:", spent.ours, spent.same_rows
    peer = Peer("bare sqlite3, same rows", updates / bare.cpu_s)
    yield Row(f"{what} updates per CPU second", updates / ours.cpu_s, "/s", peer, UPDATES_A_CORE, note)
    peer = Peer("bare sqlite3, one table of two", updates / spent.one_table.cpu_s)
    yield Row(f"{what} the same", updates / ours.cpu_s, "/s", peer)
    peer = Peer("bare sqlite3, same rows", updates / bare.wall_s)
    yield Row(f"{what} updates per wall second", updates / ours.wall_s, "/s", peer)
    yield Row(f"{what} reads represented per CPU second", READS * updates / ours.cpu_s, "/s", bar=READS_A_CORE)


def _postgresql(setup: Setup) -> Iterator[Row]:
    if reason := why_not():
        yield Row("PostgreSQL: updates", None, "/s", bar=UPDATES_POSTGRESQL, note=f"skipped: {reason}")
        return
    setup.say("ingest: starting a PostgreSQL, making the fleet")
    with Postgresql() as server, open_store(server.url) as store:
        fleet = new_fleet(store, _hosts(setup))
        for shape in Shape:
            yield from _on_server(setup, fleet, shape, server)


def _on_server(setup: Setup, fleet: Fleet, shape: Shape, server: Postgresql) -> Iterator[Row]:
    ours = Stopwatch()
    server_s = server.cpu_s()
    for number in range(_rounds(setup)):
        setup.say(f"ingest: PostgreSQL, {shape.value}, round {number + 1} of {_rounds(setup)}")
        _commit(fleet, shape, ours)
    server_s = server.cpu_s() - server_s
    updates = _rounds(setup) * len(fleet.lanes) * SERIES
    what = f"PostgreSQL, {shape.value}: updates"
    note = f"fsync on; the server took {server_s:.1f} CPU s, the collector {ours.cpu_s:.1f}"
    yield Row(f"{what} per wall second", updates / ours.wall_s, "/s", bar=UPDATES_POSTGRESQL, note=note)
    yield Row(f"{what} per CPU second of the collector", updates / ours.cpu_s, "/s")


def _commit(fleet: Fleet, shape: Shape, stopwatch: Stopwatch) -> None:
    wire = codec.encode(counters(shape, fleet.sequence))
    with stopwatch.running():
        fleet.commit(wire)
