"""The judge: takes episodes that wait, judges them outside of any transaction, writes verdicts in one short one.

Not on the way in: an acknowledgement waits for no verdict.
"""

import asyncio
import logging
import threading
from collections.abc import Sequence
from typing import Protocol, Self

from barwatch_collector.errors import StoreUnavailable
from barwatch_collector.judge.judgement import DecisionTable, EvidenceStore, Judgement
from barwatch_collector.judge.metrics import JudgeMetrics, Problem
from barwatch_collector.store.verdicts import Judged, Waiting

AT_ONCE = 256  # episodes that are judged between two looks into the store
PAUSE_S = 1.0  # when nothing more waits
LONGEST_PAUSE_S = 60.0  # when the store does not answer
LOG = logging.getLogger(__name__)


class Verdicts(EvidenceStore, Protocol):
    """Where episodes wait and verdicts are kept. Every call may raise StoreUnavailable."""

    def waiting(self, table_version: int, limit: int) -> Sequence[Waiting]:
        """Episodes without a verdict of this table, the latest first."""

    def keep(self, judged: Sequence[Judged]) -> None:
        """Writes verdicts, all or, with a StoreError, none."""


class Judge:
    """Judges what waits. An asynchronous context manager: it does so on a thread of its own until the end."""

    def __init__(
        self, store: Verdicts, metrics: JudgeMetrics, table: DecisionTable | None = None, pause_s: float = PAUSE_S
    ) -> None:
        self._store = store
        self._metrics = metrics
        self._table = table or DecisionTable()
        self._judgement = Judgement(store, metrics, self._table)
        self._pause_s = pause_s
        self._is_over = threading.Event()

    async def __aenter__(self) -> Self:
        """Starts judging."""
        self._thread = threading.Thread(target=self._run, name="barwatch-judge")
        self._thread.start()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Ends it. What was judged and not written waits for the next start."""
        self._is_over.set()
        await asyncio.to_thread(self._thread.join)

    def judge(self, limit: int = AT_ONCE) -> int:
        """Judges the latest episodes that wait; returns how many those were.

        Raises:
            StoreUnavailable: none of these verdicts was kept; later perhaps.
        """
        self._judgement.forget()
        judged = []
        for waiting in self._store.waiting(self._table.version, limit):
            if self._is_over.is_set():
                return 0
            judged.append(self._judgement.of(waiting))
        if judged:
            self._store.keep(judged)
        for each in judged:
            self._metrics.verdicts.labels(each.verdict.failure.value).inc()
        return len(judged)

    def _run(self) -> None:
        """At once again after a full round; else after a pause, which doubles as long as the store does not answer."""
        failures = 0
        while not self._is_over.is_set():
            try:
                pause_s = 0.0 if self.judge() == AT_ONCE else self._pause_s
                failures = 0
            except Exception as exc:  # the supervisor: whatever is wrong now may be right later
                self._metrics.went_wrong(Problem.STORE)
                LOG.warning("no verdicts now: %s", exc, exc_info=not isinstance(exc, StoreUnavailable))
                failures = min(failures + 1, 10)
                pause_s = min(self._pause_s * 2**failures, LONGEST_PAUSE_S)
            self._is_over.wait(pause_s)
