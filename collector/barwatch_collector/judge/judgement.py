"""One verdict: which evidence counts for an episode, and what the decision table makes of both."""

import dataclasses
import logging
from collections import OrderedDict
from collections.abc import Callable, Sequence
from typing import Protocol

from barwatch_collector.judge.metrics import JudgeMetrics, Problem
from barwatch_collector.store.verdicts import EpisodeKey, Judged, Nearby, Waiting
from barwatch_proto import codec
from barwatch_proto.pci import all_ones
from barwatch_proto.telemetry import Evidence, SeenRegister
from barwatch_proto.triage import VERSION, Case, FailureClass, Verdict, triage
from barwatch_proto.triage.from_evidence import Asked, case_of
from barwatch_proto.words import Access, Outcome

REMEMBERED = 16  # evidence that is kept decoded: one look at a function serves all of its registers
PASS_TIMES = 16  # different times of reads in one pass; each access has one
Moment = tuple[int, int, str, int]  # host, epoch, function, and when the read was taken
LOG = logging.getLogger(__name__)


class EvidenceStore(Protocol):
    """Where evidence is kept. Every call may raise StoreUnavailable."""

    def evidence(self, key: EpisodeKey) -> bytes | None:
        """The Evidence message of an episode."""

    def evidence_nearby(self, waiting: Waiting) -> Sequence[Nearby]:
        """Episodes of the same function whose evidence may be about the same pass."""


@dataclasses.dataclass(frozen=True, slots=True)
class DecisionTable:
    """What makes verdicts of cases, and its version."""

    triage: Callable[[Case], Verdict] = triage
    version: int = VERSION


@dataclasses.dataclass(slots=True)
class Judgement:
    """Makes verdicts, one episode at a time. Whatever an agent sent, there is one."""

    store: EvidenceStore
    metrics: JudgeMetrics
    table: DecisionTable
    _decoded: OrderedDict[EpisodeKey, Evidence | str | None] = dataclasses.field(default_factory=OrderedDict)
    _carriers: dict[Moment, int | None] = dataclasses.field(default_factory=dict)

    def of(self, waiting: Waiting) -> Judged:
        """The verdict on an episode.

        Raises:
            StoreUnavailable: its evidence cannot be read now.
        """
        if waiting.evidence_of is not None:
            return self._by(waiting, waiting.evidence_of)
        moment = (waiting.key.host_id, waiting.key.epoch, waiting.function_key, waiting.opened_at_ns)
        if moment not in self._carriers:
            self._carriers[moment] = self._carrier(waiting)
        carrier = self._carriers[moment]
        return Judged(waiting, self._verdict(waiting, None), None) if carrier is None else self._by(waiting, carrier)

    def forget(self) -> None:
        """Evidence is looked for in the store again."""
        self._decoded.clear()
        self._carriers.clear()

    def _carrier(self, waiting: Waiting) -> int | None:
        """The episode whose evidence is about the pass that opened this one; None: there is none."""
        for nearby in self.store.evidence_nearby(waiting):
            evidence = self._evidence(nearby.key)
            if isinstance(evidence, Evidence) and waiting.opened_at_ns in _pass_times(evidence, nearby.opened_at_ns):
                return nearby.key.episode_id
        return None

    def _by(self, waiting: Waiting, evidence_of: int) -> Judged:
        evidence = self._evidence(dataclasses.replace(waiting.key, episode_id=evidence_of))
        if isinstance(evidence, str):
            self.metrics.went_wrong(Problem.EVIDENCE)
            return Judged(waiting, self._unknown(f"the evidence cannot be decoded: {evidence}"), evidence_of)
        times = () if evidence is None else _pass_times(evidence, waiting.opened_at_ns)
        return Judged(waiting, self._verdict(waiting, evidence), evidence_of, times)

    def _verdict(self, waiting: Waiting, evidence: Evidence | None) -> Verdict:
        try:
            verdict = self.table.triage(case_of(_asked(waiting), evidence))
        except Exception as exc:
            LOG.exception("no verdict on %s", waiting.key)
            self.metrics.went_wrong(Problem.TRIAGE)
            return self._unknown(f"the collector failed to judge it: {type(exc).__name__}; its log says more")
        return dataclasses.replace(verdict, table_version=self.table.version)

    def _unknown(self, reason: str) -> Verdict:
        return Verdict(FailureClass.UNKNOWN, 0.0, (reason,), (), table_version=self.table.version)

    def _evidence(self, key: EpisodeKey) -> Evidence | str | None:
        """The evidence, why it cannot be decoded, or None where there is none."""
        if key not in self._decoded:
            self._decoded[key] = _decoded(self.store.evidence(key))
            if len(self._decoded) > REMEMBERED:
                self._decoded.popitem(last=False)
        return self._decoded[key]


def _decoded(document: bytes | None) -> Evidence | str | None:
    try:
        return None if document is None else codec.decode(Evidence, document)
    except codec.WireError as exc:
        return str(exc)


def _pass_times(evidence: Evidence, opened_at_ns: int) -> tuple[int, ...]:
    """When the reads of the pass were taken: all of one access at one time. An old agent tells none."""
    times = dict.fromkeys((opened_at_ns, *(read.taken_at_ns for read in evidence.reads)))
    return tuple(times)[:PASS_TIMES]


def _asked(waiting: Waiting) -> Asked:
    return Asked(
        register=_register(waiting),
        access=Access(waiting.access),
        outcome=Outcome(waiting.outcome),
        value=_number(waiting.value),
        reason=waiting.reason,
        taken_at_ns=waiting.opened_at_ns,
    )


def _register(waiting: Waiting) -> SeenRegister:
    mask, expect = _number(waiting.mask), _number(waiting.expect)
    ones = all_ones(waiting.width) if mask is None else mask
    return SeenRegister(
        waiting.register,
        waiting.bar,
        waiting.offset,
        waiting.width,
        is_canary=waiting.is_canary,
        is_expected=expect not in {None, ones},
    )


def _number(hexadecimal: str | None) -> int | None:
    return None if hexadecimal is None else int(hexadecimal, 16)
