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


def opposite(answer: Answer) -> Answer:
    """Yes for no and no for yes; what is not known stays not known."""
    return Answer(None if answer.is_so is None else not answer.is_so, answer.words)


def any_of(answers: Iterable[Answer], otherwise: str | None = None) -> Answer:
    """Yes as soon as one is; no when all are. Kleene's logic: what is not known stays not known.

    ``otherwise`` are the words of a no, in place of those of all its parts.
    """
    return _first(answers, otherwise, decisive=True)


def all_of(answers: Iterable[Answer]) -> Answer:
    """No as soon as one is; yes when all are."""
    return _first(answers, None, decisive=False)


def given(condition: Answer, answer: Answer) -> Answer:
    """Both of them; in the words of the answer where it is so."""
    found = all_of((condition, answer))
    return answer if found.is_so else found


def _first(answers: Iterable[Answer], otherwise: str | None, *, decisive: bool) -> Answer:
    seen = list(answers)
    for wanted in (decisive, None):
        found = [answer.words for answer in seen if answer.is_so is wanted]
        if found:
            return Answer(wanted, "; ".join(dict.fromkeys(found)) if wanted is None else found[0])
    return Answer(not decisive, otherwise or "; ".join(dict.fromkeys(answer.words for answer in seen)))
