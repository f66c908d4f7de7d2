"""The protocol over real gRPC: what an agent may say, in which order, and what it hears when it does not."""

import asyncio
import uuid

import grpc.aio
import pytest
from sqlalchemy import select

from barwatch_collector.config import Endpoint
from barwatch_collector.errors import ConfigError, PortTaken
from barwatch_collector.server import build_server
from barwatch_collector.service import Patience, TelemetryService
from barwatch_collector.store import open_store, schema
from barwatch_proto.codec import MAX_BATCH_BYTES
from barwatch_proto.telemetry import Ack, Batch, CounterRun, Counts, Gap, Refused, Retry, Welcome
from barwatch_proto.v1 import telemetry_pb2
from barwatch_proto.v1.telemetry_pb2 import AgentMessage
from barwatch_proto.version import __version__

NOW_NS = 1_800_000_000_000_000_000


@pytest.fixture
def sqlite_store(tmp_path):
    """The service does not care which database it is."""
    with open_store(f"sqlite:///{tmp_path / 'barwatch.db'}") as store:
        yield store


def ok_counts(store) -> list[int]:
    with store.engine.connect() as connection:
        return list(connection.scalars(select(schema.series.c.ok).order_by(schema.series.c.series_id)))


def test_an_agent_is_welcomed_and_its_batches_are_acknowledged(sqlite_store, serve, mini_agent) -> None:
    agent = mini_agent()

    async def talk() -> None:
        async with serve(sqlite_store) as served:
            stream = served.stream()
            await stream.say(agent.hello)
            assert await stream.hear() == Welcome(1, __version__, 0, MAX_BATCH_BYTES)
            await stream.say(agent.introduction(2))
            assert await stream.hear() == Ack(1)
            assert served.metric("agents_connected") == 1
            await stream.say(agent.counters(2, ok=5, series=2))
            assert await stream.hear() == Ack(2)
            assert await stream.finish() is None
            await served.until("streams_total", 1, result="closed")
            assert served.metric("agents_connected") == 0

    asyncio.run(talk())

    assert ok_counts(sqlite_store) == [5, 5]


def test_an_acknowledgement_speaks_for_all_batches_before_it(sqlite_store, serve, mini_agent) -> None:
    agent = mini_agent()

    async def talk() -> list[object]:
        async with serve(sqlite_store) as served:
            stream = await served.greeted(agent.hello)
            await stream.say(agent.introduction(), *(agent.counters(number, ok=number) for number in range(2, 201)))
            answers = [await stream.hear()]
            while answers[-1] != Ack(200):
                answers.append(await stream.hear())
            return answers

    answers = asyncio.run(talk())

    assert answers == sorted(answers, key=lambda ack: ack.sequence)
    assert ok_counts(sqlite_store) == [200] * 3


def test_a_stream_resumes_after_the_last_committed_batch(sqlite_store, serve, mini_agent) -> None:
    agent = mini_agent()

    async def talk() -> object:
        async with serve(sqlite_store) as served:
            first = await served.greeted(agent.hello)
            await first.say(agent.introduction(), agent.counters(2, ok=2))
            assert await first.finish() == Ack(2)
            again = served.stream()
            await again.say(agent.hello)
            return await again.hear()

    assert asyncio.run(talk()) == Welcome(1, __version__, 2, MAX_BATCH_BYTES)


def test_a_batch_that_was_committed_before_is_acknowledged_and_not_counted(sqlite_store, serve, mini_agent) -> None:
    agent = mini_agent()

    async def talk() -> None:
        async with serve(sqlite_store) as served:
            for _ in range(2):
                stream = await served.greeted(agent.hello)
                await stream.say(agent.introduction(), agent.counters(2, ok=2))
                assert await stream.finish() == Ack(2)
            assert served.metric("batches_total", result="duplicate") == 2

    asyncio.run(talk())

    assert ok_counts(sqlite_store) == [2] * 3


def refused(sqlite_store, serve, *said: object, patience: Patience | None = None) -> str:
    """What a stream hears that is refused after having said this; it must be counted, and others still served."""

    async def talk() -> str:
        async with serve(sqlite_store, patience) as served:
            stream = served.stream()
            await stream.say(*said)
            answer = await stream.hear()
            while not isinstance(answer, Refused):
                answer = await stream.hear()
            assert answer.sequence == 0
            assert await stream.hear() is None
            await served.until("streams_total", 1, result="refused")
            return answer.reason

    return asyncio.run(talk())


