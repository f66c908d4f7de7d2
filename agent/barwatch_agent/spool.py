"""What is not acknowledged yet, on disk: a bounded queue of batches in SQLite, written before anything is sent.

A batch is stored in parts, one for each kind of content, and a part is an encoded Batch of its own: protobuf joins
parts by joining their bytes, and the least valuable kind can be dropped from a full spool without touching the others.
The state that must survive a restart (counters, open episodes) is written in the same transaction as the batch.
"""

import sqlite3
import threading
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from barwatch_agent.errors import SpoolError
from barwatch_agent.roots import why

VERSION = 1
DROP_ORDER = ("raw", "counters")  # when full; episodes, snapshots, series and gaps are never dropped
SCHEMA = (
    "create table meta (name text primary key, value text not null) without rowid",
    "create table state (name text primary key, payload blob not null) without rowid",
    """
    create table part (
        sequence integer not null, kind text not null, created_ns integer not null, payload blob not null,
        primary key (sequence, kind)
    ) without rowid
    """,
)


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
        self._waiting_bytes = self._one("select coalesce(sum(length(payload)), 0) from part")

    @classmethod
    def open(cls, path: Path, limits: Limits = Limits()) -> Self:
        """The spool in that file, made where there is none.

        Raises:
            SpoolError: not a spool, damaged, of another version, or the disk says no.
        """
        try:
            connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
        except sqlite3.Error as error:
            msg = f"{path}: {error}"
            raise SpoolError(msg) from error
        try:
            _prepare(connection)
            return cls(connection, limits)
        except (sqlite3.Error, SpoolError) as error:
            connection.close()
            msg = f"{path}: {error}"
            raise SpoolError(msg) from error

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

    def waiting_batches(self) -> int:
        """Batches that wait for their acknowledgement."""
        with self._lock:
            return self._one("select count(distinct sequence) from part")

    def append(
        self, parts: Mapping[str, bytes], state: Mapping[str, bytes], meta: Mapping[str, str], now_ns: int
    ) -> int:
        """Store one batch and the state that belongs to it; its sequence.

        Raises:
            SpoolError: the disk is full or broken; nothing was stored.
        """
        with self._transaction():
            sequence = int(self._meta("sequence") or 0) + bool(parts)
            self._put_meta({"sequence": str(sequence), **meta})
            self._connection.executemany("insert or replace into state values (?, ?)", state.items())
            rows = [(sequence, kind, now_ns, payload) for kind, payload in parts.items()]
            self._connection.executemany("insert into part values (?, ?, ?, ?)", rows)
        self._waiting_bytes += sum(map(len, parts.values()))
        return sequence

    def next_after(self, sequence: int) -> Waiting | None:
        """The oldest waiting batch behind that one; None when there is none."""
        query = (
            "select sequence, payload from part where sequence = (select min(sequence) from part where sequence > ?)"
        )
        with self._lock:
            rows = self._connection.execute(query, (sequence,)).fetchall()
        return Waiting(rows[0][0], b"".join(payload for _, payload in rows)) if rows else None

    def forget(self, up_to: int) -> int:
        """Batches up to that sequence are committed elsewhere: let them go; how many there were."""
        with self._transaction():
            count = self._one("select count(distinct sequence) from part where sequence <= ?", up_to)
            self._connection.execute("delete from part where sequence <= ?", (up_to,))
            self._put_meta({"forgotten": str(max(up_to, int(self._meta("forgotten") or 0)))})
            self._waiting_bytes = self._one("select coalesce(sum(length(payload)), 0) from part")
        return count

    def give_up(self, sequence: int) -> None:
        """Let one batch go that nobody will take."""
        with self._transaction():
            self._connection.execute("delete from part where sequence = ?", (sequence,))
            self._waiting_bytes = self._one("select coalesce(sum(length(payload)), 0) from part")

    def trim(self, now_ns: int) -> Dropped | None:
        """Drop what is too much or too old, the least valuable and oldest first; None when nothing had to go.

        A full spool is brought down to nine tenths at once: every loss is told, and the telling takes room too.
        """
        dropped: list[int] = []
        most = self._limits.max_bytes
        target = most * 9 // 10 if self._waiting_bytes > most else most
        with self._transaction():
            for kind in DROP_ORDER:
                dropped += self._drop(kind, now_ns - self._limits.max_age_ns, target)
        return Dropped(len(dropped), min(dropped), max(dropped)) if dropped else None

    def state(self, name: str) -> bytes:
        """State of that name as last stored; empty when there is none."""
        with self._lock:
            row = self._connection.execute("select payload from state where name = ?", (name,)).fetchone()
        return bytes(row[0]) if row else b""

    def meta(self, name: str) -> str | None:
        """A word of that name as last stored."""
        with self._lock:
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
            self._waiting_bytes = 0

    def put_meta(self, values: Mapping[str, str]) -> None:
        """Store words."""
        with self._transaction():
            self._put_meta(values)

    def close(self) -> None:
        """Close the file."""
        self._connection.close()

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

    def _transaction(self) -> "_Transaction":
        return _Transaction(self._connection, self._lock)

    def _one(self, query: str, *arguments: object) -> int:
        return int(self._connection.execute(query, arguments).fetchone()[0])

    def _meta(self, name: str) -> str | None:
        row = self._connection.execute("select value from meta where name = ?", (name,)).fetchone()
        return str(row[0]) if row else None

    def _put_meta(self, values: Mapping[str, str]) -> None:
        self._connection.executemany("insert or replace into meta values (?, ?)", values.items())


