"""What is not acknowledged yet, on disk: a bounded queue of batches in SQLite, written before anything is sent.

A batch is stored in parts, one for each kind of content, and a part is an encoded Batch of its own: protobuf joins
parts by joining their bytes, and the least valuable kind can be dropped from a full spool without touching the others.
The state that must survive a restart (counters, open episodes) is written in the same transaction as the batch.
"""

import sqlite3
import threading
import uuid
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass

from barwatch_agent.errors import SpoolError

DROP_ORDER = ("raw", "counters")  # when full; episodes, snapshots, series and gaps are never dropped


@dataclass(frozen=True, slots=True)
class Limits:
    """How much may wait, and how long."""

    max_bytes: int = 256 << 20
    max_age_ns: int = 30 * 86_400 * 1_000_000_000


@dataclass(frozen=True, slots=True)
class Waiting:
    """One batch that waits for its acknowledgement."""

    sequence: int
    payload: bytes  # an encoded Batch without its sequence


@dataclass(frozen=True, slots=True)
class Dropped:
    """What a full spool let go."""

    parts: int
    from_ns: int
    to_ns: int


class Spool:
    """A queue on disk. Every method is one transaction and may be called from any thread."""

    def __init__(self, connection: sqlite3.Connection, limits: Limits) -> None:
        self._connection = connection
        self._limits = limits
        self._lock = threading.Lock()
        self._count()

    @property
    def epoch(self) -> str:
        """UUID of this spool: a new spool counts its batches from 1 again."""
        return self.meta("epoch") or ""

    @property
    def last_sequence(self) -> int:
        """Number of the newest batch; 0: none yet."""
        return int(self.meta("sequence") or 0)

    @property
    def forgotten(self) -> int:
        """Number of the newest batch that was acknowledged; 0: none yet."""
        return int(self.meta("forgotten") or 0)

    @property
    def waiting_bytes(self) -> int:
        """Bytes that wait for their acknowledgement."""
        return self._waiting_bytes

    @property
    def waiting_batches(self) -> int:
        """Batches that wait for their acknowledgement."""
        return self._waiting_batches

    def append(
        self,
        batches: Sequence[Mapping[str, bytes]],
        state: Mapping[str, bytes],
        meta: Mapping[str, str],
        now_ns: int,
        on_dropped: Callable[["Dropped"], tuple[str, bytes]] | None = None,
    ) -> int:
        """Store batches, and the state that belongs to them; the newest sequence.

        Args:
            batches: the parts of each batch by kind.
            state: what a restart needs.
            meta: words to keep.
            now_ns: the time.
            on_dropped: gives the part that tells of what a full spool had to let go; stored in the same transaction.

        Raises:
            SpoolError: the disk is full or broken; nothing was stored, and nothing dropped.
        """
        with self._transaction():
            sequence = int(self._meta("sequence") or 0)
            for parts in batches:
                sequence += 1
                self._put(sequence, parts.items(), now_ns)
            dropped = self._trim(now_ns)
            if dropped is not None and on_dropped is not None:
                sequence += 1
                self._put(sequence, [on_dropped(dropped)], now_ns)
            self._put_meta({**meta, "sequence": str(sequence)})
            self._connection.executemany("insert or replace into state values (?, ?)", state.items())
        return sequence

    def next_after(self, sequence: int) -> Waiting | None:
        """The oldest waiting batch behind that one; None when there is none."""
        query = (
            "select sequence, payload from part where sequence = (select min(sequence) from part where sequence > ?)"
        )
        with self._reading():
            rows = self._connection.execute(query, (sequence,)).fetchall()
        return Waiting(rows[0][0], b"".join(payload for _, payload in rows)) if rows else None

    def payload(self, sequence: int) -> bytes:
        """The batch of that number; empty when it does not wait any more."""
        with self._reading():
            rows = self._connection.execute("select payload from part where sequence = ?", (sequence,)).fetchall()
        return b"".join(row[0] for row in rows)

    def forget(self, up_to: int) -> int:
        """Batches up to that sequence are committed elsewhere: let them go; how many there were."""
        with self._transaction():
            batches = self._delete("sequence <= ?", up_to)
            self._put_meta({"forgotten": str(max(up_to, int(self._meta("forgotten") or 0)))})
        return batches

    def give_up(self, sequence: int) -> None:
        """Let one batch go that nobody will take."""
        with self._transaction():
            self._delete("sequence = ?", sequence)

    def state(self, name: str) -> bytes:
        """State of that name as last stored; empty when there is none."""
        with self._reading():
            row = self._connection.execute("select payload from state where name = ?", (name,)).fetchone()
        return bytes(row[0]) if row else b""

    def meta(self, name: str) -> str | None:
        """A word of that name as last stored."""
        with self._reading():
            return self._meta(name)

    def begin_epoch(self) -> None:
        """Forget everything but the time, and count from 1 again, under a new UUID."""
        with self._transaction():
            flushed_at = self._meta("flushed_at_ns")
            for table in ("part", "state", "meta"):
                self._connection.execute(f"delete from {table}")  # noqa: S608 our own table names
            self._put_meta({"epoch": str(uuid.uuid4()), "ended": "rewound"})
            if flushed_at is not None:
                self._put_meta({"flushed_at_ns": flushed_at})
            self._count()

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

    def _put(self, sequence: int, parts: Iterable[tuple[str, bytes]], now_ns: int) -> None:
        rows = [(sequence, kind, now_ns, payload) for kind, payload in parts]
        self._connection.executemany("insert into part values (?, ?, ?, ?)", rows)
        self._waiting_batches += bool(rows)
        self._waiting_bytes += sum(len(row[3]) for row in rows)

    def _delete(self, where: str, sequence: int) -> int:
        """Batches gone; sums are kept running, since a spool may hold a month."""
        sums = f"select count(distinct sequence), coalesce(sum(length(payload)), 0) from part where {where}"  # noqa: S608 our own words
        batches, size = self._connection.execute(sums, (sequence,)).fetchone()
        self._connection.execute(f"delete from part where {where}", (sequence,))  # noqa: S608 our own words
        self._waiting_batches -= batches
        self._waiting_bytes -= size
        return int(batches)

    def _trim(self, now_ns: int) -> "Dropped | None":
        """Drop what is too much or too old, the least valuable and oldest first; None when nothing had to go.

        A full spool is brought down to nine tenths at once: every loss is told, and the telling takes room too.
        """
        most, oldest_ns = self._limits.max_bytes, now_ns - self._limits.max_age_ns
        is_full = self._waiting_bytes > most
        first = self._connection.execute("select created_ns from part order by sequence limit 1").fetchone()
        if not is_full and (first is None or first[0] >= oldest_ns):
            return None
        target = most * 9 // 10 if is_full else most
        dropped = [created for kind in DROP_ORDER for created in self._drop(kind, oldest_ns, target)]
        if not dropped:
            return None
        self._waiting_batches = self._one("select count(distinct sequence) from part")
        return Dropped(len(dropped), min(dropped), max(dropped))

    def _drop(self, kind: str, oldest_ns: int, target: int) -> list[int]:
        """Creation times of the parts of one kind that had to go."""
        gone: list[int] = []
        query = "select sequence, created_ns, length(payload) from part where kind = ? order by sequence"
        for sequence, created_ns, size in self._connection.execute(query, (kind,)).fetchall():
            if created_ns >= oldest_ns and self._waiting_bytes <= target:
                break
            self._connection.execute("delete from part where sequence = ? and kind = ?", (sequence, kind))
            self._waiting_bytes -= size
            gone.append(created_ns)
        return gone

    def _count(self) -> None:
        self._waiting_bytes = self._one("select coalesce(sum(length(payload)), 0) from part")
        self._waiting_batches = self._one("select count(distinct sequence) from part")

    @contextmanager
    def _reading(self) -> Iterator[None]:
        with self._lock:
            try:
                yield
            except sqlite3.Error as error:
                raise SpoolError(str(error)) from error

    @contextmanager
    def _transaction(self) -> Iterator[None]:
        """All or nothing, for one thread at a time; the sums are right either way."""
        with self._lock:
            try:
                self._connection.execute("begin immediate")
                yield
                self._connection.execute("commit")
            except BaseException as error:
                if self._connection.in_transaction:
                    self._connection.execute("rollback")
                with suppress(sqlite3.Error):
                    self._count()
                if isinstance(error, sqlite3.Error):
                    raise SpoolError(str(error)) from error
                raise

    def _one(self, query: str, *arguments: object) -> int:
        return int(self._connection.execute(query, arguments).fetchone()[0])

    def _meta(self, name: str) -> str | None:
        row = self._connection.execute("select value from meta where name = ?", (name,)).fetchone()
        return str(row[0]) if row else None

    def _put_meta(self, values: Mapping[str, str]) -> None:
        self._connection.executemany("insert or replace into meta values (?, ?)", values.items())
