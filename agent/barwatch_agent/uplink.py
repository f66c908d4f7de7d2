"""The stream to the collector: what waits in the spool goes up, what is acknowledged is forgotten.

The only user of gRPC. It never gives up by time: between two streams it waits, longer and longer and with full jitter,
so that a lab that comes back after an outage does not come back at once.
"""

import contextlib
import logging
import queue
import random
import threading
import uuid
from collections import deque
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import grpc

from barwatch_agent.clock import Clock
from barwatch_agent.errors import SpoolError, UplinkError
from barwatch_agent.metrics import AgentMetrics
from barwatch_agent.spool import Spool, Waiting
from barwatch_proto.codec import MAX_BATCH_BYTES, WireError, from_message, to_message
from barwatch_proto.telemetry import PROTOCOL_VERSION, Ack, Hello, Refused, Retry, Welcome
from barwatch_proto.v1 import telemetry_pb2, telemetry_pb2_grpc

FIRST_PAUSE_S = 1.0
LONGEST_PAUSE_S = 60.0
REFUSED_PAUSE_S = 60.0  # the collector does not want this agent: a person has to act, so there is no hurry
MAX_IN_FLIGHT = 32
DRAIN_PER_S = 50  # batches, after an outage
POLL_S = 0.5  # how long a stop or new batches may go unnoticed while nothing else happens
OPTIONS = [
    ("grpc.keepalive_time_ms", 30_000),
    ("grpc.keepalive_timeout_ms", 10_000),
    ("grpc.max_send_message_length", MAX_BATCH_BYTES + 65_536),
    ("grpc.initial_reconnect_backoff_ms", 500),
    ("grpc.max_reconnect_backoff_ms", 5_000),
    ("grpc.enable_http_proxy", 0),  # a proxy for the web is none for a stream that lives for days
]

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who is calling: what of Hello does not change."""

    agent_id: str
    hostname: str
    agent_version: str
    system: str
    hardware_uuid: str | None
    instance: str = field(default_factory=lambda: str(uuid.uuid4()))

    def hello(self, epoch: str, now_ns: int) -> Hello:
        """The first message of a stream."""
        return Hello(
            PROTOCOL_VERSION,
            self.agent_id,
            epoch,
            self.instance,
            self.hostname,
            self.agent_version,
            self.system,
            now_ns,
            self.hardware_uuid,
        )


@dataclass(slots=True)
class Uplink:
    """Sends from the spool until stopped. ``on_refused`` hears why the collector would not take a batch."""

    address: str
    speaker: Speaker
    spool: Spool
    clock: Clock
    metrics: AgentMetrics
    on_refused: Callable[[Refused], None]
    is_rewound: threading.Event = field(default_factory=threading.Event)  # see _Session._on_welcome
    _stop: threading.Event = field(default_factory=threading.Event)
    _hush: Callable[[], object] = lambda: None  # ends what we send on the stream
    _cancel: Callable[[], object] = lambda: None  # ends the stream
    _pause_s: float = FIRST_PAUSE_S
    sent: int = field(init=False)  # no batch behind this one can have left this machine

    def __post_init__(self) -> None:
        """Before this process, whatever was in the spool may have been sent; in it, what this uplink sends."""
        self.sent = self.spool.last_sequence

    def run(self) -> None:
        """Streams, one after the other, until stopped."""
        while not self._stop.is_set():
            try:
                pause = self._stream()
            except (UplinkError, SpoolError, WireError) as error:
                pause = self._back_off()
                log.warning("uplink to %s: %s; next try in %.1f s", self.address, error, pause)
            except Exception:  # this is the supervisor of the stream: without it nothing would ever be sent again
                pause = self._back_off()
                log.exception("uplink to %s: next try in %.1f s", self.address, pause)
            finally:
                self.metrics.connected.set(0)
            self.clock.wait(self._stop, pause)

    def stop(self) -> None:
        """Send nothing more and let the collector end the stream; what is not acknowledged stays in the spool."""
        self._stop.set()
        self._hush()

    def cancel(self) -> None:
        """End the stream whatever the collector does."""
        self._stop.set()
        self._cancel()

    def _back_off(self) -> float:
        """Full jitter: anything from nothing to the pause, which doubles until a batch is acknowledged."""
        self.metrics.uplink_failures.inc()
        pause = random.uniform(0, self._pause_s)  # noqa: S311 jitter, not a secret
        self._pause_s = min(self._pause_s * 2, LONGEST_PAUSE_S)
        return pause

    def _stream(self) -> float:
        """One stream from Hello to its end; how long to wait before the next.

        Raises:
            UplinkError: it ended other than by our wish.
        """
        with grpc.insecure_channel(self.address, options=OPTIONS) as channel:
            session = _Session(self)
            call = telemetry_pb2_grpc.TelemetryStub(channel).Connect(session.messages())
            self._hush, self._cancel = session.close, call.cancel
            try:
                for message in call:
                    pause = session.hear(message)
                    if pause is not None:
                        return pause
            except grpc.RpcError as error:
                if self._stop.is_set():
                    return 0.0
                msg = f"{_code(error)}: {_details(error)}"
                raise UplinkError(msg) from error
            finally:
                session.close()
        if self._stop.is_set():
            return 0.0
        msg = "the collector ended the stream"
        raise UplinkError(msg)

    def progressed(self, batches: int) -> None:
        """The collector has committed something: the next pause begins small again."""
        self._pause_s = FIRST_PAUSE_S
        self.metrics.on_acknowledged(batches, self.clock.now_ns())


class _Session:
    """One stream: a thread of gRPC asks ``messages`` for what to send, ours tells ``hear`` what came back."""

    def __init__(self, uplink: Uplink) -> None:
        self._uplink = uplink
        self._spool = uplink.spool
        self._welcome: queue.SimpleQueue[Welcome | None] = queue.SimpleQueue()
        self._in_flight: deque[int] = deque()
        self._closed = threading.Event()

    def messages(self) -> Iterator[telemetry_pb2.AgentMessage]:
        """Hello, and once welcomed, batch after batch."""
        hello = self._uplink.speaker.hello(self._spool.epoch, self._uplink.clock.now_ns())
        yield telemetry_pb2.AgentMessage(hello=to_message(hello))  # type: ignore[arg-type]
        welcome = self._welcome.get()
        sent = welcome.acknowledged if welcome else 0
        while welcome and not self._closed.is_set():
            waiting = self._spool.next_after(sent) if len(self._in_flight) < MAX_IN_FLIGHT else None
            if waiting is None:
                self._closed.wait(POLL_S)
                continue
            if len(waiting.payload) > MAX_BATCH_BYTES:  # gRPC would end the stream over it, again and again
                self._give_up(
                    Refused(f"{len(waiting.payload)} bytes, at most {MAX_BATCH_BYTES} are taken", waiting.sequence)
                )
                continue
            self._in_flight.append(waiting.sequence)
            self._uplink.sent = max(self._uplink.sent, waiting.sequence)
            yield self._message(waiting)
            sent = waiting.sequence
            self._closed.wait(1 / DRAIN_PER_S)

    def hear(self, message: telemetry_pb2.CollectorMessage) -> float | None:
        """Act on what the collector says; a pause in seconds when the stream is to end."""
        match message.WhichOneof("message"):
            case "welcome":
                self._on_welcome(from_message(Welcome, message.welcome))
            case "ack":
                self._on_ack(from_message(Ack, message.ack).sequence)
            case "retry":
                retry = from_message(Retry, message.retry)
                log.info("uplink to %s: asked to wait %d ms: %s", self._uplink.address, retry.after_ms, retry.reason)
                return retry.after_ms / 1000 * random.uniform(1, 2)  # noqa: S311 jitter, not a secret
            case "refused":
                return self._on_refused(from_message(Refused, message.refused))
            case _:
                log.warning("uplink to %s: a message of a newer protocol was left out", self._uplink.address)
        return None

    def close(self) -> None:
        """No more messages."""
        self._closed.set()
        self._welcome.put(None)

    def _message(self, waiting: Waiting) -> telemetry_pb2.AgentMessage:
        batch = telemetry_pb2.Batch.FromString(waiting.payload)
        batch.sequence = waiting.sequence
        self._uplink.metrics.sent_bytes.inc(len(waiting.payload))
        return telemetry_pb2.AgentMessage(batch=batch)

    def _on_welcome(self, welcome: Welcome) -> None:
        if not self._spool.forgotten <= welcome.acknowledged <= self._uplink.sent:
            # One side was set back in time (a restored disk, database or virtual machine). Our next batches would carry
            # numbers that the collector has committed already, or counters of series that it does not know any more.
            self._uplink.is_rewound.set()
            msg = (
                f"the collector has batches 1 to {welcome.acknowledged} of this spool, which has sent at most"
                f" {self._uplink.sent} and was told of {self._spool.forgotten}: one of the two was set back in time"
            )
            raise UplinkError(msg)
        self._uplink.metrics.connected.set(1)
        self._on_ack(welcome.acknowledged)
        self._welcome.put(welcome)

    def _on_ack(self, sequence: int) -> None:
        forgotten = self._spool.forget(sequence)
        while self._in_flight and self._in_flight[0] <= sequence:
            self._in_flight.popleft()
        if forgotten:
            self._uplink.progressed(forgotten)

    def _on_refused(self, refused: Refused) -> float | None:
        self._uplink.metrics.refused.inc()
        if not refused.sequence:
            log.error("uplink: %s does not want this agent: %s", self._uplink.address, refused.reason)
            return REFUSED_PAUSE_S
        with contextlib.suppress(ValueError):
            self._in_flight.remove(refused.sequence)
        self._give_up(refused)
        return None

    def _give_up(self, refused: Refused) -> None:
        """Let a batch go. What later batches build on must not be missing: then everything is told in a new epoch."""
        log.error("uplink: batch %d is given up: %s", refused.sequence, refused.reason)
        batch = telemetry_pb2.Batch.FromString(self._spool.payload(refused.sequence))
        if refused.begins_epoch or batch.snapshots or batch.series:
            self._uplink.is_rewound.set()
        self._spool.give_up(refused.sequence)
        self._uplink.on_refused(refused)


def _code(error: grpc.RpcError) -> str:
    code = getattr(error, "code", lambda: None)()
    return code.name if isinstance(code, grpc.StatusCode) else "unknown"


def _details(error: grpc.RpcError) -> str:
    return str(getattr(error, "details", lambda: None)() or "no details")
