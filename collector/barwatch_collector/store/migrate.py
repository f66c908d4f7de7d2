"""Brings a database to the schema of this version, and refuses one that is newer."""

from pathlib import Path

from alembic import command
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import Connection, Engine, inspect, text

from barwatch_collector.errors import StoreError, StoreUnavailable
from barwatch_collector.store.database import WRITES, shown, translated
from barwatch_collector.store.schema import metadata
from barwatch_proto.version import __version__

FOLDER = Path(__file__).with_name("migrations")
LOCK = 0x6261727761746368  # "barwatch": two collectors that start at once migrate one after the other


def migrate(engine: Engine) -> None:
    """Applies what is missing, in one transaction.

    Raises:
        StoreError: not a database, not ours, not writable, or of a newer version.
    """
    where = shown(engine.url)
    try:
        with translated(f"the database {where} cannot be used"), _writing(engine) as connection, connection.begin():
            _lock(connection)
            _check(connection, where)
            command.upgrade(_config(connection), "head")
    except StoreUnavailable as exc:
        raise StoreError(str(exc)) from exc.__cause__


def newest() -> str:
    """The schema revision of this version."""
    return str(ScriptDirectory(str(FOLDER)).get_current_head())


def _writing(engine: Engine) -> Connection:
    return engine.connect().execution_options(**{WRITES: True})


def _lock(connection: Connection) -> None:
    if connection.dialect.name == "postgresql":
        connection.execute(text("SELECT pg_advisory_xact_lock(:lock)"), {"lock": LOCK})


def _check(connection: Connection, where: str) -> None:
    heads = MigrationContext.configure(connection).get_current_heads()
    known = {script.revision for script in ScriptDirectory(str(FOLDER)).walk_revisions()}
    if unknown := set(heads) - known:
        msg = (
            f"the database {where} has schema {', '.join(sorted(unknown))}, and barwatch {__version__} knows schemas up"
            f" to {newest()}: a newer barwatch wrote it; run that version, or name another database"
        )
        raise StoreError(msg)
    if not heads and (foreign := sorted(set(inspect(connection).get_table_names()) & set(metadata.tables))):
        msg = f"the database {where} holds tables {', '.join(foreign)} that are not barwatch's; name another database"
        raise StoreError(msg)


def _config(connection: Connection) -> Config:
    config = Config()
    config.set_main_option("script_location", str(FOLDER).replace("%", "%%"))
    config.attributes["connection"] = connection
    return config
