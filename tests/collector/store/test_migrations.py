"""The schema arrives by migrations, and a database that is not ours is left alone."""

from collections.abc import Callable
from pathlib import Path

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from sqlalchemy import create_engine, inspect, select, text
from tests.collector.conftest import NOW_NS, MiniAgent

from barwatch_collector.arrivals import Arrival, Opening
from barwatch_collector.errors import StoreError
from barwatch_collector.store import SqlStore, open_store, schema
from barwatch_collector.store.database import connect, parse_url, shown, writing
from barwatch_collector.store.migrate import FOLDER
from barwatch_collector.store.schema import metadata
from barwatch_proto.telemetry import Batch, Episode, Evidence
from barwatch_proto.version import __version__
from barwatch_proto.words import Outcome


def test_migrations_come_to_what_the_tables_say(store: SqlStore) -> None:
    with store.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_server_default": True})

        assert compare_metadata(context, metadata) == []


def test_a_database_that_is_up_to_date_is_opened_again(database_url: str) -> None:
    open_store(database_url).close()

    open_store(database_url).close()


def test_a_database_of_the_first_schema_keeps_its_episodes_and_asks_for_their_verdicts(
    database_url: str, mini_agent: Callable[..., MiniAgent]
) -> None:
    agent = mini_agent()
    with open_store(database_url) as store:
        (opened,) = store.open([Opening(agent.hello, NOW_NS)])
        with_evidence = Episode(1, 1, NOW_NS, Outcome.ALL_ONES, 1, NOW_NS, evidence=Evidence(NOW_NS))
        without = Episode(2, 2, NOW_NS, Outcome.DENIED, 1, NOW_NS)
        batches = (agent.introduction(), Batch(2, episodes=(with_evidence, without)))
        store.commit([Arrival(opened.lane, batch, NOW_NS) for batch in batches])
    _migrate(database_url, command.downgrade, "0001")

    with open_store(database_url) as store, store.engine.connect() as connection:
        rows = connection.execute(select(schema.verdict).order_by(schema.verdict.c.episode_id)).all()

    assert [tuple(row) for row in rows] == [
        (1, 1, 1, NOW_NS, 1, None, None, None, None, None),
        (1, 1, 2, NOW_NS, None, None, None, None, None, None),
    ]


def test_the_first_schema_can_be_had_back(database_url: str) -> None:
    open_store(database_url).close()

    _migrate(database_url, command.downgrade, "base")

    engine = create_engine(parse_url(database_url))
    assert inspect(engine).get_table_names() == ["alembic_version"]
    engine.dispose()


def _migrate(database_url: str, run: Callable[[Config, str], None], revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(FOLDER))
    engine = connect(parse_url(database_url))
    with writing(engine, "migrating") as connection:
        config.attributes["connection"] = connection
        run(config, revision)
    engine.dispose()


def test_a_database_of_a_newer_version_is_refused_with_both_versions(database_url: str) -> None:
    with open_store(database_url) as store, store.engine.begin() as connection:
        connection.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(StoreError, match=rf"schema 9999.*barwatch {__version__} knows schemas up to 0003.*run that"):
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
