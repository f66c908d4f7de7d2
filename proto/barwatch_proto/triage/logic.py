"""Answers to yes-or-no questions when not everything is known, with the words that go with them."""

from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Answer:
    """Yes, no or not known (None), and why: what was seen, or what would tell."""

    is_so: bool | None
    words: str


def yes(words: str) -> Answer:
    """It is so."""
    return Answer(is_so=True, words=words)


def no(words: str) -> Answer:
    """It is not so."""
    return Answer(is_so=False, words=words)


def unknown(words: str) -> Answer:
    """Nothing tells; ``words`` say what would."""
    return Answer(is_so=None, words=words)


def any_of(answers: Iterable[Answer]) -> Answer:
    """Yes as soon as one is; no when all are. Kleene's logic: what is not known stays not known."""
    return _first(answers, decisive=True)


def all_of(answers: Iterable[Answer]) -> Answer:
    """No as soon as one is; yes when all are."""
    return _first(answers, decisive=False)


def _first(answers: Iterable[Answer], *, decisive: bool) -> Answer:
    seen = list(answers)
    for wanted in (decisive, None):
        found = [answer.words for answer in seen if answer.is_so is wanted]
        if found:
            return Answer(wanted, "; ".join(found) if wanted is None else found[0])
    return Answer(not decisive, "; ".join(answer.words for answer in seen))
