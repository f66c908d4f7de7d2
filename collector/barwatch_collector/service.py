"""The gRPC servicer: Hello, then batches up and answers down. Wire to records and back, nothing else."""

import asyncio
import logging
import uuid
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from google.protobuf.message import DecodeError

from barwatch_collector.ingest import Ingest
from barwatch_collector.ingest_metrics import Ended, IngestMetrics
from barwatch_collector.streams import LiveStream, LiveStreams
from barwatch_collector.writer import Answer, Session
from barwatch_proto import codec
from barwatch_proto.codec import MAX_BATCH_BYTES, WireError
from barwatch_proto.telemetry import PROTOCOL_VERSION, Ack, Batch, Hello, Refused, Retry, Welcome
from barwatch_proto.v1.telemetry_pb2 import AgentMessage, CollectorMessage
from barwatch_proto.v1.telemetry_pb2_grpc import TelemetryServicer
from barwatch_proto.version import __version__

MAX_PENDING = 64  # batches of one stream that wait for their answers; the next one waits in the network
LARGE_BYTES = 256 << 10  # a batch from this size on is decoded on a thread, so that the other streams go on
LOG = logging.getLogger(__name__)

FIELDS = {Welcome: "welcome", Ack: "ack", Retry: "retry", Refused: "refused"}  # of CollectorMessage
Pending = asyncio.Queue[asyncio.Future[Answer] | None]  # answers to come in the order of their batches; None: no more


@dataclass(frozen=True, slots=True)
class Patience:
    """How long a stream may keep us waiting, in seconds."""

    hello: float = 10.0  # until Hello
    closing: float = 0.1  # after its last message, to learn whether it was closed or broke: gRPC ends both alike


class StreamRefused(Exception):
    """The stream must end; the text goes to the agent."""


class TelemetryService(TelemetryServicer):
    """Serves the streams of all agents."""

    def __init__(self, ingest: Ingest, metrics: IngestMetrics, patience: Patience | None = None) -> None:
        self._ingest = ingest
        self._metrics = metrics
        self._patience = patience or Patience()
        self._streams = LiveStreams()

    def connected(self) -> frozenset[str]:
        """Ids of the agents that have a live stream; callable from any thread."""
        return self._streams.agents()

    async def Connect(  # type: ignore[override]  # noqa: N802 grpc.aio also takes a coroutine, and the protocol names it
        self,
        request_iterator: AsyncIterator[AgentMessage],
        context: Any,  # noqa: ANN401 grpc.aio has no public type for it
    ) -> None:
        """One stream, from Hello to its end."""
        ended = Ended.BROKEN
        conversation = asyncio.create_task(self._converse(request_iterator, context))
        try:
            ended = await conversation
        except StreamRefused as exc:
            ended = Ended.REFUSED
            LOG.warning("refused a stream from %s: %s", context.peer(), exc)
            await context.write(_message(Refused(str(exc))))
        except asyncio.CancelledError:
            if _is_cancelled():
                raise
            ended = Ended.CLOSED  # a newer stream of the same agent took over
            await context.write(_message(Retry(0, "this agent has opened a newer stream")))
        finally:
            self._metrics.streams.labels(ended.value).inc()

    async def _converse(self, requests: AsyncIterator[AgentMessage], context: Any) -> Ended:  # noqa: ANN401 as above
        hello = await self._hello(requests)
        if reason := self._streams.rival(hello):
            raise StreamRefused(reason)
        task = asyncio.current_task()
        assert task is not None  # noqa: S101 a coroutine runs in a task
        stream = LiveStream(hello, context.peer(), task)
        try:
            await self._streams.enter(stream)
            self._metrics.agents_connected.set(len(self._streams))
            return await self._serve(hello, requests, context.write)
        finally:
            self._streams.leave(stream)
            self._metrics.agents_connected.set(len(self._streams))

    async def _serve(
        self, hello: Hello, requests: AsyncIterator[AgentMessage], write: Callable[[CollectorMessage], Awaitable[None]]
    ) -> Ended:
        session = await self._ingest.open(hello)
        if isinstance(session, Refused):
            raise StreamRefused(session.reason)
        if isinstance(session, Retry):
            await write(_message(session))
            return Ended.CLOSED
        await write(_message(Welcome(PROTOCOL_VERSION, __version__, session.acknowledged, MAX_BATCH_BYTES)))
        pending: Pending = asyncio.Queue(MAX_PENDING)
        reading = asyncio.create_task(self._read(requests, session, pending))
        try:
            await _tell(pending, write)
            if not reading.done():  # we sent the agent away
                return Ended.CLOSED
            await reading
            await asyncio.sleep(self._patience.closing)
            return Ended.CLOSED
        finally:
            reading.cancel()
            await asyncio.gather(reading, return_exceptions=True)

    async def _hello(self, requests: AsyncIterator[AgentMessage]) -> Hello:
        try:
            async with asyncio.timeout(self._patience.hello):
                message = await _next(requests)
        except TimeoutError as exc:
            msg = f"no Hello within {self._patience.hello:g} s"
            raise StreamRefused(msg) from exc
        if message is None or message.WhichOneof("message") != "hello":
            msg = "the first message of a stream must be Hello"
            raise StreamRefused(msg)
        return _checked_hello(message)

    async def _read(self, requests: AsyncIterator[AgentMessage], session: Session, pending: Pending) -> None:
        """Submits batches until the agent has no more; a message that makes no sense ends the stream."""
        try:
            while message := await _next(requests):
                if message.WhichOneof("message") != "batch":
                    msg = "after Hello come batches, and this message is none"
                    raise StreamRefused(msg)
                await pending.put(await self._submit(session, message))
        finally:
            # Only once the answers before it are told is there room; a reader that is cancelled has no listener.
            if not _is_cancelled():
                await pending.put(None)

    async def _submit(self, session: Session, message: AgentMessage) -> asyncio.Future[Answer]:
        wire_bytes = message.ByteSize()
        try:
            batch = await _decoded(message, wire_bytes)
        except WireError as exc:
            refused: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
            refused.set_result(self._ingest.refuse(str(exc), message.batch.sequence))
            return refused
        return self._ingest.submit(session, batch, wire_bytes)


