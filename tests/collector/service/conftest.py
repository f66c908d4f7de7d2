"""A served collector on a port of its own, and a raw client that may send anything."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import grpc.aio
import pytest
from prometheus_client import CollectorRegistry

from barwatch_collector.config import Endpoint
from barwatch_collector.ingest import Ingest
from barwatch_collector.ingest_metrics import IngestMetrics
from barwatch_collector.server import build_server
from barwatch_collector.service import Patience, TelemetryService
from barwatch_proto import codec
from barwatch_proto.telemetry import Ack, Batch, Hello, Refused, Retry, Welcome
from barwatch_proto.v1.telemetry_pb2 import AgentMessage, CollectorMessage

METHOD = "/barwatch.v1.Telemetry/Connect"
KINDS = {"welcome": Welcome, "ack": Ack, "retry": Retry, "refused": Refused}


@dataclass(frozen=True)
class Stream:
    """One call of a client that writes bytes."""

    call: Any

    async def say(self, *what: Hello | Batch | bytes) -> None:
        for item in what:
            await self.call.write(item if isinstance(item, bytes) else wire(item))

    async def hear(self) -> object:
        """The next answer; None at the end of the stream."""
        answer = await self.call.read()
        if answer is grpc.aio.EOF:
            return None
        message = CollectorMessage.FromString(answer)
        name = message.WhichOneof("message")
        return codec.from_message(KINDS[name], getattr(message, name))

    async def finish(self) -> object:
        """Half-closes, and waits for the end; returns the last answer before it."""
        await self.call.done_writing()
        last = None
        while (answer := await self.hear()) is not None:
            last = answer
        return last


@dataclass(frozen=True)
class Served:
    """A running collector."""

    endpoint: Endpoint
    channel: grpc.aio.Channel
    registry: CollectorRegistry

    def stream(self) -> Stream:
        return Stream(self.channel.stream_stream(METHOD)())

    async def greeted(self, hello: Hello) -> Stream:
        """A stream that was welcomed."""
        stream = self.stream()
        await stream.say(hello)
        assert isinstance(await stream.hear(), Welcome)
        return stream

    def metric(self, name: str, **labels: str) -> float | None:
        return self.registry.get_sample_value(f"barwatch_collector_{name}", labels)

    async def until(self, name: str, value: float, **labels: str) -> None:
        """Waits until a metric has a value; the test's own time limit ends it otherwise."""
        while self.metric(name, **labels) != value:  # noqa: ASYNC110 a metric tells nobody that it changed
            await asyncio.sleep(0.005)


def wire(item: Hello | Batch) -> bytes:
    """The bytes of an AgentMessage."""
    name = "hello" if isinstance(item, Hello) else "batch"
    return AgentMessage(**{name: codec.to_message(item)}).SerializeToString()


@pytest.fixture
def serve() -> Callable[..., contextlib.AbstractAsyncContextManager[Served]]:
    """Serves a store for the length of an ``async with``."""

    @contextlib.asynccontextmanager
    async def run(store: object, patience: Patience | None = None) -> AsyncIterator[Served]:
        registry = CollectorRegistry()
        metrics = IngestMetrics(registry)
        async with Ingest(store, metrics, lambda: 1_800_000_000_000_000_000) as ingest:
            bound = build_server(TelemetryService(ingest, metrics, patience), Endpoint("127.0.0.1", 0))
            await bound.server.start()
            async with grpc.aio.insecure_channel(str(bound.endpoint)) as channel:
                yield Served(bound.endpoint, channel, registry)
            await bound.server.stop(1)

    return run
