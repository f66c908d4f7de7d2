"""From a case to a verdict: the table, read from the top."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from barwatch_proto.triage.case import Case
from barwatch_proto.triage.classes import NEXT, FailureClass, Repetition
from barwatch_proto.triage.contradictions import contradictions
from barwatch_proto.triage.logic import Answer
from barwatch_proto.triage.situation import Situation
from barwatch_proto.triage.table import TABLE, VERSION, Question, Row
from barwatch_proto.words import Access, Outcome

LEAST = 0.5  # a class that is less sure than this is not given; it is named as what it might be
SILENCE = 0.003  # for each question that nothing answers: 30 of them together cost what one grade of confidence does
DISAGREEMENT = 0.05  # for each contradiction


@dataclass(frozen=True, slots=True)
class Verdict:
    """What the evidence of one read says."""

    failure: FailureClass
    confidence: float  # 0 to 1; 0 with UNKNOWN
    reasons: tuple[str, ...]  # in the order in which the table asks
    missing: tuple[str, ...]  # what would tell more, the most telling first
    likely: tuple[FailureClass, ...] = ()  # with UNKNOWN: what it might be
    repetition: Repetition | None = None  # None: nothing was read again or besides
    contradictions: tuple[str, ...] = ()  # what disagrees in the evidence
    table_version: int = VERSION

    @property
    def next_step(self) -> str:
        """What to try next."""
        return NEXT[self.failure]


@dataclass(frozen=True, slots=True)
class _Asked:
    """One row, with the answers to its needs."""

    row: Row
    answers: tuple[Answer, ...]

    @property
    def is_met(self) -> bool:
        return all(answer.is_so for answer in self.answers)

    @property
    def is_open(self) -> bool:
        """Neither met nor ruled out."""
        return not self.is_met and all(answer.is_so is not False for answer in self.answers)

    @property
    def missing(self) -> Iterator[str]:
        return (answer.words for answer in self.answers if answer.is_so is None)


def triage(case: Case) -> Verdict:
    """The verdict on one read that was not ok. Pure: the same case gives the same verdict."""
    situation = Situation(case)
    ask = cache(lambda question: question(situation))
    asked = [_Asked(row, tuple(ask(question) for question in row.needs)) for row in TABLE]
    met = next((index for index, each in enumerate(asked) if each.is_met), None)
    doubted = [each for each in (asked if met is None else asked[:met]) if each.is_open]
    if met is None:
        return _unknown(situation, doubted)
    found, disagreeing = asked[met], contradictions(situation)
    sure = min([found.row.confidence, *(each.row.doubt for each in doubted)])
    unanswered = sum(ask(question).is_so is None for question in QUESTIONS)
    confidence = round(sure - SILENCE * unanswered - DISAGREEMENT * len(disagreeing), 3)
    if confidence < LEAST:
        return _unknown(situation, [found, *doubted])
    supports, excludes = ([ask(each) for each in group] for group in (found.row.supports, found.row.excludes))
    return Verdict(
        found.row.failure,
        confidence,
        _once([*_words((*found.answers, *supports), is_so=True), *_words(excludes, is_so=False)]),
        _once([*(words for each in doubted for words in each.missing), *_words(supports, is_so=None)]),
        repetition=repetition_of(situation),
        contradictions=disagreeing,
    )


def repetition_of(situation: Situation) -> Repetition | None:
    """How the failure shows when the same, other registers, and other ways are read."""
    read = situation.read
    if Outcome.OK in situation.again(read.access):
        return Repetition.TRANSIENT
    ways = [access for access in (Access.KERNEL, Access.USER) if access is not read.access]
    if any(Outcome.OK in situation.again(access) for access in ways):
        return Repetition.PATH_SPECIFIC
    elsewhere = [each.outcome for each in situation.elsewhere(read.access)]
    if Outcome.OK in elsewhere:
        return Repetition.BLOCK_ONLY
    again = [outcome for access in Access for outcome in situation.again(access)]
    return Repetition.DEVICE_WIDE if any(outcome.is_attempt for outcome in (*elsewhere, *again)) else None


QUESTIONS: tuple[Question, ...] = tuple(
    dict.fromkeys(question for row in TABLE for question in (*row.needs, *row.supports))
)


def _words(answers: Sequence[Answer], *, is_so: bool | None) -> tuple[str, ...]:
    return _once([answer.words for answer in answers if answer.is_so is is_so and answer.words])


def _unknown(situation: Situation, candidates: Sequence[_Asked]) -> Verdict:
    """Nothing is sure enough; what it might be, and what would tell."""
    signs = [each for each in candidates if any(answer.is_so for answer in each.answers)]
    return Verdict(
        FailureClass.UNKNOWN,
        0.0,
        (_told(situation),),
        _once([words for each in candidates for words in each.missing]),
        tuple(dict.fromkeys(each.row.failure for each in signs)),
        repetition_of(situation),
        contradictions(situation),
    )


def _told(situation: Situation) -> str:
    read = situation.read
    return f"the {read.access.value} read came to {read.outcome.value}, and nothing that is known explains it"


def _once(words: Sequence[str]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(words))
