"""What many looks came to, in words, as a page, and for programs."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from barwatch_agent.clock import NS
from barwatch_agent.probe.looking import Look
from barwatch_agent.probe.tally import Change, Course, Tally
from barwatch_agent.probe_report.reads_table import STYLE, value_of
from barwatch_agent.probe_report.screen import headline
from barwatch_agent.reads import Read
from barwatch_proto.drawing import printable
from barwatch_proto.triage import Verdict
from barwatch_proto.words import Outcome

MAX_COURSES = 20  # registers and accesses on the page
GONE = "not there any more"


@dataclass(frozen=True, slots=True)
class Told:
    """One line about what changed."""

    at_ns: int
    words: str
    style: str


def page(found: Look, tally: Tally, last: Sequence[Told]) -> Group:
    """The answer of the latest look, what failed so far and how often, and the latest changes."""
    parts: list[RenderableType] = [headline(found), Text(_so_far(tally), "dim"), ""]
    if tally.troubled:
        parts += [_courses(tally.troubled[:MAX_COURSES]), ""]
    if len(tally.troubled) > MAX_COURSES:
        parts.append(Text(f"and {len(tally.troubled) - MAX_COURSES} more", "dim"))
    parts += [Text(f"{moment(told.at_ns).partition('T')[2]}  {told.words}", told.style) for told in last]
    return Group(*parts, Text("Ctrl-C ends.", "dim"))


def summary(tally: Tally) -> Iterator[str]:
    """What came of all looks: for each register and access that ever failed, in how many of them."""
    yield _so_far(tally)
    for course in tally.troubled:
        yield f"{course.address} {printable(course.register)} {course.access.value}: {_course_in_words(course)}"
    yield from (f"{address}: {GONE}" for address in tally.gone)
    if not tally.troubled:
        reads = sum(course.attempts for course in tally.courses.values())
        yield f"All {reads} reads are good." if reads else "No register could be read."


def tell(changes: Sequence[Change]) -> Iterator[Told]:
    """A line for each change; what goes with its function is one line."""
    gone = dict.fromkeys((change.address, change.at_ns) for change in changes if change.now is None)
    yield from (Told(at_ns, f"{address}: {GONE}", "yellow") for address, at_ns in gone)
    for change in changes:
        if change.now is not None:
            yield Told(change.at_ns, _in_words(change, change.now), STYLE[change.now.outcome])


def _in_words(change: Change, now: Read) -> str:
    before = f"{_outcome(change.before)} -> " if change.before else ""
    value = f" ({value_of(now).plain})" if now.outcome in {Outcome.OK, Outcome.MISMATCH} else ""
    reason = f" ({printable(now.reason)})" if now.reason else ""
    where = f"{change.address} {printable(change.register)} {change.access.value}"
    said = f"{where}: {before}{_outcome(now.outcome)}{value}{reason}, failed {change.failures} of {change.attempts}"
    return f"{said}: {_verdict(change.verdict)}" if change.verdict else said


def _courses(courses: Sequence[Course]) -> Table:
    table = Table(box=None, pad_edge=False)
    for column in ("function", "register", "access", "now", "failed", "verdict"):
        table.add_column(column, overflow="fold")
    for course in courses:
        now = value_of(course.last) if course.last else Text("gone", "yellow")
        failed = f"{course.failures} of {course.attempts}"
        names = (str(course.address), printable(course.register), course.access.value)
        table.add_row(*names, now, failed, _verdict(course.verdict))
    return table


def _course_in_words(course: Course) -> str:
    kinds = ", ".join(f"{_outcome(kind)} {count}" for kind, count in sorted(course.outcomes.items(), key=_by_count))
    verdict = f": {_verdict(course.verdict)}" if course.verdict else ""
    return f"failed {course.failures} of {course.attempts} ({kinds}){verdict}"


def _by_count(item: tuple[Outcome, int]) -> int:
    return -item[1]


def _so_far(tally: Tally) -> str:
    seconds = (tally.last_ns - tally.began_ns) / NS
    return f"{tally.looks} looks in {seconds:.0f} s, since {moment(tally.began_ns)}"


def _verdict(verdict: Verdict | None) -> str:
    return f"{verdict.failure.value} ({verdict.confidence:.2f})" if verdict else ""


def _outcome(outcome: Outcome) -> str:
    return outcome.value.replace("_", " ")


def moment(at_ns: int) -> str:
    """A time as text, UTC."""
    return datetime.fromtimestamp(at_ns // NS, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def change_as_json(change: Change) -> Mapping[str, Any]:
    """One change for programs."""
    verdict, now = change.verdict, change.now
    return {
        "at_ns": change.at_ns,
        "function": str(change.address),
        "register": change.register,
        "access": change.access.value,
        "before": change.before.value if change.before else None,
        "now": now.outcome.value if now else None,
        "value": None if now is None or now.value is None else f"{now.value:#0{2 + 2 * now.target.width}x}",
        "reason": now.reason if now else None,
        "failures": change.failures,
        "attempts": change.attempts,
        "class": verdict.failure.value if verdict else None,
        "confidence": verdict.confidence if verdict else None,
    }


def course_as_json(course: Course) -> Mapping[str, Any]:
    """What came of one register by one access, for programs."""
    return {
        "function": str(course.address),
        "register": course.register,
        "access": course.access.value,
        "outcomes": {outcome.value: count for outcome, count in course.outcomes.items()},
        "failures": course.failures,
        "attempts": course.attempts,
        "class": course.verdict.failure.value if course.verdict else None,
    }
