"""The schema arrives by migrations, and a database that is not ours is left alone."""

from pathlib import Path

import pytest
from alembic.autogenerate import compare_metadata
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine, text

from barwatch_collector.errors import StoreError
from barwatch_collector.store import SqlStore, open_store
from barwatch_collector.store.database import parse_url, shown
from barwatch_collector.store.schema import metadata
from barwatch_proto.version import __version__


def test_migrations_come_to_what_the_tables_say(store: SqlStore) -> None:
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})

        assert compare_metadata(context, metadata) == []


def test_a_database_that_is_up_to_date_is_opened_again(database_url: str) -> None:
    open_store(database_url).close()

    open_store(database_url).close()


def test_a_database_of_a_newer_version_is_refused_with_both_versions(database_url: str) -> None:
    with open_store(database_url) as store, store.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(StoreError, match=rf"schema 9999.*barwatch {__version__} knows schemas up to 0001.*run that"):
        open_store(database_url)


def test_a_database_with_somebody_elses_tables_is_refused(database_url: str) -> None:
    engine = create_engine(parse_url(database_url))
    with engine.begin() as connection:
        connection.execute(text("CREATE TABLE host (name VARCHAR(10))"))
    engine.dispose()

    with pytest.raises(StoreError, match="holds tables host that are not barwatch's"):
        open_store(database_url)


def test_a_file_that_is_no_database_is_refused(tmp_path: Path) -> None:
    file = tmp_path / "notes.txt"
    file.write_text("not a database " * 100)

    with pytest.raises(StoreError, match=r"notes.txt cannot be used: file is not a database"):
        open_store(f"sqlite:///{file}")


def test_a_folder_that_cannot_be_made_is_named(tmp_path: Path) -> None:
    (tmp_path / "file").touch()

    with pytest.raises(StoreError, match=r"the folder .*file/state of the database cannot be made: Not a directory"):
        open_store(f"sqlite:///{tmp_path}/file/state/barwatch.db")


def test_a_folder_in_place_of_the_file_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(StoreError, match="unable to open database file"):
        open_store(f"sqlite:///{tmp_path}")


def test_a_postgresql_that_does_not_answer_is_named_without_its_password(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as caught:
        open_store(f"postgresql://lab:secret@/fleet?host={tmp_path}")

    assert "postgresql+psycopg://lab:***@/fleet" in str(caught.value)
    assert "secret" not in str(caught.value)


@pytest.mark.parametrize("url", ["sqlite://", "sqlite:///:memory:", "mysql://host/name", "no url"])
def test_other_databases_are_refused_with_what_would_do(url: str) -> None:
    with pytest.raises(StoreError, match="give sqlite:///PATH or postgresql://"):
        open_store(url)


def test_a_url_is_shown_without_its_password() -> None:
    assert shown(parse_url("postgresql://me:secret@db/fleet")) == "postgresql+psycopg://me:***@db/fleet"
