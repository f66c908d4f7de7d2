"""Verdicts on the reads of one look: equal ones of a function are one card, so that a dead function is not twenty."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from barwatch_agent.reads import Read
from barwatch_agent.second_look import seen_register
from barwatch_proto.telemetry import Evidence
from barwatch_proto.topology import Function
from barwatch_proto.triage import FailureClass, Verdict, triage
from barwatch_proto.triage.from_evidence import Asked, case_of
from barwatch_proto.words import Outcome


@dataclass(frozen=True, slots=True)
class Judged:
    """A read that was not ok, and what the evidence says of it."""

    read: Read
    verdict: Verdict


@dataclass(frozen=True, slots=True)
class Card:
    """Reads of one function about which the evidence says the same."""

    function: Function
    verdict: Verdict  # the least sure of them
    reasons: tuple[str, ...]  # its reasons, without the name of one register where it is about several
    reads: tuple[Read, ...]

    @property
    def is_failure(self) -> bool:
        """Whether something was touched and did not answer as it should."""
        is_legitimate = self.verdict.failure is FailureClass.LEGITIMATE_ONES
        return not is_legitimate and any(read.outcome.is_failure for read in self.reads)

    @property
    def in_short(self) -> str:
        """The class with its confidence; for an unknown one what it might be."""
        verdict = self.verdict
        if verdict.failure is not FailureClass.UNKNOWN:
            return f"{verdict.failure.value} ({verdict.confidence:.2f})"
        likely = " or ".join(each.value for each in verdict.likely[:2])
        return f"unknown, perhaps {likely}" if likely else "unknown"


def judge(reads: Iterable[Read], evidence: Mapping[str, Evidence]) -> tuple[Judged, ...]:
    """A verdict on every read that was not ok, in the order of the reads; evidence is by function key."""
    bad = (read for read in reads if read.outcome is not Outcome.OK)
    return tuple(Judged(read, triage(case_of(_asked(read), evidence.get(read.target.function.key)))) for read in bad)


def group(judged: Iterable[Judged]) -> tuple[Card, ...]:
    """One card for each function, class and list of reasons; what fails comes first, of a function the surest."""
    found: dict[tuple[object, ...], list[Judged]] = {}
    for each in judged:
        verdict = each.verdict
        key = (each.read.target.function.key, verdict.failure, _nameless(each), verdict.likely)
        found.setdefault(key, []).append(each)
    made = (_card(members) for members in found.values())
    return tuple(sorted(made, key=lambda card: (not card.is_failure, card.function.address, -card.verdict.confidence)))


def _card(members: Sequence[Judged]) -> Card:
    reads = tuple(each.read for each in members)
    weakest = min(members, key=lambda each: each.verdict.confidence)
    is_one = len({read.target.register.name for read in reads}) == 1
    reasons = weakest.verdict.reasons if is_one else _nameless(weakest)
    return Card(reads[0].target.function, weakest.verdict, reasons, reads)


def _nameless(judged: Judged) -> tuple[str, ...]:
    """The reasons, equal for registers that fail alike."""
    name = judged.read.target.register.name
    return tuple(reason.replace(name, "the register") for reason in judged.verdict.reasons)


def _asked(read: Read) -> Asked:
    register = seen_register(read.target)
    return Asked(register, read.access, read.outcome, read.value, read.reason, read.taken_at_ns)
