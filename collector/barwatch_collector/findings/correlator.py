"""The correlator: explains the fleet's failures anew when a failing cell changes, and keeps what it finds.

Off the way in: it looks now and then whether there are new verdicts, and the arithmetic is another process's.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from time import monotonic
from typing import Self

from barwatch_collector.findings.jobs import Found, Watch
from barwatch_collector.findings.metrics import FindingMetrics
from barwatch_collector.findings.worker import Worker
from barwatch_collector.questions.asked import Asked
from barwatch_collector.store.findings import FindingStore, Pulse
from barwatch_collector.supervised import Supervised

PAUSE_S = 10.0  # between two looks
REST = 4.0  # an analysis that took long is followed by a rest so many times as long


@dataclass(frozen=True, slots=True)
class Seen:
    """How the fleet was when it was explained last."""

    pulse: Pulse | None = None
    failing: str | None = None  # digest of the failing cells


class Correlator:
    """An asynchronous context manager: it looks on a thread of its own until the end."""

    def __init__(
        self,
        store: FindingStore,
        worker: Worker,
        metrics: FindingMetrics,
        now_ns: Callable[[], int],
        pause_s: float = PAUSE_S,
    ) -> None:
        self._store, self._worker, self._metrics, self._now_ns = store, worker, metrics, now_ns
        self._pause_s = pause_s
        self._seen = Seen()
        self._thread = Supervised("findings", self._step, pause_s, metrics.problems.inc)

    async def __aenter__(self) -> Self:
        """Starts looking."""
        await self._thread.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Ends it, and the worker: an analysis that is under way is given up."""
        self._thread.end()
        self._worker.close()
        await self._thread.__aexit__()

    def look(self) -> bool:
        """Explains the fleet if a failing cell changed since the last time; whether it did.

        Raises:
            CollectorError: the store does not answer, or the worker was lost; nothing was kept.
        """
        pulse = self._store.pulse()
        if pulse in {self._seen.pulse, ()}:
            return False
        failing, found = self._worker.do(Watch(Asked(self._now_ns()), self._seen.failing))
        self._keep(found)
        is_new, self._seen = failing != self._seen.failing, Seen(pulse, failing)
        return is_new

    def _keep(self, found: Sequence[Found]) -> None:
        for each in self._store.keep([each.finding for each in found]):
            self._metrics.findings.labels(each.failure).inc()
        for one in found:
            self._metrics.explained.labels(one.finding.failure).set(one.explanations)

    def _step(self) -> float:
        began = monotonic()
        if not self.look():
            return self._pause_s
        took_s = monotonic() - began
        self._metrics.seconds.inc(took_s)
        return max(self._pause_s, REST * took_s)
