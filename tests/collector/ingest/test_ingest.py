"""Batches go in, answers come out: committed, duplicate, refused or deferred, and every one of them counted."""

import asyncio
from collections.abc import Sequence

import pytest
from prometheus_client import CollectorRegistry
from sqlalchemy import event, select, text

from barwatch_collector import writer
from barwatch_collector.arrivals import Arrival, Lane, Opened, Opening, Settled
from barwatch_collector.backlog import Backlog
from barwatch_collector.errors import StoreRefused, StoreUnavailable
from barwatch_collector.ingest import Ingest, IngestLimits
from barwatch_collector.ingest_metrics import IngestMetrics
from barwatch_collector.store import SqlStore, open_store, schema
from barwatch_collector.writer import LoneFailures, Session, WaitingBatch, Writer, Written
from barwatch_proto.telemetry import Ack, Batch, CounterRun, Counts, Gap, Refused, Retry

NOW_NS = 1_800_000_000_000_000_000


@pytest.fixture
def registry() -> CollectorRegistry:
    return CollectorRegistry()


@pytest.fixture
def metrics(registry: CollectorRegistry) -> IngestMetrics:
    return IngestMetrics(registry)


def counted(registry: CollectorRegistry) -> dict[str, float]:
    results = ("committed", "duplicate", "refused", "deferred")
    values = {
        result: registry.get_sample_value("barwatch_collector_batches_total", {"result": result}) for result in results
    }
    return {result: value for result, value in values.items() if value}


class FailingStore:
    """A real store, and the errors that a test asks for."""

    def __init__(self, store: SqlStore) -> None:
        self._store = store
        self.unavailable = 0  # commits that fail from now on
        self.bugs = 0  # calls that fail from then on with an error that is none of the database's
        self.commits: list[int] = []  # batches in each

    def open(self, openings: Sequence[Opening]) -> Sequence[Opened]:
        self._stumble()
        return self._store.open(openings)

    def commit(self, arrivals: Sequence[Arrival]) -> Sequence[Settled]:
        self.commits.append(len(arrivals))
        if self.unavailable:
            self.unavailable -= 1
            msg = "database is locked"
            raise StoreUnavailable(msg)
        self._stumble()
        return self._store.commit(arrivals)

    def _stumble(self) -> None:
        if self.bugs:
            self.bugs -= 1
            raise MemoryError


def test_batches_are_acknowledged_once_they_are_committed(store, mini_agent, metrics, registry) -> None:
    agent = mini_agent()

    async def talk() -> list[object]:
        async with Ingest(store, metrics, lambda: NOW_NS) as ingest:
            session = await ingest.open(agent.hello)
            assert isinstance(session, Session)
            batches = [agent.introduction(3), agent.counters(2, ok=10), agent.counters(2, ok=10)]
            return await asyncio.gather(*(ingest.submit(session, batch, 100) for batch in batches))

    assert asyncio.run(talk()) == [Ack(1), Ack(2), Ack(2)]
    assert counted(registry) == {"committed": 2, "duplicate": 1}
    assert registry.get_sample_value("barwatch_collector_bytes_total") == 200
    assert registry.get_sample_value("barwatch_collector_series_updates_total") == 3
    with store.engine.connect() as connection:
        assert list(connection.scalars(select(schema.series.c.ok))) == [10, 10, 10]


def test_a_batch_that_makes_no_sense_is_refused_and_the_next_one_taken(store, mini_agent, metrics, registry) -> None:
    agent = mini_agent()

    async def talk() -> list[object]:
        async with Ingest(store, metrics, lambda: NOW_NS) as ingest:
            session = await ingest.open(agent.hello)
            bad = Batch(1, gaps=(Gap(1, "bored", NOW_NS, NOW_NS),))
            return [await ingest.submit(session, batch, 1) for batch in (bad, agent.introduction())]

    refused, acknowledged = asyncio.run(talk())

    assert isinstance(refused, Refused)
    assert (refused.sequence, refused.reason[:7]) == (1, "gaps[0]")
    assert acknowledged == Ack(1)
    assert counted(registry) == {"committed": 1, "refused": 1}


def test_nothing_is_acknowledged_when_a_commit_fails_and_the_writer_goes_on(
    store, mini_agent, metrics, registry
) -> None:
    agent = mini_agent()
    failing = FailingStore(store)

    async def talk() -> tuple[object, object]:
        async with Ingest(failing, metrics, lambda: NOW_NS) as ingest:
            session = await ingest.open(agent.hello)
            failing.unavailable = 1
            deferred = await ingest.submit(session, agent.introduction(), 1)
            session = await ingest.open(agent.hello)
            return deferred, await ingest.submit(session, agent.introduction(), 1)

    deferred, acknowledged = asyncio.run(talk())

    assert deferred == Retry(2000, "the collector cannot store now; come back later")
    assert acknowledged == Ack(1)
    assert registry.get_sample_value("barwatch_collector_commit_failures_total") == 1
    assert counted(registry) == {"committed": 1, "deferred": 1}


