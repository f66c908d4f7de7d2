"""A group of batches on its way into one transaction: what is a duplicate, what has to be refused, what is written."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from sqlalchemy import Connection, Executable, select, tuple_

from barwatch_collector.arrivals import Arrival, Lane, Result, Settled
from barwatch_collector.store.clocks import CountedUntil, believed
from barwatch_collector.store.counters import CounterRow, CounterWriter, counter_rows
from barwatch_collector.store.known import KnownSeries
from barwatch_collector.store.rows import Rows, add_batch, no_rows, sequence_hole
from barwatch_collector.store.schema import epoch, host, snapshot
from barwatch_proto.telemetry import Batch

MAX_LANES = 100_000  # remembered at once; beyond it all are forgotten and read again
EXPLAIN_A_HOLE = {"spool_full", "spool_corrupt", "refused"}  # causes of gaps after which batch numbers may be missing
COMMITTED = Settled(Result.COMMITTED)
DUPLICATE = Settled(Result.DUPLICATE)
NO_LANE = Settled(Result.DEFERRED, "the database does not know this agent any more; connect again")


@dataclass(frozen=True, slots=True)
class Writers:
    """What writes, for one dialect."""

    statements: Mapping[str, Executable]
    counters: CounterWriter


@dataclass(frozen=True, slots=True)
class Memory:
    """What the one writer remembers of the database from group to group."""

    series: KnownSeries = field(default_factory=KnownSeries)
    counted_until: CountedUntil = field(default_factory=CountedUntil)
    max_lanes: int = MAX_LANES

    def make_room(self) -> None:
        """Forgets when it is full; only between groups, the database cannot tell what an unfinished one learned."""
        if max(len(self.series), len(self.counted_until)) >= self.max_lanes:
            self.forget()

    def forget(self) -> None:
        """All is read from the database again; a group that was rolled back has taught what is not there."""
        self.series.forget()
        self.counted_until.forget()


@dataclass(slots=True)
class _Progress:
    sequence: int  # last committed, this group included
    seen_ns: int  # when the agent was last heard of


@dataclass(slots=True)
class Group:
    """Collects the rows of many batches, and writes them at the end."""

    connection: Connection
    memory: Memory
    progress: dict[Lane, _Progress]
    rows: Rows = field(default_factory=no_rows)
    counters: list[CounterRow] = field(default_factory=list)
    snapshots: set[tuple[int, str]] = field(default_factory=set)  # host and snapshot, to be written

    def add(self, arrival: Arrival) -> Settled:
        """What becomes of a batch; its rows are kept for ``write`` if it is taken."""
        lane, batch = arrival.lane, arrival.batch
        progress = self.progress.get(lane)
        if progress is None:
            return NO_LANE
        if batch.sequence <= progress.sequence:
            return DUPLICATE
        if reason := self._objection(lane, batch):
            # What it builds on was lost on its way here, and the agent does not send it twice within an epoch.
            return Settled(Result.REFUSED, reason, begins_epoch=True)
        self._add_hole(arrival, progress)
        self._add(arrival)
        progress.sequence, progress.seen_ns = batch.sequence, arrival.received_at_ns
        return COMMITTED

    def write(self, writers: Writers) -> None:
        """Writes all rows, table by table."""
        for lane, progress in self.progress.items():
            self.rows["progress"].append(
                {"host": lane.host_id, "lane_epoch": lane.epoch, "committed": progress.sequence}
            )
            self.rows["seen"].append({"host": lane.host_id, "at": progress.seen_ns})
        for name, statement in writers.statements.items():
            if self.rows[name]:
                self.connection.execute(statement, self.rows[name])
        writers.counters.write(self.connection, self.counters)

    def _add(self, arrival: Arrival) -> None:
        lane, batch = arrival.lane, arrival.batch
        add_batch(self.rows, arrival)
        self._add_counters(arrival)
        self.memory.series.learn(self.connection, lane, batch)
        self.snapshots |= {(lane.host_id, item.id) for item in batch.snapshots}

    def _add_counters(self, arrival: Arrival) -> None:
        lane, batch = arrival.lane, arrival.batch
        if not batch.counters or batch.counted_until_ns is None:
            return
        at_ns = believed(batch.counted_until_ns, arrival.received_at_ns)
        until_ns = self.memory.counted_until.advance(self.connection, lane, at_ns)
        self.counters += counter_rows(lane, batch.counters, until_ns)

    def _add_hole(self, arrival: Arrival, progress: _Progress) -> None:
        batch, first = arrival.batch, progress.sequence + 1
        if batch.sequence > first and not any(gap.cause in EXPLAIN_A_HOLE for gap in batch.gaps):
            times = progress.seen_ns, arrival.received_at_ns
            self.rows["gap"].append(sequence_hole(arrival.lane, first, batch.sequence - 1, times))

    def _objection(self, lane: Lane, batch: Batch) -> str | None:
        unknown = self.memory.series.first_unknown(self.connection, lane, batch)
        if unknown is not None:
            return f"series {unknown} was never defined in this epoch; begin a new epoch"
        if missing := self._missing_snapshots(lane.host_id, batch):
            return f"snapshot {min(missing)} of a series never came; send it with the series"
        return None

    def _missing_snapshots(self, host_id: int, batch: Batch) -> set[str]:
        used = {item.snapshot_id for item in batch.series} - {item.id for item in batch.snapshots}
        used -= {snapshot_id for host, snapshot_id in self.snapshots if host == host_id}
        if not used:
            return set()
        query = select(snapshot.c.snapshot_id).where(
            snapshot.c.host_id == host_id, snapshot.c.snapshot_id.in_(sorted(used))
        )
        return used - set(self.connection.scalars(query))


def begin_group(connection: Connection, memory: Memory, arrivals: Sequence[Arrival]) -> Group:
    """An empty group for these batches; their epochs are locked against other collectors."""
    lanes = sorted({(arrival.lane.host_id, arrival.lane.epoch) for arrival in arrivals})
    query = (
        select(epoch.c.host_id, epoch.c.number, epoch.c.sequence, host.c.last_seen_ns)
        .join(host, host.c.id == epoch.c.host_id)
        .where(tuple_(epoch.c.host_id, epoch.c.number).in_(lanes))
        .order_by(epoch.c.host_id, epoch.c.number)
        .with_for_update(of=epoch)
    )
    found = connection.execute(query)
    return Group(connection, memory, {Lane(row[0], row[1]): _Progress(row[2], row[3]) for row in found})
