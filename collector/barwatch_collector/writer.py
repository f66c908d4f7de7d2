"""The one writer: takes what waits, commits it as a group, answers all. Runs on a thread of its own."""

import asyncio
import logging
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol, TypeVar

from barwatch_collector.arrivals import Arrival, Lane, Opened, Opening, Result, Settled
from barwatch_collector.backlog import Backlog
from barwatch_collector.errors import StoreRefused, StoreUnavailable
from barwatch_collector.ingest_metrics import IngestMetrics
from barwatch_proto.telemetry import Ack, Refused, Retry

GROUP_ITEMS = 512  # committed together at most; more adds nothing once the sync is shared by so many
GROUP_BYTES = 16 << 20
MOST_FAILURES = 5  # of one batch alone; then it is refused, so that it does not block its agent for ever
REMEMBERED_FAILURES = 10_000  # batches whose failures are counted at once
CANNOT_STORE = "the collector cannot store now; come back later"
LOG = logging.getLogger(__name__)

Answer = Ack | Retry | Refused
T = TypeVar("T")
R = TypeVar("R")


class Store(Protocol):
    """Where batches are kept. One thread calls it."""

    def open(self, openings: Sequence[Opening]) -> Sequence[Opened]:
        """Enters hosts and epochs; all or, with a StoreError, none."""

    def commit(self, arrivals: Sequence[Arrival]) -> Sequence[Settled]:
        """Stores batches; all that can be or, with a StoreError, none."""


@dataclass(slots=True, eq=False)
class Session:
    """What an agent writes between one Hello and the next."""

    lane: Lane
    acknowledged: int  # last sequence that was committed before
    is_turned_away: bool = False  # set by the event loop: a batch found no room, so no later one may be queued
    is_broken: bool = False  # set by the writer: a batch was not committed, so nothing after it may be stored


@dataclass(slots=True, eq=False)
class WaitingBatch:
    """A batch between its stream and the store."""

    arrival: Arrival
    session: Session
    wire_bytes: int
    answer: asyncio.Future[Answer]


@dataclass(slots=True, eq=False)
class WaitingHello:
    """A Hello between its stream and the store."""

    opening: Opening
    answer: asyncio.Future[Opened | Retry | Refused]
    wire_bytes: int = 0


@dataclass(frozen=True, slots=True)
class Written:
    """An answer that the event loop has to pass on."""

    waiting: WaitingBatch | WaitingHello
    answer: Opened | Answer

    def tell(self) -> None:
        """Answers; a stream that is gone has cancelled its future. Call it on the event loop."""
        if not self.waiting.answer.done():
            self.waiting.answer.set_result(self.answer)  # type: ignore[arg-type]  # the pair was made as one


class LoneFailures:
    """How often batches failed alone, of those that failed last: a batch that was deferred comes again soon."""

    def __init__(self) -> None:
        self._times: dict[tuple[Lane, int], int] = {}  # the latest to fail at the end

    def count(self, arrival: Arrival) -> int:
        """One more failure of a batch; how many it has by now."""
        key = (arrival.lane, arrival.batch.sequence)
        self._times[key] = times = self._times.pop(key, 0) + 1
        if len(self._times) > REMEMBERED_FAILURES:
            del self._times[next(iter(self._times))]
        return times