def test_another_protocol_version_is_refused_with_both_versions(sqlite_store, serve, mini_agent) -> None:
    newer = refused(sqlite_store, serve, mini_agent(protocol_version=9).hello)
    older = refused(sqlite_store, serve, mini_agent(protocol_version=0).hello)

    assert newer == (
        f"the agent speaks protocol version 9, this collector ({__version__}) speaks 1; update the collector"
    )
    assert older.endswith("update the agent")


@pytest.mark.parametrize("name", ["agent_id", "epoch", "instance"])
def test_an_identity_that_is_no_uuid_is_refused(sqlite_store, serve, mini_agent, name: str) -> None:
    shouted = refused(sqlite_store, serve, mini_agent(**{name: str(uuid.uuid4()).upper()}).hello)

    assert shouted.startswith(f"Hello.{name} is not a UUID in lower case: ")
    assert refused(sqlite_store, serve, mini_agent(**{name: "lab-7"}).hello).endswith("'lab-7'")


def test_a_stream_must_begin_with_hello(sqlite_store, serve, mini_agent) -> None:
    assert refused(sqlite_store, serve, mini_agent().introduction()) == "the first message of a stream must be Hello"
    assert refused(sqlite_store, serve, b"") == "the first message of a stream must be Hello"


def test_a_second_hello_is_refused(sqlite_store, serve, mini_agent) -> None:
    hello = mini_agent().hello

    assert refused(sqlite_store, serve, hello, hello) == "after Hello come batches, and this message is none"


def test_bytes_that_are_no_message_are_refused(sqlite_store, serve, mini_agent) -> None:
    rubbish = b"\xff\xff\xffrubbish"

    assert refused(sqlite_store, serve, rubbish) == "a message is not protobuf of this protocol"
    assert refused(sqlite_store, serve, mini_agent().hello, rubbish) == "a message is not protobuf of this protocol"


def test_a_hello_with_a_text_without_end_is_refused(sqlite_store, serve, mini_agent) -> None:
    assert "Hello.hostname: 5000 long" in refused(sqlite_store, serve, mini_agent(hostname="h" * 5000).hello)


def test_a_stream_that_says_nothing_is_refused(sqlite_store, serve) -> None:
    assert refused(sqlite_store, serve, patience=Patience(hello=0.01)) == "no Hello within 0.01 s"


def test_what_came_before_a_message_that_makes_no_sense_is_committed(sqlite_store, serve, mini_agent) -> None:
    agent = mini_agent()

    refused(sqlite_store, serve, agent.hello, agent.introduction(2), b"\xff")

    assert ok_counts(sqlite_store) == [0, 0]


def bad_batch(sequence: int) -> bytes:
    """An episode with an outcome that this protocol version does not have."""
    batch = telemetry_pb2.Batch(sequence=sequence, episodes=[telemetry_pb2.Episode(id=1, outcome=99)])
    return AgentMessage(batch=batch).SerializeToString()


def test_a_batch_that_cannot_be_read_is_refused_by_number_and_the_stream_goes_on(
    sqlite_store, serve, mini_agent
) -> None:
    agent = mini_agent()

    async def talk() -> list[object]:
        async with serve(sqlite_store) as served:
            stream = await served.greeted(agent.hello)
            answers = []
            for said in (bad_batch(1), Batch(0), agent.introduction(), agent.counters(2, ok=1, series=9)):
                await stream.say(said)
                answers.append(await stream.hear())
            assert served.metric("batches_total", result="refused") == 3
            return answers

    unread, zero, taken, unknown = asyncio.run(talk())

    assert unread == Refused("Batch.Episode.outcome: 99 is not a word of this protocol version", 1)
    assert zero == Refused("sequence is 0; it counts from 1", 0)
    assert taken == Ack(1)
    assert unknown == Refused("series 4 was never defined in this epoch; begin a new epoch", 2, begins_epoch=True)


def test_a_batch_a_little_over_the_limit_is_refused_by_number(sqlite_store, serve, mini_agent) -> None:
    agent = mini_agent()
    details = tuple(Gap(number, "stopped", NOW_NS, NOW_NS, 0, "d" * 4000) for number in range(1, 1046))

    async def talk() -> object:
        async with serve(sqlite_store) as served:
            stream = await served.greeted(agent.hello)
            await stream.say(Batch(1, gaps=details))
            answer = await stream.hear()
            await stream.say(agent.introduction())
            assert await stream.hear() == Ack(1)
            return answer

    answer = asyncio.run(talk())

    assert answer.sequence == 1
    assert "at most 4194304 are taken; split it" in answer.reason


