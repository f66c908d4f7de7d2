"""The file of the spool: made, checked, and moved aside when it is damaged."""

import sqlite3
import uuid
from collections.abc import Callable
from pathlib import Path

from barwatch_agent.errors import SpoolDamaged, SpoolError
from barwatch_agent.roots import why
from barwatch_agent.spool import Limits, Spool

VERSION = 1
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


def open_spool(path: Path, limits: Limits | None = None) -> Spool:
    """The spool in that file, made where there is none.

    Raises:
        SpoolDamaged: not a spool, damaged, or of another version.
        SpoolError: the disk says no.
    """
    try:
        connection = sqlite3.connect(path, isolation_level=None, check_same_thread=False)
    except sqlite3.Error as error:
        msg = f"{path}: {error}"
        raise SpoolError(msg) from error
    try:
        _prepare(connection)
        return Spool(connection, limits or Limits())
    except (sqlite3.Error, SpoolError) as error:
        connection.close()
        msg = f"{path}: {error}"
        raise (SpoolDamaged if _is_damage(error) else SpoolError)(msg) from error


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
        raise SpoolDamaged(msg)
    elif (answer := connection.execute("pragma quick_check(1)").fetchone()[0]) != "ok":
        msg = f"damaged: {answer}"
        raise SpoolDamaged(msg)


def _is_damage(error: Exception) -> bool:
    """Whether the file is at fault, and not the disk or a lack of descriptors, which may pass."""
    damage = (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB)
    return isinstance(error, SpoolDamaged) or getattr(error, "sqlite_errorcode", None) in damage


def _create(connection: sqlite3.Connection) -> None:
    connection.execute("begin immediate")
    for statement in SCHEMA:
        connection.execute(statement)
    connection.execute("insert into meta values ('epoch', ?)", (str(uuid.uuid4()),))
    connection.execute(f"pragma user_version = {VERSION}")
    connection.execute("commit")


def open_or_replace(path: Path, limits: Limits, now_ns: Callable[[], int]) -> tuple[Spool, str | None]:
    """The spool; a damaged one is moved aside, and the reason comes along.

    Raises:
        SpoolError: the disk says no, or not even a new one can be made there.
    """
    try:
        return open_spool(path, limits), None
    except SpoolDamaged as error:
        aside = path.with_name(f"{path.name}.corrupt-{now_ns()}")
        try:
            for suffix in ("", "-wal", "-shm"):
                old = path.with_name(path.name + suffix)
                if old.exists():
                    old.rename(aside.with_name(aside.name + suffix))
        except OSError as failure:
            msg = f"{path}: {why(failure)}"
            raise SpoolError(msg) from failure
        return open_spool(path, limits), f"{error}; moved to {aside.name}"
