"""The snapshot of one host that holds at a time, decoded; and the history of its snapshots."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sqlalchemy import Connection, and_, select

from barwatch_collector.questions.asked import Asked
from barwatch_collector.store import schema
from barwatch_proto.codec import WireError, decode
from barwatch_proto.snapshot import Snapshot


@dataclass(frozen=True, slots=True)
class Held:
    """The snapshot that holds, and since when."""

    snapshot_id: str
    from_ns: int
    snapshot: Snapshot | None  # None: it cannot be decoded ...
    problem: str | None = None  # ... and why


@dataclass(frozen=True, slots=True)
class SnapshotTime:
    """From when on a snapshot held."""

    snapshot_id: str
    from_ns: int
    until_ns: int | None  # None: it still holds


def held_snapshot(connection: Connection, host_id: int, asked: Asked) -> Held | None:
    """What holds at the end of the span; None when the host had not sent a snapshot by then."""
    snapshot, validity = schema.snapshot, schema.validity
    on = and_(snapshot.c.host_id == validity.c.host_id, snapshot.c.snapshot_id == validity.c.snapshot_id)
    until = [] if asked.as_of_ns is None else [validity.c.from_ns <= asked.as_of_ns]
    query = (
        select(validity.c.from_ns, snapshot.c.snapshot_id, snapshot.c.document)
        .select_from(validity)
        .join(snapshot, on)
        .where(validity.c.host_id == host_id, *until)
        .order_by(validity.c.from_ns.desc())
        .limit(1)
    )
    row = connection.execute(query).one_or_none()
    if row is None:
        return None
    try:
        return Held(row.snapshot_id, row.from_ns, decode(Snapshot, row.document))
    except WireError as exc:
        return Held(row.snapshot_id, row.from_ns, None, f"snapshot {row.snapshot_id} cannot be decoded: {exc}")


def snapshots(connection: Connection, wanted: Sequence[tuple[int, str]]) -> Iterator[tuple[int, str, Snapshot | None]]:
    """Host, id and content of each snapshot that is wanted, as far as it is there; None: it cannot be decoded."""
    table, asked = schema.snapshot, set(wanted)
    query = select(table.c.host_id, table.c.snapshot_id, table.c.document).where(
        table.c.host_id.in_({host for host, _ in asked}), table.c.snapshot_id.in_({name for _, name in asked})
    )
    for row in connection.execute(query):
        if (row.host_id, row.snapshot_id) in asked:
            yield row.host_id, row.snapshot_id, _decoded(row.document)


def _decoded(document: bytes) -> Snapshot | None:
    try:
        return decode(Snapshot, document)
    except WireError:
        return None


def snapshot_history(connection: Connection, host_id: int, asked: Asked, limit: int = 20) -> tuple[SnapshotTime, ...]:
    """Which snapshots held when, the latest first."""
    validity = schema.validity
    until = [] if asked.as_of_ns is None else [validity.c.from_ns <= asked.as_of_ns]
    query = (
        select(validity.c.snapshot_id, validity.c.from_ns)
        .where(validity.c.host_id == host_id, *until)
        .order_by(validity.c.from_ns.desc())
        .limit(limit)
    )
    rows = connection.execute(query).all()
    ends = [None, *(row.from_ns for row in rows)]
    return tuple(SnapshotTime(row.snapshot_id, row.from_ns, end) for row, end in zip(rows, ends, strict=False))
