"""What every question carries: now, as of when, since when; and what time the counts of its answer really cover."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

from barwatch_collector.store.schema import HOUR_NS

SECOND_NS = 1_000_000_000
UNITS_NS = {
    "s": SECOND_NS,
    "m": 60 * SECOND_NS,
    "h": HOUR_NS,
    "d": 24 * HOUR_NS,
    "w": 7 * 24 * HOUR_NS,
}
AGO = re.compile(r"(\d{1,6})([smhdw])")
EPOCH = re.compile(r"\d{9,19}")
FIRST_NS_DIGIT = 16  # more digits than this count nanoseconds, fewer count seconds
FORMS = (
    "90s, 15m, 2h, 7d or 4w ago; ISO 8601 such as 2025-06-01T12:00Z (UTC where no zone is given); seconds since 1970"
)


class QuestionError(ValueError):
    """A question that has no answer as it was asked; says what is wrong and what to try instead."""

    def __init__(self, what: str, advice: str, suggestions: Iterable[str] = ()) -> None:
        super().__init__(what)
        self.what = what
        self.advice = advice
        self.suggestions = tuple(suggestions)

    def __reduce__(self) -> tuple[type[Self], tuple[str, str, tuple[str, ...]]]:
        """Goes between processes as a whole."""
        return type(self), (self.what, self.advice, self.suggestions)


@dataclass(frozen=True, slots=True)
class Asked:
    """When a question was asked, and about what time."""

    now_ns: int
    as_of_ns: int | None = None  # None: now
    since_ns: int | None = None  # None: from the beginning
    connected: frozenset[str] | None = None  # agent ids with a live stream; None: cannot be told

    @property
    def until_ns(self) -> int:
        """The time that the answer is about."""
        return self.now_ns if self.as_of_ns is None else self.as_of_ns

    @property
    def first_hour(self) -> int | None:
        """The first hour whose counts belong to the answer; None: all from the beginning."""
        return None if self.since_ns is None else self.since_ns // HOUR_NS

    @property
    def last_hour(self) -> int | None:
        """The last hour whose counts belong to the answer; None: all until now."""
        return None if self.as_of_ns is None else self.as_of_ns // HOUR_NS

    def is_connected(self, agent_id: str) -> bool | None:
        """Whether that agent has a stream; None for the past, and where nobody can tell."""
        if self.connected is None or self.as_of_ns is not None:
            return None
        return agent_id in self.connected


@dataclass(frozen=True, slots=True)
class Span:
    """Which time an answer covers: counters are kept by the hour, so counts reach out to full hours."""

    now_ns: int  # the collector's clock when the question came
    as_of_ns: int | None  # as asked; None: now
    since_ns: int | None  # as asked; None: from the beginning
    counts_from_ns: int | None  # None: from the beginning
    counts_until_ns: int


def span_of(asked: Asked) -> Span:
    """The time that the answer covers."""
    first, last = asked.first_hour, asked.last_hour
    return Span(
        now_ns=asked.now_ns,
        as_of_ns=asked.as_of_ns,
        since_ns=asked.since_ns,
        counts_from_ns=None if first is None else first * HOUR_NS,
        counts_until_ns=asked.now_ns if last is None else min((last + 1) * HOUR_NS, asked.now_ns),
    )


def ask(
    now_ns: int, since: str | None = None, as_of: str | None = None, connected: frozenset[str] | None = None
) -> Asked:
    """What was asked, from the words of a command line or of an HTTP query.

    Raises:
        QuestionError: a time that cannot be read, lies in the future, or comes after the other one.
    """
    as_of_ns = None if as_of is None else time_of("as-of", as_of, now_ns)
    since_ns = None if since is None else time_of("since", since, now_ns)
    if since_ns is not None and since_ns >= (now_ns if as_of_ns is None else as_of_ns):
        msg = f"since {since} does not come before {'now' if as_of is None else f'as-of {as_of}'}"
        raise QuestionError(msg, "ask for an earlier since, or a later as-of")
    return Asked(now_ns, as_of_ns, since_ns, connected)


def time_of(name: str, text: str, now_ns: int) -> int:
    """Nanoseconds since 1970 of a time as people write it.

    Raises:
        QuestionError: not a time, or one in the future; ``name`` says of which option.
    """
    text = text.strip()
    if (ago := AGO.fullmatch(text)) is not None:
        found = now_ns - int(ago[1]) * UNITS_NS[ago[2]]
    elif EPOCH.fullmatch(text) is not None:
        found = int(text) * (1 if len(text) > FIRST_NS_DIGIT else SECOND_NS)
    else:
        found = _iso(name, text)
    if not 0 <= found <= now_ns:
        what = f"{name} {text} lies {'before 1970' if found < 0 else 'in the future'}"
        raise QuestionError(what, f"give a time in the past: {FORMS}")
    return found


def _iso(name: str, text: str) -> int:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as exc:
        what = f"{name} {text!r} is not a time"
        raise QuestionError(what, f"give one of: {FORMS}") from exc
    aware = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return (aware - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1) * 1000