def test_after_a_deferred_batch_no_later_one_is_stored(store, mini_agent, metrics) -> None:
    """An acknowledgement of the later one would speak for the deferred one, too."""
    agent = mini_agent()
    failing = FailingStore(store)

    async def talk() -> tuple[list[object], Session]:
        async with Ingest(failing, metrics, lambda: NOW_NS) as ingest:
            session = await ingest.open(agent.hello)
            await ingest.submit(session, agent.introduction(), 1)
            failing.unavailable = 1
            answers = [await ingest.submit(session, agent.counters(number, ok=number), 1) for number in (2, 3)]
            return answers, await ingest.open(agent.hello)

    answers, session = asyncio.run(talk())

    assert [type(answer) for answer in answers] == [Retry, Retry]
    assert session.acknowledged == 1


def test_a_full_backlog_sends_the_agent_away(store, mini_agent, metrics) -> None:
    agent = mini_agent()
    limits = IngestLimits(max_waiting_batches=1, retry_after_ms=70)

    async def talk() -> list[object]:
        async with Ingest(store, metrics, lambda: NOW_NS, limits) as ingest:
            session = await ingest.open(agent.hello)
            with store.engine.connect() as reader:  # holds the writer back, so that the backlog fills
                hold(reader)
                first = ingest.submit(session, agent.introduction(), 1)
                others = [ingest.submit(session, agent.counters(number, ok=1), 1) for number in (2, 3, 4)]
                reader.rollback()
            return await asyncio.gather(first, *others)

    first, *others = asyncio.run(talk())

    assert first == Ack(1)
    assert isinstance(others[-1], Retry)
    assert others[-1].after_ms == 70
    assert Ack(4) not in others


def hold(connection) -> None:
    """Keeps the write lock of the host's rows."""
    if connection.dialect.name == "sqlite":
        connection.execute(text("UPDATE host SET hostname = hostname"))
    else:
        connection.execute(select(schema.epoch).with_for_update())


def waiting(loop: asyncio.AbstractEventLoop, session: Session, batch: Batch) -> WaitingBatch:
    return WaitingBatch(Arrival(session.lane, batch, NOW_NS), session, 1, loop.create_future())


def written(store: object, metrics: IngestMetrics, batches: Sequence[tuple[Session, Batch]]) -> list[object]:
    """What a writer answers to a group that it finds in its backlog, past all checks."""
    answers: list[Written] = []
    loop = asyncio.new_event_loop()
    backlog: Backlog[object] = Backlog(100, 10_000)
    for session, batch in batches:
        backlog.offer(waiting(loop, session, batch))
    backlog.close()
    Writer(store, backlog, metrics, 70).run(answers.extend)
    loop.close()
    return [item.answer for item in answers]


def test_a_poisoned_batch_does_not_sink_its_group(store, mini_agent, metrics, registry) -> None:
    agents = [mini_agent() for _ in range(3)]
    opened = store.open([Opening(agent.hello, NOW_NS) for agent in agents])
    sessions = [Session(item.lane, 0) for item in opened]
    batches = [agent.introduction() for agent in agents]
    poison = Batch(1, NOW_NS, batches[1].snapshots, batches[1].series, (CounterRun(1, 1, Counts(ok=2**64)),))
    batches[1] = poison
    failing = FailingStore(store)

    first, second, third = written(failing, metrics, list(zip(sessions, batches, strict=True)))

    assert (first, third) == (Ack(1), Ack(1))
    assert isinstance(second, Refused)
    assert second.reason.startswith("cannot be stored: batches cannot be stored:")
    assert failing.commits == [3, 1, 1, 1]
    assert counted(registry) == {"committed": 2, "refused": 1}


def test_an_error_that_is_not_the_batches_fault_sends_it_back_and_stops_those_behind_it(
    store, mini_agent, metrics, registry
) -> None:
    """An agent forgets what is refused: no memory or a bug of the collector must not lose its reads."""
    agent = mini_agent()
    failing = FailingStore(store)

    async def talk() -> tuple[list[object], object, object]:
        async with Ingest(failing, metrics, lambda: NOW_NS) as ingest:
            session = await ingest.open(agent.hello)
            failing.bugs = 1
            answers = [await ingest.submit(session, agent.introduction(), 1)]
            answers.append(await ingest.submit(session, agent.counters(2, ok=1), 1))
            failing.bugs = 1
            hello = await ingest.open(agent.hello)
            return answers, hello, await ingest.submit(await ingest.open(agent.hello), agent.introduction(), 1)

    answers, hello, again = asyncio.run(talk())

    assert [type(answer) for answer in answers] == [Retry, Retry]
    assert isinstance(hello, Retry)
    assert again == Ack(1)
    assert counted(registry) == {"committed": 1, "deferred": 2}


