"""A fleet in a database of either kind, and a worker on it."""

from collections.abc import Iterator

import pytest
from sqlalchemy import Engine
from tests.collector.findings.founding import machines, write
from tests.collector.questions.fleet import Fleet, database

from barwatch_collector.findings.worker import Worker


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    with database(database_url) as engine:
        yield engine


@pytest.fixture
def fleet(engine: Engine) -> Fleet:
    """The founding case."""
    fleet = Fleet(engine)
    write(fleet)
    return fleet


@pytest.fixture
def well(engine: Engine) -> Fleet:
    """The same machines, and nothing is wrong with them."""
    fleet = Fleet(engine)
    write(fleet, machines()[:4], is_well=True)
    return fleet


@pytest.fixture
def worker(database_url: str) -> Iterator[Worker]:
    with Worker(database_url) as worker:
        yield worker