def test_a_message_of_100_mb_ends_its_stream_and_no_other(sqlite_store, serve, mini_agent) -> None:
    agent, other = mini_agent(), mini_agent()

    async def talk() -> grpc.aio.AioRpcError:
        async with serve(sqlite_store) as served:
            bystander = await served.greeted(other.hello)
            stream = await served.greeted(agent.hello)
            await stream.say(bytes(100 << 20))
            with pytest.raises(grpc.aio.AioRpcError) as caught:
                await stream.hear()
            await served.until("streams_total", 1, result="broken")
            await bystander.say(other.introduction())
            assert await bystander.hear() == Ack(1)
            again = await served.greeted(agent.hello)
            await again.say(agent.introduction())
            assert await again.hear() == Ack(1)
            return caught.value

    error = asyncio.run(talk())

    assert error.code() is grpc.StatusCode.RESOURCE_EXHAUSTED
    assert "larger than max" in error.details()


def test_a_connection_that_is_lost_is_counted_as_broken(sqlite_store, serve, mini_agent) -> None:
    async def talk() -> None:
        async with serve(sqlite_store) as served:
            stream = await served.greeted(mini_agent().hello)
            stream.call.cancel()
            await served.until("streams_total", 1, result="broken")
            assert served.metric("agents_connected") == 0

    asyncio.run(talk())


def test_a_second_process_with_the_same_identity_is_refused_while_the_first_lives(
    sqlite_store, serve, mini_agent
) -> None:
    agent = mini_agent()
    twin = mini_agent(agent_id=agent.hello.agent_id, hostname="copy-of-lab-7")

    async def talk() -> str:
        async with serve(sqlite_store) as served:
            first = await served.greeted(agent.hello)
            second = served.stream()
            await second.say(twin.hello)
            answer = await second.hear()
            assert served.metric("streams_total", result="refused") == 1
            await first.say(agent.introduction())
            assert await first.finish() == Ack(1)
            await served.until("streams_total", 1, result="closed")
            await served.greeted(twin.hello)
            return answer.reason

    reason = asyncio.run(talk())

    assert f"agent {agent.hello.agent_id} is connected already, from host 'lab-7'" in reason
    assert "delete the agent's state folder" in reason


def test_the_same_process_that_comes_again_takes_over(sqlite_store, serve, mini_agent) -> None:
    """Its old connection is dead, and nobody has told us yet."""
    agent = mini_agent()

    async def talk() -> object:
        async with serve(sqlite_store) as served:
            old = await served.greeted(agent.hello)
            await old.say(agent.introduction())
            assert await old.hear() == Ack(1)
            new = await served.greeted(agent.hello)
            farewell = await old.hear()
            await new.say(agent.counters(2, ok=7))
            assert await new.hear() == Ack(2)
            assert served.metric("agents_connected") == 1
            return farewell

    farewell = asyncio.run(talk())

    assert isinstance(farewell, Retry)
    assert ok_counts(sqlite_store) == [7] * 3


def test_a_large_batch_is_taken(sqlite_store, serve, mini_agent) -> None:
    """From a quarter of a megabyte on it is decoded on a thread."""
    agent = mini_agent()
    runs = tuple(CounterRun(number, 1, Counts(ok=number)) for number in range(1, 30_001))

    async def talk() -> object:
        async with serve(sqlite_store) as served:
            stream = await served.greeted(agent.hello)
            await stream.say(agent.introduction(30_000), Batch(2, NOW_NS, counters=runs))
            return await stream.finish()

    assert asyncio.run(talk()) == Ack(2)
    assert ok_counts(sqlite_store) == list(range(1, 30_001))


def test_a_port_that_is_taken_is_named(sqlite_store, serve) -> None:
    async def talk() -> None:
        async with serve(sqlite_store) as served:
            port = served.endpoint.port
            with pytest.raises(PortTaken, match=rf"port {port} on 127.0.0.1 is taken; .*--grpc-address"):
                build_server(TelemetryService(None, None), served.endpoint)

    asyncio.run(talk())


def test_an_address_of_another_machine_is_named() -> None:
    async def talk() -> None:
        with pytest.raises(ConfigError, match=r"cannot listen on 192.0.2.1:7443 for agents: Cannot assign"):
            build_server(TelemetryService(None, None), Endpoint("192.0.2.1", 7443))

    asyncio.run(talk())
