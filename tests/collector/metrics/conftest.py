"""A fleet in an empty database."""

from collections.abc import Iterator

import pytest
from tests.collector.questions.fleet import Fleet, database


@pytest.fixture
def fleet(database_url: str) -> Iterator[Fleet]:
    with database(database_url) as engine:
        yield Fleet(engine)
