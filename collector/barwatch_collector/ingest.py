"""The way in: checks what agents send, queues it, and answers when one writer thread has committed it.

An acknowledgement speaks for all batches before it, so the batches of a session are stored in order or not at all: once
one of them was deferred, so are all that follow, until the agent has said Hello again.
"""

import asyncio
import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Self

from barwatch_collector.arrivals import Arrival, Opened, Opening, Result
from barwatch_collector.backlog import Backlog
from barwatch_collector.checks import batch_objection, hello_objection
from barwatch_collector.ingest_metrics import IngestMetrics
from barwatch_collector.writer import Answer, Session, Store, WaitingBatch, WaitingHello, Writer, Written
from barwatch_proto.telemetry import Batch, Hello, Refused, Retry


@dataclass(frozen=True, slots=True)
class IngestLimits:
    """How much may wait for the writer, and what to tell an agent when it is too much."""

    max_waiting_batches: int = 4096
    max_waiting_bytes: int = 128 << 20
    retry_after_ms: int = 2000


class Ingest:
    """Takes Hellos and batches on an event loop, and has them written. An asynchronous context manager."""

    def __init__(
        self, store: Store, metrics: IngestMetrics, now_ns: Callable[[], int], limits: IngestLimits | None = None
    ) -> None:
        self._limits = limits or IngestLimits()
        self._metrics = metrics
        self._now_ns = now_ns
        self._backlog: Backlog[WaitingBatch | WaitingHello] = Backlog(
            self._limits.max_waiting_batches, self._limits.max_waiting_bytes
        )
        self._writer = Writer(store, self._backlog, metrics, self._limits.retry_after_ms)

    async def __aenter__(self) -> Self:
        """Starts the writer."""
        loop = asyncio.get_running_loop()

        def answer(written: Sequence[Written]) -> None:
            loop.call_soon_threadsafe(_answer, written)

        self._thread = threading.Thread(target=self._writer.run, args=(answer,), name="barwatch-writer")
        self._thread.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Commits what waits, and ends the writer."""
        self._backlog.close()
        await asyncio.to_thread(self._thread.join)

    async def open(self, hello: Hello) -> Session | Retry | Refused:
        """A session for an agent, once its host and epoch are committed."""
        if reason := hello_objection(hello):
            return Refused(reason)
        answer: asyncio.Future[Opened | Retry | Refused] = asyncio.get_running_loop().create_future()
        if not self._backlog.offer(WaitingHello(Opening(hello, self._now_ns()), answer)):
            return self._come_back()
        opened = await answer
        return Session(opened.lane, opened.acknowledged) if isinstance(opened, Opened) else opened

    def submit(self, session: Session, batch: Batch, wire_bytes: int) -> asyncio.Future[Answer]:
        """Queues a batch at once; the answer comes when it is committed, or cannot be."""
        answer: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        if session.is_turned_away or session.is_broken:
            answer.set_result(self._deferred("an earlier batch was deferred"))
        elif reason := batch_objection(batch):
            answer.set_result(self.refuse(reason, batch.sequence))
        elif not self._backlog.offer(
            WaitingBatch(Arrival(session.lane, batch, self._now_ns()), session, wire_bytes, answer)
        ):
            session.is_turned_away = True
            self._metrics.batches.labels(Result.DEFERRED.value).inc()
            answer.set_result(self._come_back())
        return answer

    def refuse(self, reason: str, sequence: int) -> Refused:
        """The refusal of a batch that the store is never going to see, counted."""
        self._metrics.batches.labels(Result.REFUSED.value).inc()
        return Refused(reason, sequence)

    def _deferred(self, reason: str) -> Retry:
        self._metrics.batches.labels(Result.DEFERRED.value).inc()
        return Retry(self._limits.retry_after_ms, reason)

    def _come_back(self) -> Retry:
        return Retry(self._limits.retry_after_ms, "the collector has more waiting than it can commit; come back later")


def _answer(written: Sequence[Written]) -> None:
    """Tells those who still wait; a stream that is gone has cancelled its futures."""
    for item in written:
        item.tell()
