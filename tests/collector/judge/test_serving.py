"""The collector as it is started judges what its database holds."""

import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from tests.collector.judge.conftest import Court, evidence
from tests.collector.questions.fleet import Fleet

from barwatch_collector.store import open_store

PATIENCE_S = 60


@pytest.fixture
def stored(tmp_path: Path) -> Iterator[Court]:
    with open_store(f"sqlite:///{tmp_path / 'barwatch.db'}") as store:
        yield Court(Fleet(store.engine))


def test_a_collector_that_starts_judges_what_waits_and_stops_when_it_is_told_to(
    stored: Court, tmp_path: Path, until
) -> None:
    stored.episode(evidence=evidence())
    ports = ("--grpc-address", "127.0.0.1:0", "--http-address", "127.0.0.1:0")
    command = [sys.executable, "-m", "barwatch_collector", "serve", "--state", str(tmp_path), *ports]

    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as collector:
        try:
            until(lambda: stored.rows("failure") != [None] or collector.poll() is not None)
        finally:
            collector.terminate()
        ended = collector.wait(PATIENCE_S)

    assert (stored.rows("failure"), ended) == (["removed"], 0)
