"""A collector's API over a fleet of seven hosts."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from tests.collector.api.serving import Served, served
from tests.collector.questions.fleet import example


@pytest.fixture(scope="module")
def collector(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    file: Path = tmp_path_factory.mktemp("api") / "fleet.db"
    with served(f"sqlite:///{file}") as made:
        example(made.fleet)
        made.connected.add("00000001-0000-4000-8000-000000000000")
        yield made


@pytest.fixture
def http(collector: Served) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=collector.url) as client:
        yield client