class Writer:
    """Commits groups until the backlog is closed and empty."""

    def __init__(
        self, store: Store, backlog: Backlog[WaitingBatch | WaitingHello], metrics: IngestMetrics, retry_after_ms: int
    ) -> None:
        self._store = store
        self._backlog = backlog
        self._metrics = metrics
        self._retry_after_ms = retry_after_ms
        self._failures = LoneFailures()

    def run(self, answer: Callable[[Sequence[Written]], object]) -> None:
        """Works; hands the answers of each group to ``answer``."""
        while group := self._backlog.take(GROUP_ITEMS, GROUP_BYTES):
            # Batches first: a Welcome counts what the same agent sent before it lost its connection.
            answer(self._settle([item for item in group if isinstance(item, WaitingBatch)]))
            answer(self._open([item for item in group if isinstance(item, WaitingHello)]))

    def _settle(self, batches: Sequence[WaitingBatch]) -> list[Written]:
        settled = self._each_or_all(batches, self._commit, self._settled_alone)
        return [self._written(item, result) for item, result in zip(batches, settled, strict=True)]

    def _commit(self, batches: Sequence[WaitingBatch]) -> Sequence[Settled]:
        """What became of each; those of broken sessions do not reach the store.

        Whatever is deferred breaks its session at once, before a later batch of it can be looked at.
        """
        sound = [item for item in batches if not item.session.is_broken]
        try:
            with self._metrics.commit_seconds.time():
                settled = self._store.commit([item.arrival for item in sound]) if sound else ()
        except StoreUnavailable as exc:
            self._failed(exc)
            settled = [Settled(Result.DEFERRED, CANNOT_STORE)] * len(sound)
        for item, result in zip(sound, settled, strict=True):
            item.session.is_broken |= result.result is Result.DEFERRED
        of = {id(item): result for item, result in zip(sound, settled, strict=True)}
        late = Settled(Result.DEFERRED, "an earlier batch was deferred")
        return [of.get(id(item), late) for item in batches]

    def _settled_alone(self, batch: WaitingBatch, exc: Exception) -> Settled:
        """What becomes of a batch that failed alone.

        Its agent forgets a batch that is refused, so only the database may find fault with it at once. Anything else
        may be our own fault, or that of the moment.
        """
        if isinstance(exc, StoreRefused) or self._failures.count(batch.arrival) >= MOST_FAILURES:
            return Settled(Result.REFUSED, _cannot(exc))
        batch.session.is_broken = True
        return Settled(Result.DEFERRED, CANNOT_STORE)

    def _open(self, hellos: Sequence[WaitingHello]) -> list[Written]:
        opened = self._each_or_all(hellos, self._enter, self._turned_away)
        return [Written(item, answer) for item, answer in zip(hellos, opened, strict=True)]

    def _enter(self, hellos: Sequence[WaitingHello]) -> Sequence[Opened | Retry | Refused]:
        try:
            return self._store.open([item.opening for item in hellos])
        except StoreUnavailable as exc:
            self._failed(exc)
            return [self._come_back()] * len(hellos)

    def _turned_away(self, _hello: WaitingHello, exc: Exception) -> Opened | Retry | Refused:
        return Refused(_cannot(exc)) if isinstance(exc, StoreRefused) else self._come_back()

    def _come_back(self) -> Retry:
        return Retry(self._retry_after_ms, CANNOT_STORE)

    def _each_or_all(
        self, items: Sequence[T], together: Callable[[Sequence[T]], Sequence[R]], alone: Callable[[T, Exception], R]
    ) -> list[R]:
        """What became of each item: in one transaction or, when one of them spoils it, in one after the other."""
        if not items:
            return []
        try:
            return list(together(items))
        except Exception as exc:  # noqa: BLE001 the supervisor: one bad batch, whatever is wrong with it, ends nothing
            self._failed(exc)
            if len(items) == 1:
                return [alone(items[0], exc)]
        return [result for item in items for result in self._each_or_all([item], together, alone)]

    def _failed(self, exc: Exception) -> None:
        self._metrics.commit_failures.inc()
        LOG.warning("nothing of a group was committed: %s", exc, exc_info=not isinstance(exc, StoreUnavailable))

    def _written(self, item: WaitingBatch, settled: Settled) -> Written:
        batch, reason = item.arrival.batch, settled.reason or ""
        self._metrics.batches.labels(settled.result.value).inc()
        if settled.result is Result.DEFERRED:
            return Written(item, Retry(self._retry_after_ms, reason))
        if settled.result is Result.REFUSED:
            LOG.warning("refused batch %d of host %d: %s", batch.sequence, item.arrival.lane.host_id, reason)
            return Written(item, Refused(reason, batch.sequence, settled.begins_epoch))
        if settled.result is Result.COMMITTED:
            self._metrics.wire_bytes.inc(item.wire_bytes)
            self._metrics.series_updates.inc(sum(run.length for run in batch.counters))
        return Written(item, Ack(batch.sequence))


def _cannot(exc: Exception) -> str:
    return f"cannot be stored: {str(exc) or type(exc).__name__}"
