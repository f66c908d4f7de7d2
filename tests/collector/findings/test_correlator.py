"""Findings come when a failing cell changes, are kept with their history, and are counted."""

import asyncio
from collections.abc import Callable

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import Engine
from tests.collector.findings.founding import STALE
from tests.collector.questions.fleet import BOX, LATER_NS, Fleet, card, machine

from barwatch_collector.findings.correlator import Correlator
from barwatch_collector.findings.metrics import FindingMetrics
from barwatch_collector.findings.worker import Worker
from barwatch_collector.questions.asked import Asked
from barwatch_collector.questions.findings import FindingRow, findings
from barwatch_collector.store.findings import FindingStore


class Watch:
    """A correlator whose clock goes on by a nanosecond with each look."""

    def __init__(self, engine: Engine, worker: Worker) -> None:
        self.registry, self.now_ns, self.engine = CollectorRegistry(), LATER_NS, engine
        self.correlator = Correlator(FindingStore(engine), worker, FindingMetrics(self.registry), self._tick, 0.01)

    def _tick(self) -> int:
        self.now_ns += 1
        return self.now_ns

    def kept(self) -> tuple[FindingRow, ...]:
        with self.engine.connect() as connection:
            return findings(connection, Asked(self.now_ns), 100).rows

    def count(self, name: str, **labels: str) -> float | None:
        return self.registry.get_sample_value(f"barwatch_collector_{name}", labels)


@pytest.fixture
def watch(engine: Engine, worker: Worker) -> Watch:
    return Watch(engine, worker)


def _one_more(fleet: Fleet) -> None:
    host = fleet.host("one-more")
    held = fleet.snapshot(host, machine((card(is_tunnelled=True),), hostname="one-more"), BOX)
    user = fleet.series(host, held, BOX, "user", all_ones=3600)
    fleet.verdict(host, fleet.episode(host, user), STALE)


def test_a_fleet_is_explained_once_and_again_when_another_cell_fails(fleet: Fleet, watch: Watch) -> None:
    looks = [watch.correlator.look(), watch.correlator.look()]
    _one_more(fleet)
    looks.append(watch.correlator.look())

    latest, first = watch.kept()
    assert looks == [True, False, True]
    assert (first.failure, first.failing_hosts, first.level) == ("stale_mapping", 14, "strong")
    assert "route_tunnelled=yes" in first.sentence
    assert "access=user" in first.sentence
    assert (latest.failing_hosts, latest.found_at_ns > first.found_at_ns) == (15, True)
    assert watch.count("findings_total", failure="stale_mapping") == 2
    assert watch.count("explanations", failure="stale_mapping") == 1


@pytest.mark.usefixtures("fleet")
def test_another_collector_that_finds_the_same_keeps_nothing_new(engine: Engine, worker: Worker) -> None:
    first, second = Watch(engine, worker), Watch(engine, worker)

    assert (first.correlator.look(), second.correlator.look()) == (True, True)
    assert len(second.kept()) == 1


def test_a_fleet_without_a_verdict_is_not_looked_at(watch: Watch) -> None:
    assert not watch.correlator.look()
    assert watch.kept() == ()


@pytest.mark.usefixtures("fleet")
def test_it_looks_on_a_thread_of_its_own_and_ends_in_the_middle_of_an_analysis(
    engine: Engine, worker: Worker, until: Callable[..., None]
) -> None:
    watch = Watch(engine, worker)

    async def live() -> None:
        async with watch.correlator:
            await asyncio.to_thread(until, watch.kept)

    asyncio.run(live())

    assert [row.failing_hosts for row in watch.kept()] == [14]


def test_what_was_found_is_history(fleet: Fleet, watch: Watch, engine: Engine) -> None:
    watch.correlator.look()
    at_ns = watch.now_ns
    _one_more(fleet)
    watch.correlator.look()

    with engine.connect() as connection:
        before = findings(connection, Asked(watch.now_ns, as_of_ns=at_ns), 100)
        since = findings(connection, Asked(watch.now_ns, since_ns=at_ns + 1), 100)
        one = findings(connection, Asked(watch.now_ns), 1)

    assert [row.failing_hosts for row in before.rows] == [14]
    assert [row.failing_hosts for row in since.rows] == [15]
    assert (one.total, len(one.rows)) == (2, 1)