async def _tell(pending: Pending, write: Callable[[CollectorMessage], Awaitable[None]]) -> None:
    """Writes answers in order until there are no more, or the agent is sent away; an Ack speaks for those before it."""
    held: Ack | None = None
    while True:
        if held and pending.empty():
            await write(_message(held))
            held = None
        waiting = await pending.get()
        if held and (waiting is None or not waiting.done()):
            await write(_message(held))
            held = None
        if waiting is None:
            return
        answer = await waiting
        if isinstance(answer, Ack):
            held = answer
            continue
        if held:
            await write(_message(held))
            held = None
        await write(_message(answer))
        if isinstance(answer, Retry):
            return


def _is_cancelled() -> bool:
    """Whether it is the current task that is being cancelled, and not one that it waits for."""
    task = asyncio.current_task()
    return task is not None and task.cancelling() > 0


async def _next(requests: AsyncIterator[AgentMessage]) -> AgentMessage | None:
    """The next message; None: the agent has no more, or the stream broke."""
    try:
        return await anext(requests, None)
    except DecodeError as exc:
        msg = "a message is not protobuf of this protocol"
        raise StreamRefused(msg) from exc


async def _decoded(message: AgentMessage, wire_bytes: int) -> Batch:
    if wire_bytes > MAX_BATCH_BYTES:
        msg = f"the batch has {wire_bytes} bytes, at most {MAX_BATCH_BYTES} are taken; split it"
        raise WireError(msg)
    if wire_bytes < LARGE_BYTES:
        return codec.from_message(Batch, message.batch)
    return await asyncio.to_thread(codec.from_message, Batch, message.batch)


def _checked_hello(message: AgentMessage) -> Hello:
    """The Hello, of our protocol version and with UUIDs in their one written form."""
    theirs = message.hello.protocol_version
    if theirs != PROTOCOL_VERSION:
        msg = (
            f"the agent speaks protocol version {theirs}, this collector ({__version__}) speaks {PROTOCOL_VERSION};"
            f" update the {'agent' if theirs < PROTOCOL_VERSION else 'collector'}"
        )
        raise StreamRefused(msg)
    try:
        hello = codec.from_message(Hello, message.hello)
    except WireError as exc:
        raise StreamRefused(str(exc)) from exc
    for name in ("agent_id", "epoch", "instance"):
        if not _is_uuid(getattr(hello, name)):
            msg = f"Hello.{name} is not a UUID in lower case: {getattr(hello, name)[:64]!r}"
            raise StreamRefused(msg)
    return hello


def _is_uuid(text: str) -> bool:
    try:
        return str(uuid.UUID(text)) == text
    except ValueError:
        return False


def _message(answer: Welcome | Answer) -> CollectorMessage:
    return CollectorMessage(**{FIELDS[type(answer)]: codec.to_message(answer)})  # type: ignore[arg-type]  # by the table
