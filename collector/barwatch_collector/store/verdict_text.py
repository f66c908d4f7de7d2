"""The words of a verdict as one text, and back: JSON, in ASCII, of limited length."""

import json
from collections.abc import Iterable
from dataclasses import dataclass

from barwatch_proto.triage import FailureClass, Verdict

MAX_SENTENCES = 32  # of one kind
MAX_SENTENCE = 400  # characters; the sentences quote names that hosts send


@dataclass(frozen=True, slots=True)
class VerdictText:
    """What a verdict says besides its class."""

    reasons: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    likely: tuple[FailureClass, ...] = ()


def to_text(verdict: Verdict) -> str:
    """The text that ``from_text`` reads; what is too long is cut."""
    words = {
        "reasons": _cut(verdict.reasons),
        "missing": _cut(verdict.missing),
        "likely": [failure.value for failure in verdict.likely],
    }
    return json.dumps(words)


def from_text(text: str) -> VerdictText:
    """The words of a stored verdict; classes of a newer version are left out."""
    words = json.loads(text)
    likely = (known_class(name) for name in words["likely"])
    return VerdictText(tuple(words["reasons"]), tuple(words["missing"]), tuple(each for each in likely if each))


def known_class(name: str | None) -> FailureClass | None:
    """The failure class of that name; None for no name, and for one that a newer collector wrote."""
    return next((each for each in FailureClass if each.value == name), None)


def _cut(sentences: Iterable[str]) -> list[str]:
    cut = (each if len(each) <= MAX_SENTENCE else f"{each[: MAX_SENTENCE - 3]}..." for each in sentences)
    return list(cut)[:MAX_SENTENCES]