def test_a_batch_that_fails_alone_again_and_again_is_refused_so_that_its_agent_can_go_on(
    store, mini_agent, metrics
) -> None:
    """A database that is away does not count: that is nobody's fault, however long it takes."""
    agent = mini_agent()
    failing = FailingStore(store)

    async def talk() -> list[object]:
        async with Ingest(failing, metrics, lambda: NOW_NS) as ingest:
            answers: list[object] = []
            for failure in ("bugs", "bugs", "unavailable", "bugs", "bugs", "unavailable", "bugs"):
                session = await ingest.open(agent.hello)
                setattr(failing, failure, 1)
                answers.append(await ingest.submit(session, agent.introduction(), 1))
            return answers

    *before, last = asyncio.run(talk())

    assert [type(answer) for answer in before] == [Retry] * 6
    assert last == Refused("cannot be stored: MemoryError", 1)


def test_each_batch_has_failures_of_its_own_and_the_oldest_are_forgotten(mini_agent, monkeypatch) -> None:
    monkeypatch.setattr(writer, "REMEMBERED_FAILURES", 2)
    failures = LoneFailures()
    first, second, third = (Arrival(Lane(1, 1), mini_agent().counters(number, ok=1), NOW_NS) for number in (1, 2, 3))

    counts = [failures.count(arrival) for arrival in (first, second, first, third, first, second)]

    assert counts == [1, 1, 2, 1, 3, 1]


def test_an_agent_whose_definitions_were_lost_is_told_to_begin_a_new_epoch(store, mini_agent, metrics) -> None:
    agent = mini_agent()

    async def talk() -> list[object]:
        async with Ingest(store, metrics, lambda: NOW_NS) as ingest:
            session = await ingest.open(agent.hello)
            batches = (agent.counters(1, ok=1), Batch(1, series=agent.series(1, 1)), Batch(0))
            return [await ingest.submit(session, batch, 1) for batch in batches]

    answers = asyncio.run(talk())

    assert [(type(answer), answer.begins_epoch) for answer in answers] == [
        (Refused, True),
        (Refused, True),
        (Refused, False),
    ]


def test_in_a_group_taken_apart_a_deferred_batch_still_stops_those_behind_it(store, mini_agent, metrics) -> None:
    agent = mini_agent()
    (opened,) = store.open([Opening(agent.hello, NOW_NS)])
    session = Session(opened.lane, 0)
    poison = Batch(1, NOW_NS, counters=(CounterRun(1, 1, Counts(ok=2**64)),))
    poisoned = Session(Lane(opened.lane.host_id, 1), 0)

    class Once(FailingStore):
        def commit(self, arrivals: Sequence[Arrival]) -> Sequence[Settled]:
            if len(arrivals) > 1:
                msg = "spoiled"
                raise StoreRefused(msg)
            return super().commit(arrivals)

    failing = Once(store)
    failing.unavailable = 1

    answers = written(
        failing, metrics, [(session, agent.introduction()), (session, agent.counters(2, ok=1)), (poisoned, poison)]
    )

    assert [type(answer) for answer in answers] == [Retry, Retry, Refused]


def test_a_full_disk_defers_and_is_over_when_there_is_room(tmp_path, mini_agent, metrics) -> None:
    store = open_store(f"sqlite:///{tmp_path / 'barwatch.db'}")
    agent = mini_agent()
    most = 10_000

    @event.listens_for(store.engine, "connect")
    def limit(connection, _record) -> None:
        connection.execute(f"PRAGMA max_page_count={most}")

    async def talk() -> list[object]:
        nonlocal most
        async with Ingest(store, metrics, lambda: NOW_NS) as ingest:
            session = await ingest.open(agent.hello)
            most = 1  # SQLite takes the size that the file has by now
            store.engine.dispose()
            big = Batch(1, snapshots=(agent.snapshot,), series=agent.series(1, 2000))
            full = await ingest.submit(session, big, 1)
            most = 10_000
            store.engine.dispose()
            return [full, await ingest.submit(await ingest.open(agent.hello), big, 1)]

    full, room = asyncio.run(talk())
    store.close()

    assert isinstance(full, Retry)
    assert room == Ack(1)


def test_an_unusable_hello_is_refused_before_the_store_sees_it(store, mini_agent, metrics) -> None:
    async def talk() -> object:
        async with Ingest(store, metrics, lambda: NOW_NS) as ingest:
            return await ingest.open(mini_agent(sent_at_ns=0).hello)

    assert isinstance(asyncio.run(talk()), Refused)
    with store.engine.connect() as connection:
        assert list(connection.scalars(select(schema.host.c.id))) == []


def test_what_waits_is_committed_when_ingest_ends(store, mini_agent, metrics) -> None:
    agent = mini_agent()

    async def talk() -> object:
        async with Ingest(store, metrics, lambda: NOW_NS) as ingest:
            session = await ingest.open(agent.hello)
            answer = ingest.submit(session, agent.introduction(), 1)
        return await answer

    assert asyncio.run(talk()) == Ack(1)
