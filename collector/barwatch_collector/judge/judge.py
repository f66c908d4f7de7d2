"""The judge: takes episodes that wait, judges them outside of any transaction, writes verdicts in one short one.

Not on the way in: an acknowledgement waits for no verdict.
"""

from collections.abc import Sequence
from typing import Protocol, Self

from barwatch_collector.judge.judgement import DecisionTable, EvidenceStore, Judgement
from barwatch_collector.judge.metrics import JudgeMetrics, Problem
from barwatch_collector.store.verdicts import Judged, Waiting
from barwatch_collector.supervised import Supervised

AT_ONCE = 256  # episodes that are judged between two looks into the store
PAUSE_S = 1.0  # when nothing more waits


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
        self._thread = Supervised("verdicts", self._step, pause_s, lambda: metrics.went_wrong(Problem.STORE))

    async def __aenter__(self) -> Self:
        """Starts judging."""
        await self._thread.__aenter__()
        return self

    async def __aexit__(self, *_: object) -> None:
        """Ends it. What was judged and not written waits for the next start."""
        await self._thread.__aexit__()

    def judge(self, limit: int = AT_ONCE) -> int:
        """Judges the latest episodes that wait; returns how many those were.

        Raises:
            StoreUnavailable: none of these verdicts was kept; later perhaps.
        """
        self._judgement.forget()
        judged = []
        for waiting in self._store.waiting(self._table.version, limit):
            if self._thread.is_over:
                return 0
            judged.append(self._judgement.of(waiting))
        if judged:
            self._store.keep(judged)
        for each in judged:
            self._metrics.verdicts.labels(each.verdict.failure.value).inc()
        return len(judged)

    def _step(self) -> float:
        """At once again after a full round, else after a pause."""
        return 0.0 if self.judge() == AT_ONCE else self._pause_s
