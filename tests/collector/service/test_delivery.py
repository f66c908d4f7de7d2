"""However often an agent loses its connection and sends again, each of its batches counts once."""

import asyncio
from dataclasses import dataclass

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from barwatch_collector.service import Patience
from barwatch_collector.store import schema
from barwatch_proto.telemetry import Batch, CounterRun, Counts, Episode, Gap, Welcome
from barwatch_proto.words import Outcome

NOW_NS = 1_800_000_000_000_000_000
SERIES = 4


@dataclass(frozen=True)
class Attempt:
    """One connection: how far back it begins before what is acknowledged, how many batches, and how it ends."""

    back: int
    batches: int
    is_lost: bool


ATTEMPTS = st.lists(st.builds(Attempt, st.integers(0, 3), st.integers(0, 4), st.booleans()), max_size=5)
# What a batch adds to the counts: a run of series, good reads, failed reads; or nothing but an episode and a gap.
STEPS = st.lists(
    st.tuples(st.integers(1, SERIES), st.integers(1, SERIES), st.integers(0, 9), st.integers(0, 9)), max_size=6
)


def batches_of(agent, steps) -> tuple[list[Batch], list[Counts]]:
    """The batches of an agent that counts like this, and where its counters end."""
    totals = [Counts()] * SERIES
    batches = [agent.introduction(SERIES)]
    for first, last, ok, fault in steps:
        number = len(batches) + 1
        touched = range(min(first, last), max(first, last) + 1)
        for series in touched:
            before = totals[series - 1]
            totals[series - 1] = Counts(ok=before.ok + ok, fault=before.fault + fault)
        runs = tuple(CounterRun(series, 1, totals[series - 1]) for series in touched)
        episode = Episode(number, first, NOW_NS, Outcome.FAULT, fault, NOW_NS)
        gap = Gap(number, "asleep", NOW_NS, NOW_NS)
        batches.append(Batch(number, NOW_NS + number, counters=runs, episodes=(episode,), gaps=(gap,)))
    return batches, totals


async def deliver(served, agent, batches: list[Batch], attempts: list[Attempt]) -> None:
    for attempt in [*attempts, Attempt(0, len(batches), is_lost=False)]:
        stream = served.stream()
        await stream.say(agent.hello)
        welcome = await stream.hear()
        assert isinstance(welcome, Welcome)
        begin = max(0, welcome.acknowledged - attempt.back)
        await stream.say(*batches[begin : begin + attempt.back + attempt.batches])
        if attempt.is_lost:
            stream.call.cancel()
        else:
            await stream.finish()


def test_resends_and_reconnects_never_change_the_totals(store, serve, mini_agent) -> None:
    with asyncio.Runner() as runner:
        context = serve(store, Patience(closing=0))
        served = runner.run(context.__aenter__())

        @settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.too_slow])
        @given(STEPS, ATTEMPTS)
        def check(steps, attempts) -> None:
            agent = mini_agent()
            batches, totals = batches_of(agent, steps)

            runner.run(deliver(served, agent, batches, attempts))

            assert stored(store, agent) == (totals, len(batches), len(steps), len(steps))

        check()
        runner.run(context.__aexit__(None, None, None))


def stored(store, agent) -> tuple[list[Counts], int, int, int]:
    """Counts by series, last sequence, number of episodes and of gaps of an agent."""
    mine = select(schema.host.c.id).where(schema.host.c.agent_id == agent.hello.agent_id).scalar_subquery()
    series = schema.series.c
    counts = select(*(series[name] for name in schema.COUNTS)).where(series.host_id == mine).order_by(series.series_id)
    with store.engine.connect() as connection:
        found = [Counts(*row) for row in connection.execute(counts)]
        sequence = connection.scalar(select(schema.epoch.c.sequence).where(schema.epoch.c.host_id == mine))
        episodes, gaps = (
            connection.scalar(select(func.count()).select_from(table).where(table.c.host_id == mine))
            for table in (schema.episode, schema.gap)
        )
    return found, sequence, episodes, gaps
