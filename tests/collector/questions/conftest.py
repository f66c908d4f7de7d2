"""A fleet in an empty database of either kind, and a connection to ask with.

These tests are many and each writes little: they share a database of each kind and empty its tables.
"""

import uuid
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, Engine, create_engine, make_url, text
from tests.collector.questions.fleet import LATER_NS, Fleet, database

from barwatch_collector.questions.asked import Asked
from barwatch_collector.store.schema import metadata


@pytest.fixture(scope="session", params=["sqlite", "postgresql"])
def shared_engine(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Engine]:
    if request.param == "sqlite":
        with database(_sqlite(tmp_path_factory.mktemp("questions"))) as engine:
            yield engine
        return
    server = request.getfixturevalue("postgresql_server")
    name = f"test_questions_{uuid.uuid4().hex}"
    _administer(server, f"CREATE DATABASE {name}")
    with database(make_url(server).set(database=name).render_as_string(hide_password=False)) as engine:
        yield engine
    _administer(server, f"DROP DATABASE {name} WITH (FORCE)")


@pytest.fixture
def engine(shared_engine: Engine) -> Iterator[Engine]:
    yield shared_engine
    with shared_engine.begin() as connection:
        for table in reversed(metadata.sorted_tables):
            connection.execute(table.delete())


@pytest.fixture
def fleet(engine: Engine) -> Fleet:
    return Fleet(engine)


@pytest.fixture
def connection(engine: Engine) -> Iterator[Connection]:
    with engine.connect() as connection:
        yield connection


@pytest.fixture
def now() -> Asked:
    return Asked(now_ns=LATER_NS)


def _sqlite(folder: Path) -> str:
    return f"sqlite:///{folder / 'questions.db'}"


def _administer(server: str, statement: str) -> None:
    engine = create_engine(server, isolation_level="AUTOCOMMIT")
    with engine.connect() as connection:
        connection.execute(text(statement))
    engine.dispose()
