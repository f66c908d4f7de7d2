"""Connections to SQLite and PostgreSQL, and what their errors mean to us."""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from sqlalchemy import URL, Connection, Engine, create_engine, event, make_url
from sqlalchemy.exc import ArgumentError, DataError, DBAPIError, IntegrityError
from sqlalchemy.exc import TimeoutError as PoolTimeout

from barwatch_collector.errors import StoreError, StoreRefused, StoreUnavailable

WRITES = "barwatch_writes"  # execution option: the transaction takes the write lock when it begins
POSTGRESQL_DRIVER = "postgresql+psycopg"
PRAGMAS = (
    "PRAGMA journal_mode=WAL",  # readers do not wait for the writer
    "PRAGMA synchronous=FULL",  # an acknowledgement means synced
    "PRAGMA foreign_keys=ON",
    "PRAGMA busy_timeout=10000",  # milliseconds
    "PRAGMA cache_size=-65536",  # KiB when negative
    "PRAGMA wal_autocheckpoint=8192",  # pages: a page that many commits change is written back once
    "PRAGMA journal_size_limit=67108864",  # bytes that the WAL keeps after a checkpoint
)


def parse_url(text: str) -> URL:
    """The database that a URL names.

    Raises:
        StoreError: neither ``sqlite:///PATH`` nor ``postgresql://...``.
    """
    try:
        url = make_url(text)
    except ArgumentError as exc:
        msg = "the database URL cannot be parsed; give sqlite:///PATH or postgresql://USER@HOST/DATABASE"
        raise StoreError(msg) from exc
    if url.drivername == "sqlite" and url.database and url.database != ":memory:":
        return url
    if url.drivername in {"postgresql", POSTGRESQL_DRIVER}:
        return url.set(drivername=POSTGRESQL_DRIVER)
    msg = f"the database {shown(url)} is of no kind we know; give sqlite:///PATH or postgresql://USER@HOST/DATABASE"
    raise StoreError(msg)


def shown(url: URL) -> str:
    """The URL for messages: without the password."""
    return url.render_as_string(hide_password=True)


def connect(url: URL) -> Engine:
    """An engine whose connections keep what an acknowledgement promises; nothing is opened yet.

    Raises:
        StoreError: the folder of an SQLite file cannot be made.
    """
    if url.drivername == POSTGRESQL_DRIVER:
        return create_engine(url, pool_pre_ping=True, connect_args={"connect_timeout": 10})
    _make_folder(Path(url.database or ""))
    engine = create_engine(url, pool_timeout=10)
    event.listen(engine, "connect", _prepare_sqlite)
    event.listen(engine, "begin", _begin_sqlite)
    return engine


@contextmanager
def translated(doing: str) -> Iterator[None]:
    """Errors of the database as ours: about the values, or about the moment.

    Raises:
        StoreRefused: it does not take these values.
        StoreUnavailable: anything else; the same may work later.
    """
    try:
        yield
    except (DataError, IntegrityError, OverflowError) as exc:
        msg = f"{doing}: {_first_line(exc)}"
        raise StoreRefused(msg) from exc
    except (DBAPIError, PoolTimeout) as exc:
        msg = f"{doing}: {_first_line(exc)}"
        raise StoreUnavailable(msg) from exc


@contextmanager
def writing(engine: Engine, doing: str) -> Iterator[Connection]:
    """A connection in a transaction that writes: committed at the end, rolled back by an error.

    Raises:
        StoreError: as ``translated`` says.
    """
    with translated(doing), engine.connect() as plain:
        connection = plain.execution_options(**{WRITES: True})
        with connection.begin():
            yield connection


def _first_line(exc: Exception) -> str:
    cause = exc.orig if isinstance(exc, DBAPIError) else exc
    return (str(cause) or type(cause).__name__).splitlines()[0]


def _make_folder(file: Path) -> None:
    try:
        file.parent.mkdir(parents=True, exist_ok=True)
    except OSError as exc:
        msg = f"the folder {file.parent} of the database cannot be made: {exc.strerror}; name another state folder"
        raise StoreError(msg) from exc


def _prepare_sqlite(connection: Any, _record: object) -> None:  # noqa: ANN401 the driver's own connection
    connection.isolation_level = None  # the driver begins no transactions of its own; _begin_sqlite does
    for pragma in PRAGMAS:
        connection.execute(pragma)


def _begin_sqlite(connection: Connection) -> None:
    """BEGIN; with the write lock at once where we are going to write.

    A transaction that reads first and writes later fails when another one wrote in between.
    """
    writes = connection.get_execution_options().get(WRITES, False)
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")
