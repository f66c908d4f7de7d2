"""SqlStore: the collector's memory, in one SQL for both databases."""

from collections.abc import Sequence
from typing import Self

from sqlalchemy import Connection, Engine, func, select

from barwatch_collector.arrivals import Arrival, Lane, Opened, Opening, Settled
from barwatch_collector.store.counters import CounterWriter
from barwatch_collector.store.database import connect, parse_url, writing
from barwatch_collector.store.group import MAX_LANES, Memory, Writers, begin_group
from barwatch_collector.store.migrate import migrate
from barwatch_collector.store.schema import epoch
from barwatch_collector.store.statements import ended_epochs, opened_host, statements
from barwatch_proto.telemetry import Hello


def open_store(url: str) -> "SqlStore":
    """The store at a URL, with the schema of this version.

    Args:
        url: ``sqlite:///PATH`` or ``postgresql://USER@HOST/DATABASE``.

    Raises:
        StoreError: it cannot be used; the text says why and what to do.
    """
    engine = connect(parse_url(url))
    try:
        migrate(engine)
    except BaseException:
        engine.dispose()
        raise
    return SqlStore(engine)


class SqlStore:
    """Writes what agents send. Only one thread may write; any number may read from ``engine``."""

    def __init__(self, engine: Engine, max_lanes: int = MAX_LANES) -> None:
        self.engine = engine
        self._writers = Writers(statements(engine.dialect.name), CounterWriter(engine.dialect))
        self._opened_host = opened_host(engine.dialect.name)
        self._ended_epochs = ended_epochs(engine.dialect.name)
        self._memory = Memory(max_lanes=max_lanes)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Gives the connections back."""
        self.engine.dispose()

    def open(self, openings: Sequence[Opening]) -> list[Opened]:
        """Enters hosts and epochs; says how far each got.

        Raises:
            StoreUnavailable: nothing was stored; later perhaps.
            StoreRefused: nothing was stored; one of them cannot be.
        """
        with writing(self.engine, "hosts cannot be entered") as connection:
            return [self._open(connection, opening) for opening in openings]

    def commit(self, arrivals: Sequence[Arrival]) -> list[Settled]:
        """Stores batches in one transaction; when this returns, they are on disk.

        Raises:
            StoreUnavailable: nothing was stored; later perhaps.
            StoreRefused: nothing was stored; one of them cannot be.
        """
        self._memory.make_room()
        try:
            with writing(self.engine, "batches cannot be stored") as connection:
                group = begin_group(connection, self._memory, arrivals)
                settled = [group.add(arrival) for arrival in arrivals]
                group.write(self._writers)
        except BaseException:
            self._memory.forget()
            raise
        return settled

    def _open(self, connection: Connection, opening: Opening) -> Opened:
        hello, now_ns = opening.hello, opening.received_at_ns
        # The host's row is locked from here on, so two collectors cannot give one number to two epochs.
        host_id = connection.execute(self._opened_host, _host(opening)).scalar_one()
        mine = (epoch.c.host_id == host_id, epoch.c.uuid == hello.epoch)
        found = connection.execute(select(epoch.c.number, epoch.c.sequence).where(*mine)).one_or_none()
        if found:
            lane = Lane(host_id, found.number)
            self._memory.counted_until.forget_lane(lane)  # it may come from another collector
            return Opened(lane, found.sequence)
        last = connection.scalar(select(func.max(epoch.c.number)).where(epoch.c.host_id == host_id))
        lane = Lane(host_id, (last or 0) + 1)
        row = {"host_id": host_id, "number": lane.epoch, "uuid": hello.epoch, "sequence": 0, "first_seen_ns": now_ns}
        connection.execute(epoch.insert(), row)
        connection.execute(self._ended_epochs, {"host": host_id, "new_epoch": lane.epoch, "now_ns": now_ns})
        return Opened(lane, 0)


def _host(opening: Opening) -> dict[str, object]:
    hello: Hello = opening.hello
    return {
        "agent_id": hello.agent_id,
        "hostname": hello.hostname,
        "system": hello.system,
        "agent_version": hello.agent_version,
        "hardware_uuid": hello.hardware_uuid,
        "first_seen_ns": opening.received_at_ns,
        "last_seen_ns": opening.received_at_ns,
        "clock_skew_ns": opening.received_at_ns - hello.sent_at_ns,
    }