@dataclass(frozen=True, slots=True)
class _Transaction:
    """All or nothing, for one thread at a time."""

    connection: sqlite3.Connection
    lock: threading.Lock

    def __enter__(self) -> None:
        self.lock.acquire()
        try:
            self.connection.execute("begin immediate")
        except sqlite3.Error as error:
            self.lock.release()
            raise SpoolError(str(error)) from error

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, _trace: object) -> None:
        try:
            self.connection.execute("rollback" if kind else "commit")
        except sqlite3.Error as failure:
            if self.connection.in_transaction:
                self.connection.execute("rollback")
            raise SpoolError(str(failure)) from failure
        finally:
            self.lock.release()
        if isinstance(error, sqlite3.Error):
            raise SpoolError(str(error)) from error


def _prepare(connection: sqlite3.Connection) -> None:
    """Pragmas and schema; refuses what is damaged or of another version."""
    connection.execute("pragma journal_mode = wal")
    connection.execute("pragma synchronous = full")
    connection.execute("pragma journal_size_limit = 1048576")
    version = connection.execute("pragma user_version").fetchone()[0]
    if version == 0:
        _create(connection)
    elif version != VERSION:
        msg = f"made by another version of barwatch (spool version {version}, this one knows {VERSION})"
        raise SpoolError(msg)
    elif (answer := connection.execute("pragma quick_check(1)").fetchone()[0]) != "ok":
        msg = f"damaged: {answer}"
        raise SpoolError(msg)


def _create(connection: sqlite3.Connection) -> None:
    connection.execute("begin immediate")
    for statement in SCHEMA:
        connection.execute(statement)
    connection.execute("insert into meta values ('epoch', ?)", (str(uuid.uuid4()),))
    connection.execute(f"pragma user_version = {VERSION}")
    connection.execute("commit")


def open_or_replace(path: Path, limits: Limits, now_ns: Callable[[], int]) -> tuple[Spool, str | None]:
    """The spool; one that cannot be used is moved aside, and the reason comes along.

    Raises:
        SpoolError: not even a new one can be made there.
    """
    try:
        return Spool.open(path, limits), None
    except SpoolError as error:
        aside = path.with_name(f"{path.name}.corrupt-{now_ns()}")
        try:
            for suffix in ("", "-wal", "-shm"):
                old = path.with_name(path.name + suffix)
                if old.exists():
                    old.rename(aside.with_name(aside.name + suffix))
        except OSError as failure:
            msg = f"{path}: {why(failure)}"
            raise SpoolError(msg) from failure
        return Spool.open(path, limits), f"{error}; moved to {aside.name}"
